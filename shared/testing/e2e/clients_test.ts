// The sample programs of .github/CLIENTS.md as they stand there, on a line that is slower than the
// camera, behind a proxy that takes whatever it is given.

import assert from "node:assert/strict";
import { SceneCamera } from "../camera.ts";
import { ROOT, RunningProgram, startEdge } from "../processes.ts";
import { inOneOfThree } from "../wait.ts";

/** So many are looked at: by then the window has been tried at two. */
const PICTURES = 40;

/** The line takes a third of what the camera sends, and a picture's time on it is what shows. */
const FPS = 36;
const LINE_FPS = 12;

/** Takes all that goes down, so that only acknowledgements tell how slow the line is. */
class SlowLine implements Disposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #ends = new AbortController();
  /** The most bytes that were ever on their way. */
  most = 0;

  constructor(target: number, bytesPerSecond: number) {
    this.#accept(target, bytesPerSecond);
  }

  get host(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  [Symbol.dispose](): void {
    this.#ends.abort();
    this.#listener.close();
  }

  async #accept(target: number, bytesPerSecond: number): Promise<void> {
    for await (const client of this.#listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: target });
      const options = { signal: this.#ends.signal };
      let held = 0;
      const taken = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
        transform: (bytes, controller) => {
          this.most = Math.max(this.most, held += bytes.length);
          controller.enqueue(bytes);
        },
      });
      const slow = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
        transform: async (bytes, controller) => {
          await new Promise((go) => setTimeout(go, 1000 * bytes.length / bytesPerSecond));
          held -= bytes.length;
          controller.enqueue(bytes);
        },
      }, new ByteLengthQueuingStrategy({ highWaterMark: 64 * 1024 * 1024 }));
      client.readable.pipeTo(server.writable, options).catch(() => {});
      server.readable.pipeThrough(taken, options).pipeThrough(slow, options)
        .pipeTo(client.writable, options).catch(() => {});
    }
  }
}

const text = await Deno.readTextFile(`${ROOT}.github/CLIENTS.md`);
const samples = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, sample]) => sample);
const roads = samples.map((sample) => /localhost:8000(\/\w+)/.exec(sample)?.[1]);

Deno.test("the samples for /live and /ws stay in the present on a slow line", async () => {
  assert.deepEqual(roads, ["/live", "/ws"]);
  await using edge = await startEdge({ env: { PERCH_MAX_UPLOADS_PER_S: "100" } });
  await using camera = await SceneCamera.make({ width: 320, height: 180 });
  const size = Math.max(...camera.jpegs.map(({ length }) => length));
  await camera.send(edge.url);
  camera.run(edge.url, FPS);
  // Where the smallest round trips were slow, too, the edge takes the line for one that has room for three.
  const stays = async (sample: string, i: number) => {
    using line = new SlowLine(Number(new URL(edge.url).port), LINE_FPS * size);
    const file = await Deno.makeTempFile({ suffix: ".ts" });
    await Deno.writeTextFile(file, sample.replace("localhost:8000", line.host));
    const args = ["run", "-q", "--no-config", "--allow-net=127.0.0.1", file];
    await using program = new RunningProgram("sample", Deno.execPath(), args);
    for (let seen = 0, pictures = 0; pictures < PICTURES; pictures++) {
      const [found] = await program.line(/^a JPEG \d+ \d+$/, seen);
      seen = program.lines.indexOf(found, seen) + 1;
    }
    // Two pictures share the line, at most, and what is said beside them.
    assert.ok(
      line.most < 2 * size + 2000,
      `${roads[i]}: ${line.most} bytes under way, ${size} each`,
    );
    await Deno.remove(file);
  };
  await Promise.all(samples.map((sample, i) => inOneOfThree(() => stays(sample, i))));
});
