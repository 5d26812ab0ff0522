// One Perch as another's camera: the http source reads what the edge serves, as stream and as stills.

import assert from "node:assert/strict";
import { inspectJpeg } from "../../jpeg/inspect.ts";
import { startEdge, startPi } from "../processes.ts";

Deno.test("a camera is relayed through its stream and through its stills", async () => {
  await using edge = await startEdge({ env: { PERCH_IDLE_INTERVAL_S: "1" } });
  await using near = await startPi(edge.url, { env: { PERCH_CAM: "near" } });
  await near.line(/the camera is running/);
  await Promise.all(["stream.mjpeg", "live.jpeg"].map(async (resource, i) => {
    const PERCH_INPUT = `${edge.url}/cams/near/${resource}`;
    const env = { PERCH_CAM: `far-${i}`, PERCH_SOURCE: "http", PERCH_INPUT };
    await using far = await startPi(edge.url, { env });
    await far.line(/the camera is running: http http:/);
    for (const etags = new Set([""]); etags.size < 4;) {
      const headers = { "if-none-match": [...etags].at(-1)! };
      const response = await fetch(`${edge.url}/cams/far-${i}/live.jpeg?wait=20`, { headers });
      const jpeg = await response.bytes();
      if (!response.ok) continue;
      const seen = inspectJpeg(jpeg);
      assert(seen.ok);
      assert.deepEqual([seen.width, seen.height, seen.extras], [320, 240, []]);
      etags.add(response.headers.get("etag")!);
    }
    assert.equal((await far.stop()).code, 0, far.output);
  }));
});
