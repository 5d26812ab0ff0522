// One key as it changes: `kv.watch`, and a slow poll that repairs what watch misses. On SQLite watch
// never fires across processes (denoland/deno#21640): there it is looked at whenever the file was
// written to.

import type { Clock } from "../../../shared/clock.ts";
import { Latest } from "../../../shared/latest.ts";
import type { KvCalls } from "./calls.ts";
import { within } from "../../../shared/timeout.ts";

/**
 * From the first write of a commit until it can be read is a moment, as a rule: a writer that is
 * interrupted there takes longer, and what follows makes no sound. Ms from one look to the next.
 */
const LOOKS_MS = [3, 30, 300, 3000];

/**
 * Word of writes to a SQLite file by whatever process: the kernel tells of them, for SQLite writes
 * each commit to `<file>-wal`.
 */
export class FileChanges {
  /** Set whenever it is worth looking what was written. */
  readonly bursts: Latest<undefined> = new Latest();
  readonly #path: string;
  readonly #clock: Clock;
  #watcher: Deno.FsWatcher | undefined;
  #heard = false;
  #looks = new AbortController();
  /** Whether the first look after a write is still to come. */
  #due = false;

  /** @param path The database file; its journal need not be there yet. */
  constructor(path: string, clock: Clock) {
    this.#path = `${path}-wal`;
    this.#clock = clock;
  }

  /** Whether word has come, so that more can be expected: it never does from some network drives. */
  get heard(): boolean {
    return this.#heard && this.#watcher !== undefined;
  }

  /** Begins where that was not possible before. To be called now and then; never throws. */
  watch(): void {
    if (this.#watcher || this.bursts.closed) return;
    try {
      this.#watcher = Deno.watchFs(this.#path, { recursive: false });
    } catch {
      return; // not there yet, or the kernel has no watch left: there are still the polls
    }
    // A watch that fails is over; the polls go on, and begin another.
    this.#listen(this.#watcher).catch(() => {}).finally(() => this.#watcher = undefined);
  }

  close(): void {
    this.#heard = false;
    this.#watcher?.close();
    this.#looks.abort();
    this.bursts.close();
  }

  async #listen(watcher: Deno.FsWatcher): Promise<void> {
    for await (const { kind } of watcher) {
      // Who opens the database next makes another journal.
      if (kind === "remove") break;
      // Deno's watch opens the file for each word of it, and tells of that too.
      if (kind === "access") continue;
      this.#heard = true;
      if (this.#due) continue;
      this.#looks.abort();
      this.#looks = new AbortController();
      this.#look(this.#looks.signal).catch(() => {});
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    this.#due = true;
    for (const ms of LOOKS_MS) {
      await this.#clock.sleep(ms, signal);
      this.#due = false;
      this.bursts.set(undefined);
    }
  }
}

/** When to look at what `watch` should have told anyway. Ms between two looks. */
export interface Polls {
  /** At the newest frame, while it is watched. */
  readonly framesMs: number;
  /** At whether anybody watches, all the time. */
  readonly viewersMs: number;
  /** Tells of a file that it was written to: once it has, looks between are few. */
  readonly changes?: FileChanges;
}

/** Between two looks at a file of whose writes the kernel tells, ms. */
const TOLD_POLL_MS = 5000;

/** How long to wait before a watch that ended is opened again, ms. */
const REOPEN_MS = 1000;

/** Follows `key`: its entry is set again at every event and every poll, until it is disposed of. */
export function followKey<T>(
  calls: KvCalls,
  key: Deno.KvKey,
  given: { clock: Clock; pollMs: number; changes?: FileChanges; signal: AbortSignal },
): Disposable & { readonly latest: Latest<Deno.KvEntryMaybe<T>> } {
  const { clock, pollMs, changes } = given;
  const stop = new AbortController();
  const signal = AbortSignal.any([given.signal, stop.signal]);
  const latest = new Latest<Deno.KvEntryMaybe<T>>();
  signal.addEventListener("abort", () => latest.close(signal.reason));
  watch();
  poll();
  return { latest, [Symbol.dispose]: () => stop.abort() };

  async function watch(): Promise<void> {
    const told = () =>
      new WritableStream<[Deno.KvEntryMaybe<T>]>({ write: ([entry]) => latest.set(entry) });
    while (!signal.aborted) {
      // The state of the store tells of one that fails; the poll goes on.
      await calls.kv().then((kv) => kv.watch<[T]>([key]).pipeTo(told(), { signal })).catch(
        () => {},
      );
      await clock.sleep(REOPEN_MS, signal).catch(() => {});
    }
  }

  async function poll(): Promise<void> {
    while (!signal.aborted) {
      const seen = changes?.bursts.seq ?? 0;
      await calls.get<T>(key).then((entry) => latest.set(entry)).catch(() => {});
      changes?.watch();
      if (!changes?.heard) await clock.sleep(pollMs, signal).catch(() => {});
      else {
        const ms = Math.max(pollMs, TOLD_POLL_MS);
        await within(clock, ms, signal, (over) => changes.bursts.next(seen, over)).catch(() => {});
      }
    }
  }
}
