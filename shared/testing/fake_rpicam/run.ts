// The loops of rpicam-vid and rpicam-still, from an open camera to the exit code.

import { banner, deviceTimeout, libcamera, say } from "./banner.ts";
import { type Camera, idOf } from "./cameras.ts";
import type { Faults } from "./faults.ts";
import { frameMaker } from "./frames.ts";
import { OptionError } from "./parse.ts";
import type { Settings } from "./settings.ts";
import { Output } from "./stdio.ts";

/** Frames the sensor needs to find exposure and white balance; nobody gets to see them. */
const HIDDEN_FRAMES = 8;

interface RunOptions {
  readonly faults: Faults;
  readonly cameras: readonly Camera[];
  /** Whether stdout keeps back what does not fill a block. */
  readonly buffered: boolean;
}

/** The camera, or the error that opening it gives. */
function openCamera(settings: Settings, { faults, cameras }: RunOptions): Camera {
  if (faults.has("nodma")) {
    libcamera("ERROR", "RPI dma_heaps.cpp:48 Could not open any dmaHeap device");
    throw new OptionError("failed to allocate capture buffers for stream");
  }
  if (cameras.length === 0) throw new OptionError("no cameras available");
  const camera = cameras[settings.camera];
  if (!camera) throw new OptionError("selected camera is not available");
  if (faults.has("busy")) {
    libcamera("INFO", "Camera pipeline_handler.cpp:190 Pipeline handler in use by another process");
    throw new OptionError(`failed to acquire camera ${idOf(camera)}`);
  }
  return camera;
}

export async function runVideo(settings: Settings, options: RunOptions): Promise<number> {
  const { faults } = options;
  banner(settings, openCamera(settings, options));
  let interrupted = false;
  let stalled = false;
  Deno.addSignalListener("SIGINT", () => {
    if (settings.verbose > 0) say("Received signal 2");
    if (!stalled) interrupted = true;
  });
  const period = faults.has("burst") ? 0 : faults.number("slow", 1000 / settings.framerate);
  await sleep(faults.number("init", 800 + HIDDEN_FRAMES * 1000 / settings.framerate));
  const frameOf = frameMaker(settings, faults);
  const output = openOutput(settings, options);
  const start = performance.now();
  for (let frame = 0;; frame++) {
    if (faults.has("never") || faults.after("stall", frame)) {
      stalled = true;
      await stall(settings);
    }
    if (faults.after("exit", frame)) return faults.number("exit", 255, 1);
    if (faults.after("abort", frame)) return abort("failed to queue request");
    if (interrupted || (settings.frames && frame >= settings.frames)) break;
    if (!settings.frames && settings.timeout && performance.now() - start > settings.timeout) {
      if (settings.verbose > 0) {
        say(`Halting: reached timeout of ${settings.timeout} milliseconds.`);
      }
      break;
    }
    if (faults.has("stderrflood")) say("[0:00:00.0] WARN ".repeat(4096));
    try {
      output?.write(settings.codec === "mjpeg" ? frameOf(frame + 1) : notMjpeg(frame));
      if (settings.flush) output?.flush();
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      if (settings.verbose > 0) say("Received signal 13");
      return abort("failed to write output bytes");
    }
    // Even without a pace, signals have to get through now and then.
    if (period > 0) await sleep(start + (frame + 1) * period - performance.now());
    else if (frame % 8 === 0) await sleep(0);
  }
  output?.flush();
  return 0;
}

export async function runStill(settings: Settings, options: RunOptions): Promise<number> {
  const { faults } = options;
  const camera = openCamera(settings, options);
  banner(settings, camera);
  await sleep(faults.number("init", 800));
  if (faults.has("never")) await stall(settings);
  const frameOf = frameMaker(settings, faults);
  const output = openOutput(settings, options);
  const shot = faults.number("shot", settings.zsl ? 200 : 1400);
  const started = performance.now();
  let last = started;
  for (let frame = 0;; frame++) {
    if (faults.after("stall", frame)) await stall(settings);
    if (faults.after("exit", frame)) return faults.number("exit", 255, 1);
    if (faults.after("abort", frame)) return abort("failed to queue request");
    if (settings.timelapse) {
      const due = Math.max(settings.timelapse, faults.number("shot", 200));
      const left = settings.timeout ? settings.timeout - (performance.now() - started) : Infinity;
      await sleep(Math.min(left, last + due - performance.now()));
      if (left <= due) break;
      last = performance.now();
    } else {
      // A timeout of 0 never fires, so the one picture is never taken.
      await sleep(settings.timeout || Infinity);
    }
    if (!output) break;
    await sleep(shot);
    if (settings.verbose > 0) say("Still capture image received");
    if (settings.width % 2 || settings.height % 2) {
      throw new OptionError("both width and height must be even");
    }
    try {
      output.write(frameOf(frame + 1));
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      // SIGPIPE, which the runtime that plays this program ignores: the code that shells give it.
      return 141;
    }
    if (!settings.timelapse) break;
  }
  output?.flush();
  return 0;
}

function openOutput(settings: Settings, { buffered, faults }: RunOptions): Output | undefined {
  if (settings.output === "") return undefined;
  const file = settings.output === "-"
    ? Deno.stdout
    : Deno.openSync(settings.output, { write: true, create: true, truncate: true });
  return new Output(file, buffered, faults.has("tiny"));
}

/** The camera is gone and the program does not notice: it says the same once a second, for ever. */
async function stall(settings: Settings): Promise<never> {
  for (;;) {
    await sleep(1000);
    deviceTimeout(settings);
  }
}

/** What a program that was not told `--codec mjpeg` sends: H.264, which holds no picture for us. */
function notMjpeg(frame: number): Uint8Array {
  return new Uint8Array(20_000).fill(frame & 0x7f).fill(0, 0, 3).fill(1, 3, 4);
}

function abort(what: string): Promise<never> {
  say("terminate called after throwing an instance of 'std::runtime_error'");
  say(`  what():  ${what}`);
  Deno.kill(Deno.pid, "SIGABRT");
  return new Promise(() => {});
}

function sleep(ms: number): Promise<void> {
  // Timers end at 2^31 ms; nobody waits for longer than that here.
  return new Promise((resolve) => setTimeout(resolve, Math.min(Math.max(0, ms), 2 ** 31 - 1)));
}
