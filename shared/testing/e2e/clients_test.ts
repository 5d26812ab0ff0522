// The sample programs of .github/CLIENTS.md as they stand there, on a line that is slower than the
// camera, behind a proxy that takes whatever it is given.

import assert from "node:assert/strict";
import { baseline } from "../jpegs.ts";
import { putFrame, ROOT, RunningProgram, startEdge, startPi } from "../processes.ts";

/** A quarter of what the camera makes. */
const BYTES_PER_SECOND = 64_000;
const FAST = { PERCH_FPS: "30" };

/** So many are looked at: by then the window has been tried at two, twice. */
const PICTURES = 120;

/** The longest a picture may have been on its way, ms: two of them share the line, at most. */
const LATE_MS = 2000;

/** Holds megabytes of what goes down, so that only acknowledgements tell how slow the line is. */
class SlowLine implements Disposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #ends = new AbortController();

  constructor(target: number) {
    this.#accept(target);
  }

  get host(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  [Symbol.dispose](): void {
    this.#ends.abort();
    this.#listener.close();
  }

  async #accept(target: number): Promise<void> {
    for await (const client of this.#listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: target });
      const options = { signal: this.#ends.signal };
      const held = new ByteLengthQueuingStrategy({ highWaterMark: 64 * 1024 * 1024 });
      const slow = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
        transform: async (bytes, controller) => {
          await new Promise((go) => setTimeout(go, 1000 * bytes.length / BYTES_PER_SECOND));
          controller.enqueue(bytes);
        },
      }, held);
      client.readable.pipeTo(server.writable, options).catch(() => {});
      server.readable.pipeThrough(slow, options).pipeTo(client.writable, options).catch(() => {});
    }
  }
}

const text = await Deno.readTextFile(`${ROOT}.github/CLIENTS.md`);
const samples = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, sample]) => sample);
const roads = samples.map((sample) => /localhost:8000(\/\w+)/.exec(sample)?.[1]);

Deno.test("there is a sample of each road that waits for the viewer", () => {
  assert.deepEqual(roads, ["/live", "/ws"]);
});

samples.forEach((sample, i) =>
  Deno.test(`the sample for ${roads[i]} stays in the present on a slow line`, async () => {
    await using edge = await startEdge({ env: FAST });
    // Of a camera that nobody knows there is no socket.
    assert.equal((await putFrame(edge.url, await baseline(64, 48))).status, 204);
    await using _pi = await startPi(edge.url, { env: FAST });
    using line = new SlowLine(Number(new URL(edge.url).port));
    const file = await Deno.makeTempFile({ suffix: ".ts" });
    try {
      await Deno.writeTextFile(file, sample.replace("localhost:8000", line.host));
      const args = ["run", "-q", "--no-config", "--allow-net=127.0.0.1", file];
      await using program = new RunningProgram("sample", Deno.execPath(), args);
      let seen = 0;
      for (let pictures = 0; pictures < PICTURES; pictures++) {
        const [found, version] = await program.line(/^a JPEG (\d+) \d+$/, seen);
        seen = program.lines.indexOf(found, seen) + 1;
        // A picture's version is when the edge had it.
        const lateMs = Date.now() - Number(version);
        assert.ok(lateMs < LATE_MS, `picture ${pictures} was ${lateMs} ms on its way`);
      }
    } finally {
      await Deno.remove(file);
    }
  })
);
