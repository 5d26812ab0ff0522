// One run of a source under watch: bytes in, whole frames into the slot, and an end with a reason.

import type { Clock } from "../shared/clock.ts";
import { JpegSplitter, type SplitterCounts } from "../shared/jpeg/splitter.ts";
import type { Latest } from "../shared/latest.ts";
import { type FrameSource, SourceError } from "./source/source.ts";
import { type FrozenDetector, REPEATED_MS, Watchdog, type WatchdogLimits } from "./watchdog.ts";
import { scoped } from "../shared/timeout.ts";

export interface CapturedFrame {
  readonly jpeg: Uint8Array<ArrayBuffer>;
  /** Unix ms at which its last byte came; wrong by whatever the Pi's clock is wrong. */
  readonly capturedAt: number;
  /** The same on the monotonic clock, which is never wrong. */
  readonly takenAt: number;
  /** The agent's own count of frames, from 1. */
  readonly n: number;
}

export interface CaptureOptions {
  readonly clock: Clock;
  readonly source: FrameSource;
  readonly limits: WatchdogLimits;
  /** Kept over runs. */
  readonly frozen: FrozenDetector;
  readonly frames: Latest<CapturedFrame>;
  /** Called for the first frame of the run. */
  onFirstFrame(): void;
  /** Called for each frame of a source that may repeat one: whether it does so for long. */
  onRepeated(long: boolean): void;
}

export interface CaptureEnd {
  /** Undefined where it was told to stop. */
  readonly error?: SourceError;
  /** Whole frames it gave. */
  readonly frames: number;
  /** Ms from its first frame to its last. */
  readonly healthyMs: number;
}

/**
 * Runs the source until it fails, stops giving frames, repeats one picture, or `signal` aborts.
 * Returns only when the source is gone.
 */
export async function capture(options: CaptureOptions, signal: AbortSignal): Promise<CaptureEnd> {
  const { clock, source, frames, frozen } = options;
  const watchdog = new Watchdog(options.limits, clock.monotonic());
  const splitter = new JpegSplitter();
  /** What was broken when the last whole frame came. */
  let before = { ...splitter.counts };
  let count = 0;
  let firstAt = 0;
  let lastAt = 0;

  const error = await scoped(signal, async (stop) => {
    const onBytes = (chunk: Uint8Array) => {
      if (stop.signal.aborted) return;
      for (const jpeg of splitter.push(chunk)) {
        take(jpeg);
        const same = frozen.frame(jpeg, lastAt);
        if (!source.neverRepeats) options.onRepeated(lastAt - frozen.since >= REPEATED_MS);
        else if (same) {
          stop.abort(hardware(`the camera is frozen: the same picture ${same} times`));
        }
      }
    };
    const watching = watch(watchdog, problem, options.limits.stallMs, clock, stop);
    const thrown = await source.run(stop.signal, onBytes).then(() => undefined, sourceErrorOf);
    const { aborted, reason } = stop.signal;
    stop.abort();
    await watching;
    return thrown ?? (aborted ? reason : hardware("the source ended by itself"));
  });

  function problem(): string {
    const broken = brokenWords(splitter.counts, before);
    return broken ? `${watchdog.problem}: the camera ${broken}` : watchdog.problem;
  }

  function take(jpeg: Uint8Array<ArrayBuffer>): void {
    lastAt = clock.monotonic();
    watchdog.frame(lastAt);
    before = { ...splitter.counts };
    frames.set({ jpeg, capturedAt: clock.now(), takenAt: lastAt, n: frames.seq + 1 });
    if (count++ > 0) return;
    firstAt = lastAt;
    options.onFirstFrame();
  }

  const told = signal.aborted && !(error instanceof SourceError && error.kind === "stuck");
  return { error: told ? undefined : error, frames: count, healthyMs: lastAt - firstAt };
}

async function watch(
  watchdog: Watchdog,
  problem: () => string,
  stallMs: number,
  clock: Clock,
  stop: AbortController,
): Promise<void> {
  while (!stop.signal.aborted) {
    const left = watchdog.deadline - clock.monotonic();
    if (left <= 0) stop.abort(hardware(problem()));
    // Never longer than a stall: the first frame brings the deadline nearer.
    else await clock.sleep(Math.min(left, stallMs), stop.signal).catch(() => {});
  }
}

function hardware(message: string): SourceError {
  return new SourceError("hardware", message);
}

function sourceErrorOf(error: unknown): SourceError {
  if (error instanceof SourceError) return error;
  throw error;
}

const KINDS = { truncated: "cut off", malformed: "malformed", oversized: "too large" } as const;

/**
 * What came, in words; undefined where it was no picture at all.
 *
 * @param before What had come already when the time that matters began.
 */
export function brokenWords(counts: SplitterCounts, before?: SplitterCounts): string | undefined {
  const kinds = Object.keys(KINDS) as (keyof SplitterCounts)[];
  const words = kinds
    .map((kind) => ({ kind, count: counts[kind] - (before?.[kind] ?? 0) }))
    .filter(({ count }) => count > 0)
    .map(({ kind, count }) => `${count} ${KINDS[kind]}`);
  return words.length === 0 ? undefined : `sends pictures, no whole JPEG: ${words.join(", ")}`;
}
