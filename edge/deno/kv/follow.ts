// One key as it changes: `kv.watch`, and a slow poll that repairs what watch misses. On SQLite
// watch never fires across processes (denoland/deno#21640): there it is looked at whenever the file
// was written to.

import type { Clock } from "../../../shared/clock.ts";
import { Latest } from "../../../shared/latest.ts";
import { FileChanges } from "./file_changes.ts";
import type { KvLink } from "./link.ts";
import { within } from "../../../shared/timeout.ts";

/** When to look at what `watch` should have told anyway. Ms between two looks. */
export interface Polls {
  /** At the newest frame, while it is watched. */
  readonly framesMs: number;
  /** At whether anybody watches, all the time. */
  readonly viewersMs: number;
  /** Tells of a file that it was written to: once it has, looks between are few. */
  readonly changes?: FileChanges;
}

/**
 * When to look. Where reads are billed and `watch` is true, seldom; at a file that another process
 * may write to, when it did, and often until it is known that the kernel tells.
 *
 * @param path What the database is opened by.
 */
export function pollsFor(path: string | undefined, clock: Clock): Polls {
  if (path === undefined || !isFile(path)) return { framesMs: 10_000, viewersMs: 10_000 };
  return { framesMs: 25, viewersMs: 250, changes: new FileChanges(path, clock) };
}

/** Behind the newest frame is what a file has of it at most, ms: a card is worn no more than that takes. */
const NEWEST_EVERY_MS = 2000;

/**
 * Ms between two writes of a newest frame that nobody asks for. Never where writes are billed.
 *
 * @param path What the database is opened by.
 */
export function newestEveryMs(path: string | undefined): number {
  return path === undefined || path.startsWith("https:") ? Infinity : NEWEST_EVERY_MS;
}

/** Whether what a database is opened by is a file, not memory or another machine. */
export function isFile(path: string): boolean {
  return path !== ":memory:" && !/^https?:/.test(path);
}

/** Between two looks at a file of whose writes the kernel tells, ms. */
const TOLD_POLL_MS = 5000;

/** How long to wait before a watch that ended is opened again, ms. */
const REOPEN_MS = 1000;

/** How a key is followed. */
export interface FollowOptions {
  readonly clock: Clock;
  /** Ms between two polls. */
  readonly pollMs: number;
  readonly changes?: FileChanges;
  readonly signal: AbortSignal;
}

/** The newest known entry of a key. Disposed of, it is followed no more. */
export interface Followed<T> extends Disposable {
  readonly latest: Latest<Deno.KvEntryMaybe<T>>;
}

/** Follows `key`: its entry is set again at every event and every poll. */
export function followKey<T>(
  link: KvLink,
  key: Deno.KvKey,
  { clock, pollMs, changes, signal: gone }: FollowOptions,
): Followed<T> {
  const stop = new AbortController();
  const signal = AbortSignal.any([gone, stop.signal]);
  const latest = new Latest<Deno.KvEntryMaybe<T>>();
  signal.addEventListener("abort", () => latest.close(signal.reason));
  watch();
  poll();
  return { latest, [Symbol.dispose]: () => stop.abort() };

  async function watch(): Promise<void> {
    const told = () =>
      new WritableStream<[Deno.KvEntryMaybe<T>]>({ write: ([entry]) => latest.set(entry) });
    while (!signal.aborted) {
      // The link's state tells of a store that fails; the poll goes on.
      await link.kv().then((kv) => kv.watch<[T]>([key]).pipeTo(told(), { signal })).catch(() => {});
      await clock.sleep(REOPEN_MS, signal).catch(() => {});
    }
  }

  async function poll(): Promise<void> {
    while (!signal.aborted) {
      const seen = changes?.bursts.seq ?? 0;
      await link.get<T>(key).then((entry) => latest.set(entry)).catch(() => {});
      changes?.watch();
      if (!changes?.heard) await clock.sleep(pollMs, signal).catch(() => {});
      else {
        const ms = Math.max(pollMs, TOLD_POLL_MS);
        await within(clock, ms, signal, (over) => changes.bursts.next(seen, over)).catch(() => {});
      }
    }
  }
}
