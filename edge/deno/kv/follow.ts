// One key as it changes: `kv.watch`, and a slow poll that repairs what watch misses. On SQLite
// watch never fires across processes (denoland/deno#21640): there it is looked at whenever the file
// was written to.

import type { Clock } from "../../../shared/clock.ts";
import { Latest } from "../../../shared/latest.ts";
import { FileChanges } from "./file_changes.ts";
import type { KvLink } from "./link.ts";

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
  if (path === undefined || path === ":memory:" || /^https?:/.test(path)) {
    return { framesMs: 10_000, viewersMs: 10_000 };
  }
  return { framesMs: 25, viewersMs: 250, changes: new FileChanges(path, clock) };
}

/** Between two looks at a file of whose writes the kernel tells, ms. */
const TOLD_POLL_MS = 1000;

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

/** The newest known entry of `key`, set again at every event and every poll. */
export function followKey<T>(
  link: KvLink,
  key: Deno.KvKey,
  options: FollowOptions,
): Latest<Deno.KvEntryMaybe<T>> {
  const latest = new Latest<Deno.KvEntryMaybe<T>>();
  options.signal.addEventListener("abort", () => latest.close(options.signal.reason));
  watchLoop(link, key, latest, options);
  pollLoop(link, key, latest, options);
  return latest;
}

async function watchLoop<T>(
  link: KvLink,
  key: Deno.KvKey,
  latest: Latest<Deno.KvEntryMaybe<T>>,
  { clock, signal }: FollowOptions,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const reader = (await link.kv()).watch<[T]>([key]).getReader();
      const cancel = () => void reader.cancel().catch(() => {});
      if (signal.aborted) cancel();
      signal.addEventListener("abort", cancel, { once: true });
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        latest.set(value[0]);
      }
      signal.removeEventListener("abort", cancel);
    } catch {
      // The link's state tells of a store that fails; the poll goes on.
    }
    await clock.sleep(REOPEN_MS, signal).catch(() => {});
  }
}

async function pollLoop<T>(
  link: KvLink,
  key: Deno.KvKey,
  latest: Latest<Deno.KvEntryMaybe<T>>,
  options: FollowOptions,
): Promise<void> {
  const { changes, signal } = options;
  while (!signal.aborted) {
    const seen = changes?.bursts.seq ?? 0;
    try {
      latest.set(await link.get<T>(key));
    } catch {
      // As above.
    }
    changes?.watch();
    await untilNextLook(options, seen).catch(() => {});
  }
}

/** @param seen The bursts of changes before the last look. */
async function untilNextLook(options: FollowOptions, seen: number): Promise<void> {
  const { clock, pollMs, changes, signal } = options;
  if (!changes?.heard) return await clock.sleep(pollMs, signal);
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  try {
    await Promise.race([
      clock.sleep(Math.max(pollMs, TOLD_POLL_MS), either),
      changes.bursts.next(seen, either),
    ]);
  } finally {
    over.abort("looked");
  }
}
