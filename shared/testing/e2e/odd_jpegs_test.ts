// Nearly five hundred odd pictures before two judges that Perch has no part in: libjpeg's own program and
// a browser. What both show people see, what neither shows is refused.

import assert from "node:assert/strict";
import { cleanJpeg } from "../../jpeg/markers.ts";
import { inspectJpeg } from "../../jpeg/inspect.ts";
import { JpegSplitter } from "../../jpeg/splitter.ts";
import { launchChromium } from "../chromium.ts";
import { concat } from "../jpegs.ts";
import { oddJpegs } from "../odd_jpegs.ts";
import { TestEdge } from "../test_edge.ts";
import { toolPath, toolTest } from "../tools.ts";

/** What became of a picture that was sent. */
interface Sent {
  readonly name: string;
  readonly jpeg: Uint8Array<ArrayBuffer>;
  /** Why it was refused; undefined where it was taken. */
  readonly refused?: string;
  /** What is served of it: live, smaller, and of the past. */
  readonly served: readonly Uint8Array<ArrayBuffer>[];
}

toolTest(
  ["djpeg", "chromium", "ffmpeg"],
  "what djpeg and Chromium both show is taken and shown, what both refuse is refused",
  async () => {
    const sent = await sendAll();
    const djpeg = await Promise.all(sent.map(({ jpeg }) => djpegShows(jpeg)));
    const chromium = await chromiumShows(sent.flatMap(({ jpeg, served }) => [jpeg, ...served]));
    const wrong: string[] = [];
    const count = { shown: 0, refused: 0 };
    for (const [i, { name, refused, served }] of sent.entries()) {
      const [shown, ...servedShown] = chromium.splice(0, 1 + served.length);
      if (djpeg[i] && shown) {
        count.shown++;
        if (refused) wrong.push(`${name}: both show it. ${refused}`);
        else if (servedShown[0] !== shown) wrong.push(`${name}: is served with other pixels`);
      } else if (!djpeg[i] && !shown) {
        count.refused++;
        if (!refused) wrong.push(`${name}: neither shows it, it was taken`);
      }
      if (shown && servedShown.includes(undefined)) wrong.push(`${name}: a size is not shown`);
    }
    assert.deepEqual(wrong, []);
    assert(count.shown > 200 && count.refused > 150, JSON.stringify(count));
  },
);

toolTest(["ffmpeg"], "what is taken of the odd pictures comes out of a stream too", async () => {
  for (const [name, jpeg] of Object.entries(await oddJpegs())) {
    const inspection = inspectJpeg(jpeg);
    if (!inspection.ok) continue;
    const [frame] = new JpegSplitter().push(jpeg);
    assert.deepEqual(frame, cleanJpeg(jpeg, inspection, false).slice(), name);
  }
});

/** Sends each to an edge, and asks for everything that an edge makes of it. */
async function sendAll(): Promise<Sent[]> {
  await using edge = await TestEdge.start({
    PERCH_MAX_UPLOADS_PER_S: "10000",
    PERCH_KEYFRAME_S: "1",
  });
  const { images } = edge.edge.deps;
  const sent: Sent[] = [];
  for (const [name, jpeg] of Object.entries(await oddJpegs())) {
    // Due to be kept. That takes a while, so only where it may be.
    if (inspectJpeg(jpeg).ok) await edge.clock.tick(1000);
    const put = await edge.put(jpeg);
    if (put.status !== 204) {
      const { detail, offset } = await put.json();
      assert.equal(put.status, 400, name);
      assert.match(detail, /^Not a whole JPEG: .+\.$/);
      assert(offset >= 0 && offset <= jpeg.length, name);
      sent.push({ name, jpeg, refused: detail, served: [] });
      continue;
    }
    const version = put.headers.get("etag")!.slice(1, -1);
    while (!await edge.store.get("cam", Number(version))) await edge.clock.tick(1000);
    const index = await (await edge.request(`/frames?from=${version}&to=${version}`)).json();
    assert.equal(index.frames.length, 1, name);
    const served = [];
    for (const path of ["live.jpeg", "live.jpeg?w=160", `frames/${version}.jpeg?w=160`]) {
      const answer = await edge.request(`/${path}`);
      assert.equal(answer.status, 200, `${name}: ${path}`);
      served.push(await answer.bytes());
    }
    await images!.notice(served[0], ["NO SIGNAL"]);
    sent.push({ name, jpeg, served });
  }
  assert.deepEqual(edge.lines.filter((line) => line.includes("failed")), []);
  return sent;
}

/** Whether libjpeg's own program shows a picture, with or without a warning. */
async function djpegShows(jpeg: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const child = new Deno.Command(toolPath("djpeg")!, {
    args: ["-outfile", "/dev/null"],
    stdin: "piped",
    stderr: "null",
  }).spawn();
  // It may end before it has read everything.
  await new Blob([jpeg]).stream().pipeTo(child.stdin).catch(() => {});
  const { code } = await child.status;
  assert([0, 1, 2].includes(code), `djpeg ended with ${code}`);
  return code !== 1;
}

/** What a browser shows of each picture: its size and a hash of its pixels, or undefined. */
async function chromiumShows(jpegs: readonly Uint8Array[]): Promise<(string | undefined)[]> {
  const parts = jpegs.flatMap((jpeg) => [new Uint8Array(Uint32Array.of(jpeg.length).buffer), jpeg]);
  const all = concat(...parts);
  const page = new Response("<!doctype html>", { headers: { "content-type": "text/html" } });
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    ({ url }) => url.endsWith("/all") ? new Response(all) : page.clone(),
  );
  try {
    await using browser = await launchChromium();
    const page = await browser.newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(`http://127.0.0.1:${server.addr.port}/`);
    const shown = await page.evaluate(async () => {
      const bytes = await (await fetch("/all")).arrayBuffer();
      const canvas = new OffscreenCanvas(1, 1);
      const context = canvas.getContext("2d", { willReadFrequently: true })!;
      const shown: (string | null)[] = [];
      for (let at = 0; at < bytes.byteLength;) {
        const length = new DataView(bytes).getUint32(at, true);
        const blob = new Blob([bytes.slice(at + 4, at + 4 + length)], { type: "image/jpeg" });
        at += 4 + length;
        const bitmap = await createImageBitmap(blob).catch(() => null);
        if (!bitmap) {
          shown.push(null);
          continue;
        }
        // Of what is very long a part will do.
        canvas.width = Math.min(bitmap.width, 1000);
        canvas.height = Math.min(bitmap.height, 1000);
        context.drawImage(bitmap, 0, 0);
        const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
        const hash = new Uint32Array(await crypto.subtle.digest("SHA-256", data));
        shown.push(`${bitmap.width}x${bitmap.height} ${hash.join(" ")}`);
        bitmap.close();
      }
      return shown;
    });
    return shown.map((one) => one ?? undefined);
  } finally {
    await server.shutdown();
  }
}
