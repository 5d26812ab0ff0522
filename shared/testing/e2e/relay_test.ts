// One Perch as another's camera: the http source reads what the edge serves, as stream and as stills.

import assert from "node:assert/strict";
import { inspectJpeg } from "../../jpeg/inspect.ts";
import { startEdge, startPi } from "../processes.ts";

for (const resource of ["stream.mjpeg", "live.jpeg"]) {
  Deno.test(`a camera is relayed through its /${resource}`, async () => {
    await using edge = await startEdge({ env: { PERCH_IDLE_INTERVAL_S: "1" } });
    await using near = await startPi(edge.url, { env: { PERCH_CAM: "near" } });
    await near.line(/the camera is running/);
    await using far = await startPi(edge.url, {
      env: {
        PERCH_CAM: "far",
        PERCH_SOURCE: "http",
        PERCH_INPUT: `${edge.url}/cams/near/${resource}`,
      },
    });
    await far.line(/the camera is running: http http:/);
    const etags = new Set<string | null>();
    for (let etag = ""; etags.size < 3;) {
      const response = await fetch(`${edge.url}/cams/far/live.jpeg?wait=20`, {
        headers: { "if-none-match": etag },
      });
      const jpeg = await response.bytes();
      if (!response.ok) continue;
      const seen = inspectJpeg(jpeg);
      assert(seen.ok);
      assert.deepEqual([seen.width, seen.height, seen.extras], [320, 240, []]);
      etags.add(etag = response.headers.get("etag")!);
    }
    assert.equal((await far.stop()).code, 0, far.output);
  });
}
