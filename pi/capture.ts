// One run of a source under watch: bytes in, whole frames into the slot, and an end with a reason.
// All times are monotonic ms, but for those that are said to be Unix ms.

import { Buffer } from "node:buffer";
import type { Clock } from "../shared/clock.ts";
import { JpegSplitter, MAX_FRUITLESS_BYTES, type SplitterCounts } from "../shared/jpeg/splitter.ts";
import type { Latest } from "../shared/latest.ts";
import { scoped } from "../shared/timeout.ts";
import { type FrameSource, SourceError } from "./source/source.ts";

/** Ms for which a camera on the network may repeat one picture before that is said. */
export const REPEATED_MS = 300_000;

/** Ms between pictures that a camera on the network always gets: it may be slow, and its network too. */
const NETWORK_STALL_MS = 15_000;

/** Same pictures in a row after which a camera counts as frozen. */
export const FROZEN_FRAMES = 30;

/** Doublings of {@link FROZEN_FRAMES} while restarts bring the same picture again. */
const FROZEN_DOUBLINGS = 6;

export interface CapturedFrame {
  readonly jpeg: Uint8Array<ArrayBuffer>;
  /** Unix ms at which its last byte came; wrong by whatever the Pi's clock is wrong. */
  readonly capturedAt: number;
  /** The same on the monotonic clock, which is never wrong. */
  readonly takenAt: number;
  /** The agent's own count of frames, from 1. */
  readonly n: number;
}

export interface CaptureLimits {
  /** Ms from start to the first whole frame. */
  readonly firstFrameMs: number;
  readonly stallMs: number;
}

/**
 * The limits for a capture rate: an rpicam needs about 2 s and 8 frames before its first picture.
 *
 * @param set Overrides the stall limit of 4 frames and 2 s, at least 5 s.
 */
export function captureLimits(fps: number, set?: number, onNetwork = false): CaptureLimits {
  const stallMs = set ?? Math.max(onNetwork ? NETWORK_STALL_MS : 5000, 4000 / fps + 2000);
  return { firstFrameMs: Math.max(10_000 + 12_000 / fps, stallMs), stallMs };
}

interface CaptureOptions {
  readonly clock: Clock;
  readonly source: FrameSource;
  readonly limits: CaptureLimits;
  readonly frozen: FrozenDetector;
  readonly frames: Latest<CapturedFrame>;
  /** @param repeats Whether a source that may repeat a picture does so for long. */
  onFrame(repeats: boolean): void;
}

/**
 * Runs the source until it fails, stops giving frames, repeats one picture, or `signal` aborts.
 * Returns only when the source is gone: without an error where it was told to stop.
 */
export async function capture(options: CaptureOptions, signal: AbortSignal) {
  const { clock, source, frames, frozen, limits: { firstFrameMs, stallMs } } = options;
  const splitter = new JpegSplitter();
  /** What was broken when the last whole frame came. */
  let before = { ...splitter.counts };
  let firstAt: number | undefined;
  let lastAt = clock.monotonic();

  const error: SourceError | undefined = await scoped(signal, async (stop) => {
    const watching = watch(stop);
    const thrown = await source.run(stop.signal, (chunk) => {
      if (stop.signal.aborted) return;
      for (const jpeg of splitter.push(chunk)) {
        const same = take(jpeg);
        if (!source.neverRepeats || !same) continue;
        stop.abort(hardware(`the camera is frozen: the same picture ${same} times`));
      }
      if (splitter.isFruitless) stop.abort(hardware(problem(FRUITLESS)));
    }).then(() => undefined, (error) => {
      if (error instanceof SourceError) return error;
      throw error;
    });
    const { aborted, reason } = stop.signal;
    stop.abort();
    await watching;
    return thrown ?? (aborted ? reason : hardware("the source ended by itself"));
  });
  const told = signal.aborted && error?.kind !== "stuck";
  /** Ms from its first frame to its last. */
  const healthyMs = lastAt - (firstAt ?? lastAt);
  return { error: told ? undefined : error, healthyMs };

  function take(jpeg: Uint8Array<ArrayBuffer>): number {
    lastAt = clock.monotonic();
    firstAt ??= lastAt;
    before = { ...splitter.counts };
    frames.set({ jpeg, capturedAt: clock.now(), takenAt: lastAt, n: frames.seq + 1 });
    const same = frozen.frame(jpeg, lastAt);
    options.onFrame(!source.neverRepeats && lastAt - frozen.since >= REPEATED_MS);
    return same;
  }

  async function watch(stop: AbortController): Promise<void> {
    while (!stop.signal.aborted) {
      const most = firstAt === undefined ? firstFrameMs : stallMs;
      const left = lastAt + most - clock.monotonic();
      if (left <= 0) stop.abort(hardware(problem(late())));
      // Never longer than a stall: the first frame brings the deadline nearer.
      else await clock.sleep(Math.min(left, stallMs), stop.signal).catch(() => {});
    }
  }

  function late(): string {
    return firstAt === undefined
      ? `no picture within ${seconds(firstFrameMs)} of starting the camera`
      : `no picture for ${seconds(stallMs)}, the most that PERCH_STALL_S allows`;
  }

  function problem(late: string): string {
    const broken = brokenWords(splitter.counts, before);
    return broken ? `${late}: the camera ${broken}` : late;
  }
}

const FRUITLESS = `no picture in ${MAX_FRUITLESS_BYTES / 1024 ** 2} MB`;

const seconds = (ms: number) => `${Math.round(ms / 100) / 10} s`;

const hardware = (message: string) => new SourceError("hardware", message);

const KINDS = { truncated: "cut off", malformed: "malformed", oversized: "too large" } as const;

/**
 * What came, in words; undefined where it was no picture at all.
 *
 * @param before What had come already when the time that matters began.
 */
export function brokenWords(counts: SplitterCounts, before?: SplitterCounts): string | undefined {
  const words = (Object.keys(KINDS) as (keyof SplitterCounts)[])
    .map((kind) => ({ kind, count: counts[kind] - (before?.[kind] ?? 0) }))
    .filter(({ count }) => count > 0)
    .map(({ kind, count }) => `${count} ${KINDS[kind]}`);
  return words.length === 0 ? undefined : `sends pictures, no whole JPEG: ${words.join(", ")}`;
}

/**
 * Notices a camera that repeats one picture: sensor noise makes two equal frames all but impossible.
 * Cameras on the network give one again while they have no newer. Kept over restarts, so that a
 * picture which truly never changes (a lens cap on, a perfectly black night) does not restart the
 * camera all night long.
 */
export class FrozenDetector {
  /** When the picture of now came first. */
  since = 0;
  #last: Uint8Array | undefined;
  #same = 1;
  #doublings = 0;

  /** Takes the next frame. @returns How many in a row were the same once that is too many, or 0. */
  frame(jpeg: Uint8Array, now: number): number {
    const repeated = this.#last !== undefined && sameTail(this.#last, jpeg);
    this.#last = jpeg;
    if (!repeated) {
      this.since = now;
      this.#same = 1;
      this.#doublings = 0;
      return 0;
    }
    const frames = ++this.#same;
    if (frames < FROZEN_FRAMES * 2 ** this.#doublings) return 0;
    this.#same = 1;
    this.#doublings = Math.min(this.#doublings + 1, FROZEN_DOUBLINGS);
    return frames;
  }
}

/** Whether the second halves are equal: the first holds metadata, which may carry the time. */
function sameTail(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length &&
    Buffer.compare(a.subarray(a.length >> 1), b.subarray(b.length >> 1)) === 0;
}
