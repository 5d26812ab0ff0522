// The camera agent at top speed for 100,000 frames: does its memory stay flat, and what does a frame
// cost it? A camera that never waits, a receiver that always answers at once.

import { HEADER, parseSeq } from "../../wire.ts";
import { installFakeRpicam } from "../fake_rpicam/install.ts";
import { startPi } from "../processes.ts";
import { residentBytes } from "../resident.ts";
import type { Report } from "./scenario.ts";

/** Frames between two rows. */
const STEP = 10_000;

/** 100,000 frames, or `PERCH_BENCH_FRAMES`. */
export async function benchSoak(report: Report): Promise<void> {
  const frames = Math.max(2 * STEP, Number(Deno.env.get("PERCH_BENCH_FRAMES") ?? 10 * STEP));
  const receiver = new Receiver();
  await using fake = await installFakeRpicam();
  await using pi = await startPi(receiver.url, {
    env: {
      ...fake.env("init:0,burst"),
      PERCH_SOURCE: "rpicam-vid",
      PERCH_WIDTH: "1280",
      PERCH_HEIGHT: "720",
      PERCH_FPS: "30",
    },
  });
  let last = { captured: 0, sent: 0, bytes: 0, cpuMs: await cpuMs(pi.pid), at: performance.now() };
  const resident: number[] = [];
  for (let wanted = STEP; wanted <= frames; wanted += STEP) {
    const samples = await sampled(pi.pid, receiver.captured(wanted));
    const { seen, sent, bytes } = receiver;
    const now = { captured: seen, sent, bytes, cpuMs: await cpuMs(pi.pid), at: performance.now() };
    resident.push(samples.reduce((sum, one) => sum + one) / samples.length);
    const captured = now.captured - last.captured;
    report.row(`to frame ${wanted}`, {
      "resident MiB": Math.round(resident.at(-1)!),
      "at most": Math.round(Math.max(...samples)),
      "CPU ms/frame": (now.cpuMs - last.cpuMs) / captured,
      "frames/s": Math.round(captured * 1000 / (now.at - last.at)),
      "sent %": Math.round(100 * (now.sent - last.sent) / captured),
      "KB/frame": (now.bytes - last.bytes) / (now.sent - last.sent) / 1000,
    });
    last = now;
  }
  // The first step is the start: code is compiled, buffers find their size.
  const change = 100 * (resident.at(-1)! / resident[1] - 1);
  report.note(`memory from the second ${STEP} frames to the last: ${change.toFixed(1)} %`);
  await pi.stop();
  await receiver.close();
}

/** Resident MiB of a process, twice a second until `end`. */
async function sampled(pid: number, end: Promise<void>): Promise<number[]> {
  const samples: number[] = [];
  let running = true;
  end.then(() => running = false);
  while (running) {
    samples.push(await residentBytes(pid) / 2 ** 20);
    await Promise.race([end, new Promise((resolve) => setTimeout(resolve, 500))]);
  }
  return samples;
}

/** Takes every frame and wants the next one at once. */
class Receiver {
  /** Frames that the camera had given by the newest one sent. */
  seen = 0;
  sent = 0;
  bytes = 0;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  #arrived = Promise.withResolvers<void>();

  constructor() {
    const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    this.#server = Deno.serve(options, (request) => this.#take(request));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Waits until the camera has given `count` frames. */
  async captured(count: number): Promise<void> {
    while (this.seen < count) await this.#arrived.promise;
  }

  async close(): Promise<void> {
    await this.#server.shutdown();
  }

  async #take(request: Request): Promise<Response> {
    // Asked after a frame that was late, as on a machine with other work.
    if (request.method === "GET") return Response.json({ interval: 0, viewers: 1 });
    const { length } = await request.bytes();
    const seq = parseSeq(request.headers.get(HEADER.seq) ?? "");
    if (seq) {
      this.seen = seq.n;
      this.sent++;
      this.bytes += length;
      this.#arrived.resolve();
      this.#arrived = Promise.withResolvers();
    }
    return new Response(null, { status: 204, headers: { [HEADER.interval]: "0" } });
  }
}

/** CPU time of a process so far, all its threads, in ms. */
async function cpuMs(pid: number): Promise<number> {
  const { stdout } = await new Deno.Command("cat", { args: [`/proc/${pid}/stat`] }).output();
  const fields = new TextDecoder().decode(stdout).replace(/^.*\) /s, "").split(" ");
  // Fields 14 and 15 of the file, in hundredths of a second.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
