import assert from "node:assert/strict";
import { Latest } from "../shared/latest.ts";
import { FakeClock } from "../shared/testing/fake_clock.ts";
import { baseline } from "../shared/testing/jpegs.ts";
import type { Report } from "../shared/wire.ts";
import { type FrameSource, SourceError } from "./source/source.ts";
import { type Profile, restartDelay, Supervisor } from "./supervisor.ts";
import { type CapturedFrame, captureLimits } from "./capture.ts";
import { fakeLog } from "../shared/testing/fake_log.ts";

/** A source that a test drives by hand. */
class HandSource implements FrameSource {
  readonly name = "by hand";
  neverRepeats = true;
  /** Monotonic ms of each start. */
  readonly starts: number[] = [];
  running = 0;
  #give: ((chunk: Uint8Array) => void) | undefined;
  #fail: ((error: SourceError) => void) | undefined;
  /** What a start does on its own. */
  onStart = (): void => {};

  constructor(readonly clock: FakeClock) {}

  run(signal: AbortSignal, onBytes: (chunk: Uint8Array) => void): Promise<void> {
    this.starts.push(this.clock.monotonic());
    assert.equal(++this.running, 1, "two cameras at once");
    this.#give = onBytes;
    return new Promise<void>((resolve, reject) => {
      this.#fail = reject;
      signal.addEventListener("abort", () => resolve(), { once: true });
      this.onStart();
    }).finally(() => this.running--);
  }

  give(jpeg: Uint8Array): void {
    this.#give?.(jpeg);
  }

  fail(error: SourceError): void {
    this.#fail?.(error);
  }

  /** Fails now, and at every start. */
  failAlways(error: SourceError): void {
    this.onStart = () => this.fail(error);
    this.fail(error);
  }
}

interface Stage {
  readonly clock: FakeClock;
  readonly source: HandSource;
  readonly supervisor: Supervisor;
  readonly frames: Latest<CapturedFrame>;
  readonly reports: Latest<Report>;
  readonly lines: string[];
  readonly jpeg: Uint8Array<ArrayBuffer>;
  /** Gives so many pictures, one each `every` ms; all the same where `n` says which. */
  film(count: number, every: number, n?: number): Promise<void>;
}

async function onStage(
  test: (stage: Stage) => Promise<void>,
  profile?: (byDay: Profile, now: number) => Profile,
): Promise<void> {
  const clock = new FakeClock();
  const source = new HandSource(clock);
  const byDay = { source, limits: captureLimits(5) };
  const { lines, log } = fakeLog();
  const frames = new Latest<CapturedFrame>();
  const reports = new Latest<Report>();
  const supervisor = new Supervisor({
    clock,
    log,
    random: () => 0.5,
    profile: (now) => profile?.(byDay, now) ?? byDay,
    frames,
    reports,
  });
  const stop = new AbortController();
  const running = supervisor.run(stop.signal);
  await clock.tick(0);
  const jpeg = await baseline();
  const film = async (count: number, every: number, n?: number) => {
    for (let frame = 0; frame < count; frame++) {
      source.give(noisy(jpeg, n ?? frame));
      await clock.tick(every);
    }
  };
  await test({ clock, source, supervisor, frames, reports, lines, jpeg, film });
  stop.abort();
  await running;
  assert.equal(source.running, 0);
}

const BUSY = new SourceError("hardware", "the camera is in use", ["line 1", "line 2"]);

/** `jpeg` with other picture data, as sensor noise makes it. */
function noisy(jpeg: Uint8Array, n: number): Uint8Array {
  const copy = jpeg.slice();
  // A byte behind 0xff is no picture data.
  let at = copy.length - 10;
  while (copy[at - 1] === 0xff) at--;
  copy[at] = n % 200;
  return copy;
}

Deno.test("each whole frame becomes the newest one, with its count and wall time", () =>
  onStage(async ({ clock, source, frames, supervisor, reports, jpeg }) => {
    source.give(jpeg.subarray(0, 1000));
    source.give(jpeg.subarray(1000));
    assert.deepEqual(frames.value?.jpeg, jpeg);
    assert.equal(frames.value?.n, 1);
    assert.equal(frames.value?.capturedAt, clock.now());
    assert.equal(supervisor.activity, "running");
    assert.deepEqual(reports.value, { state: "running" });
    await clock.tick(0);
  }));

Deno.test("a failing camera is started again after 1, 2, 4 s, the report says why, and after five what to check", () =>
  onStage(async ({ clock, source, supervisor, reports, lines }) => {
    source.failAlways(BUSY);
    await clock.tick(7500);
    assert.deepEqual(source.starts, [0, 1000, 3000, 7000]);
    assert.equal(supervisor.activity, "failing");
    const error = "the camera is in use";
    assert.equal(supervisor.error?.message, error);
    assert.deepEqual(reports.value, { state: "failing", error, detail: ["line 1", "line 2"] });
    await clock.tick(600_000);
    assert.ok(source.starts.length > 12);
    assert.match(reports.value?.error ?? "", /times in a row: check cable and power supply/);
    assert.equal(lines.filter((line) => line === error).length, 1);
  }));

for (const kind of ["configuration", "stuck"] as const) {
  Deno.test(`what only a person can mend is tried every minute: ${kind}`, () =>
    onStage(async ({ clock, source, reports }) => {
      source.failAlways(new SourceError(kind, "reboot needed"));
      await clock.tick(125_000);
      assert.deepEqual(source.starts, [0, 60_000, 120_000]);
      assert.equal(reports.value?.error, "reboot needed");
    }));
}

Deno.test("a camera that gives no first frame is restarted after its deadline", () =>
  onStage(async ({ clock, source, reports }) => {
    await clock.tick(12_399);
    assert.equal(source.starts.length, 1);
    await clock.tick(1);
    assert.match(reports.value?.error ?? "", /no picture within 12\.4 s/);
    await clock.tick(1000);
    assert.equal(source.starts.length, 2);
  }));

Deno.test("a camera that stalls right after its first frame is found out after the stall time", () =>
  onStage(async ({ clock, supervisor, film }) => {
    await clock.tick(500);
    await film(1, 4999);
    assert.equal(supervisor.error, undefined);
    await clock.tick(1);
    const said = "no picture for 5 s, the most that PERCH_STALL_S allows";
    assert.equal(supervisor.error!.message, said);
  }));

Deno.test("a camera that stops giving frames is restarted after 5 s", () =>
  onStage(async ({ clock, source, reports, jpeg, film }) => {
    await film(50, 200);
    // Bytes without a whole frame do not count as life.
    for (let n = 0; n < 24; n++) {
      source.give(jpeg.subarray(0, 500));
      await clock.tick(200);
    }
    assert.equal(
      reports.value?.error,
      "no picture for 5 s, the most that PERCH_STALL_S allows: the camera sends pictures, " +
        "no whole JPEG: 23 malformed",
    );
    await clock.tick(1000);
    assert.equal(source.starts.length, 2);
  }));

Deno.test("a camera that sends on and on without a picture is restarted before its deadline", () =>
  onStage(async ({ clock, source, reports, jpeg, film }) => {
    await film(50, 200);
    for (let n = 0; n < 33; n++) source.give(new Uint8Array(1024 * 1024).fill(1));
    await clock.tick(0);
    assert.equal(reports.value?.error, "no picture in 32 MB");
    await clock.tick(1000);
    assert.equal(source.starts.length, 2);
    source.give(jpeg);
    assert.deepEqual(reports.value, { state: "running" });
  }));

Deno.test("a camera on the network that repeats one picture is left running, and after 5 min that is said", () =>
  onStage(async ({ clock, source, reports, lines, film }) => {
    source.neverRepeats = false;
    await film(300, 1000, 0);
    assert.deepEqual(reports.value, { state: "running" });
    await film(60, 1000, 0);
    const error = "the same picture for 5 min or longer: is the camera frozen?";
    assert.deepEqual(reports.value, { state: "running", error });
    assert.equal(lines.filter((line) => line === error).length, 1);
    source.fail(BUSY);
    await clock.tick(1000);
    await film(1, 1000, 0);
    assert.deepEqual(reports.value, { state: "running", error });
    await film(1, 1000, 1);
    assert.deepEqual(reports.value, { state: "running" });
    assert.equal(source.starts.length, 2);
  }));

Deno.test("the same trouble is told once, whatever its numbers and however others take turns", () =>
  onStage(async ({ clock, source, lines, jpeg }) => {
    let starts = 0;
    source.onStart = () => {
      const turn = starts++ % 2 === 0 ? "refused" : "reset";
      source.give(noisy(jpeg, starts));
      source.fail(new SourceError("hardware", `${turn} after ${starts} s at 0x55${starts}ab`));
    };
    source.fail(new SourceError("hardware", "refused after 0 s at 0x1"));
    await clock.tick(600_000);
    assert.ok(starts > 8, `${starts}`);
    const told = lines.filter((line) => /refused|reset/.test(line));
    assert.equal(told.length, 2, lines.join("\n"));
    assert.ok(lines.length < 8, lines.join("\n"));
  }));

Deno.test("settings that worked are not called wrong: the camera is tried again after a second", () =>
  onStage(async ({ clock, source, jpeg }) => {
    const unknown = new SourceError("configuration", "the camera answers 404: check the path");
    source.give(noisy(jpeg, 1));
    source.fail(unknown);
    await clock.tick(1000);
    assert.equal(source.starts.length, 2);
  }));

Deno.test("cable and power supply are for cameras that have one here", () =>
  onStage(async ({ clock, source, reports }) => {
    source.neverRepeats = false;
    source.failAlways(BUSY);
    await clock.tick(300_000);
    assert.equal(reports.value?.error, "the camera is in use");
  }));

Deno.test("a camera that repeats one picture is restarted although frames flow", () =>
  onStage(async ({ clock, source, reports, film }) => {
    await film(30, 200, 0);
    assert.match(reports.value?.error ?? "", /frozen: the same picture 30 times/);
    await clock.tick(1000);
    assert.equal(source.starts.length, 2);
  }));

Deno.test("a minute of frames clears the slate: the next failure waits 1 s again", () =>
  onStage(async ({ clock, source, film, reports }) => {
    source.onStart = () => {
      if (source.starts.length < 5) source.fail(BUSY);
    };
    source.fail(BUSY);
    await clock.tick(16_000);
    assert.equal(source.starts.length, 5);
    await film(31, 2000);
    assert.equal(reports.value?.state, "running");
    const failedAt = clock.monotonic();
    source.fail(BUSY);
    await clock.tick(2000);
    assert.equal(source.starts.at(-1), failedAt + 1000);
  }));

Deno.test("a camera that gives frames in time is left alone, also by a wall clock that jumps", () =>
  onStage(async ({ clock, source, supervisor, film }) => {
    await film(20, 200);
    clock.jump(10 * 365 * 86_400_000);
    await film(20, 200);
    clock.jump(-20 * 365 * 86_400_000);
    await film(20, 200);
    assert.equal(source.starts.length, 1);
    assert.equal(supervisor.activity, "running");
  }));

Deno.test("a camera that nobody wants rests, and starts at once when wanted", () =>
  onStage(async ({ clock, source, supervisor, jpeg, lines }) => {
    source.give(jpeg);
    supervisor.want(false);
    await clock.tick(0);
    assert.equal(source.running, 0);
    assert.equal(supervisor.activity, "resting");
    await clock.tick(3_600_000);
    assert.equal(source.starts.length, 1);
    supervisor.want(true);
    await clock.tick(0);
    assert.equal(source.running, 1);
    source.give(jpeg);
    assert.deepEqual(lines, ["the camera is running: by hand"]);
  }));

Deno.test("another profile restarts the camera at once, and that is no failure", async () => {
  let night: HandSource | undefined;
  await onStage(async ({ clock, source, supervisor, film }) => {
    night = new HandSource(clock);
    await film(5, 2000);
    assert.deepEqual([source.running, night.running], [0, 1]);
    assert.equal(supervisor.restarts, 0);
  }, (byDay) => night ? { ...byDay, source: night } : byDay);
});

Deno.test("waits double from 1 s to 60 s while the hardware fails, a fifth more or less", () => {
  const delays = [1, 2, 3, 4, 5, 6, 7, 8, 1000].map((n) => restartDelay("hardware", n, 0.5));
  assert.deepEqual(delays, [1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000]);
  assert.deepEqual([0, 1].map((random) => restartDelay("hardware", 1, random)), [800, 1200]);
});
