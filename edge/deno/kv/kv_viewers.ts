// Who watches where: one record an instance, and a key that changes when somebody comes or goes.

import type { Clock } from "../../../shared/clock.ts";
import { followKey, type Polls } from "./kv_follow.ts";
import { demandKey, viewersKey, viewersPrefix } from "./kv_keys.ts";
import type { KvLink } from "./kv_link.ts";
import { VIEWERS_TTL_MS } from "../../core/store/frame_store.ts";

interface ViewerRecord {
  readonly count: number;
  /** Unix ms, by the clock of the instance that wrote it. */
  readonly at: number;
}

/** The viewer records of one instance, and its look at the others'. */
export class KvViewers {
  readonly #link: KvLink;
  readonly #instance: string;
  readonly #clock: Clock;
  readonly #polls: Polls;
  /** Cameras for which others know that somebody watches here. */
  readonly #told = new Set<string>();

  constructor(
    link: KvLink,
    options: { readonly instance: string; readonly clock: Clock; readonly polls: Polls },
  ) {
    this.#link = link;
    this.#instance = options.instance;
    this.#clock = options.clock;
    this.#polls = options.polls;
  }

  async set(cam: string, count: number): Promise<void> {
    const key = viewersKey(cam, this.#instance);
    const at = this.#clock.now();
    const turned = this.#told.has(cam) !== count > 0;
    const bump = turned ? [{ key: demandKey(cam), value: { at, instance: this.#instance } }] : [];
    const record: ViewerRecord = { count, at };
    if (count > 0) {
      await this.#link.commit({
        sets: [{ key, value: record, expireIn: VIEWERS_TTL_MS }, ...bump],
      });
      this.#told.add(cam);
    } else {
      await this.#link.commit({ sets: bump, deletes: [key] });
      this.#told.delete(cam);
    }
  }

  async elsewhere(cam: string): Promise<number> {
    const records = await this.#link.list<ViewerRecord>(
      { prefix: viewersPrefix(cam) },
      { limit: 1000 },
    );
    const now = this.#clock.now();
    return records
      .filter(({ key, value }) => key[2] !== this.#instance && now - value.at < VIEWERS_TTL_MS)
      .reduce((sum, { value }) => sum + value.count, 0);
  }

  async *watch(cam: string, signal: AbortSignal): AsyncGenerator<number, void, void> {
    const stop = new AbortController();
    const bumps = followKey(this.#link, demandKey(cam), {
      clock: this.#clock,
      pollMs: this.#polls.viewersMs,
      changes: this.#polls.changes,
      signal: AbortSignal.any([signal, stop.signal]),
    });
    let seq = 0;
    let bumped: string | null | undefined;
    let listedAt = 0;
    let viewers: number | undefined;
    try {
      while (!signal.aborted) {
        const item = await bumps.next(seq, signal);
        seq = item.seq;
        const { versionstamp } = item.value;
        // Records lapse without a bump when an instance dies: look again now and then.
        const lapsing = !!viewers && this.#clock.monotonic() - listedAt >= VIEWERS_TTL_MS / 3;
        if (viewers !== undefined && versionstamp === bumped && !lapsing) continue;
        const now = await this.elsewhere(cam).catch(() => undefined);
        if (now === undefined) continue;
        bumped = versionstamp;
        listedAt = this.#clock.monotonic();
        if (now === viewers) continue;
        viewers = now;
        yield now;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      stop.abort();
    }
  }
}
