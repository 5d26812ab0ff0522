// Word of writes to a SQLite file by whatever process. Deno's own `watch` hears nothing of other
// processes (denoland/deno#21640), but the kernel does: SQLite writes each commit to `<file>-wal`.

import type { Clock } from "../../../shared/clock.ts";
import { Latest } from "../../../shared/latest.ts";

/** From the first write of a commit until it can be read, ms: it is a few writes, then it counts. */
const SETTLE_MS = 3;

/** Tells when a SQLite file was written to. */
export class FileChanges {
  /** Set after each burst of writes. */
  readonly bursts: Latest<undefined> = new Latest();
  readonly #path: string;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #watcher: Deno.FsWatcher | undefined;
  #heard = false;
  #settling = false;

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
    if (this.#watcher || this.#stop.signal.aborted) return;
    try {
      this.#watcher = Deno.watchFs(this.#path, { recursive: false });
    } catch {
      return; // not there yet, or the kernel has no watch left: there are still the polls
    }
    // A watch that fails is over; the polls go on, and begin another.
    this.#listen(this.#watcher).catch(() => {}).finally(() => this.#watcher = undefined);
  }

  close(): void {
    this.#stop.abort();
    this.#heard = false;
    this.#watcher?.close();
    this.bursts.close();
  }

  async #listen(watcher: Deno.FsWatcher): Promise<void> {
    for await (const { kind } of watcher) {
      // Who opens the database next makes another journal.
      if (kind === "remove") break;
      this.#heard = true;
      if (!this.#settling) this.#settle();
    }
  }

  async #settle(): Promise<void> {
    this.#settling = true;
    await this.#clock.sleep(SETTLE_MS, this.#stop.signal).catch(() => {});
    this.#settling = false;
    this.bursts.set(undefined);
  }
}
