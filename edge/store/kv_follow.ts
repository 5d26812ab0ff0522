// One key as it changes: `kv.watch`, and a slow poll that repairs what watch misses. On SQLite
// watch never fires across processes (denoland/deno #21640): there the poll is all there is.

import type { Clock } from "../../shared/clock.ts";
import { Latest } from "../../shared/latest.ts";
import type { KvLink } from "./kv_link.ts";

/** Ms between two looks at what `watch` should have told anyway. */
export interface Polls {
  /** At the newest frame, while it is watched. */
  readonly framesMs: number;
  /** At whether anybody watches, all the time. */
  readonly viewersMs: number;
}

/**
 * How often to look. Where reads are billed and `watch` is true, seldom; on a file that another
 * process may write to, often: reads cost a tenth of a millisecond there.
 *
 * @param path What the database is opened by.
 */
export function pollsFor(path: string | undefined): Polls {
  const file = path !== undefined && path !== ":memory:" && !/^https?:/.test(path);
  return file ? { framesMs: 25, viewersMs: 250 } : { framesMs: 10_000, viewersMs: 10_000 };
}

/** How long to wait before a watch that ended is opened again, ms. */
const REOPEN_MS = 1000;

/** How a key is followed. */
export interface FollowOptions {
  readonly clock: Clock;
  /** Ms between two polls. */
  readonly pollMs: number;
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
  { clock, pollMs, signal }: FollowOptions,
): Promise<void> {
  while (!signal.aborted) {
    try {
      latest.set(await link.get<T>(key));
    } catch {
      // As above.
    }
    await clock.sleep(pollMs, signal).catch(() => {});
  }
}
