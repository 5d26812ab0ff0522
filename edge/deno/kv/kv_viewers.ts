// Who watches where: one record an instance, and a key that changes when somebody comes or goes.

import type { Clock } from "../../../shared/clock.ts";
import { within } from "../../core/within.ts";
import { followKey, type Polls } from "./kv_follow.ts";
import { demandKey, viewersKey, viewersPrefix } from "./kv_keys.ts";
import type { KvLink } from "./kv_link.ts";
import { VIEWERS_TTL_MS } from "../../core/store/frame_store.ts";

/** Records that count are looked at again after this time, ms. */
const LOOK_MS = VIEWERS_TTL_MS / 3;

interface ViewerRecord {
  readonly count: number;
}

/** A record as it was first seen here. */
interface Seen {
  readonly versionstamp: string;
  /** Monotonic ms. */
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
  /** By camera and instance. How old a record is its writer's clock cannot tell: it may be wrong. */
  readonly #seen = new Map<string, ReadonlyMap<string, Seen>>();

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
    const turned = this.#told.has(cam) !== count > 0;
    const bump = turned ? [{ key: demandKey(cam), value: { instance: this.#instance } }] : [];
    const record: ViewerRecord = { count };
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
    const before = this.#seen.get(cam);
    const seen = new Map<string, Seen>();
    this.#seen.set(cam, seen);
    const now = this.#clock.monotonic();
    let viewers = 0;
    for (const { key, value, versionstamp } of records) {
      const instance = String(key[2]);
      if (instance === this.#instance) continue;
      const known = before?.get(instance);
      const first = known?.versionstamp === versionstamp ? known : { versionstamp, at: now };
      seen.set(instance, first);
      if (now - first.at < VIEWERS_TTL_MS) viewers += value.count;
    }
    return viewers;
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
    let listedAt = -Infinity;
    let viewers: number | undefined;
    const sinceList = () => this.#clock.monotonic() - listedAt;
    try {
      while (!signal.aborted) {
        // A store that is away tells nothing, and records lapse all the same.
        const item = await within(this.#clock, LOOK_MS, (over) => bumps.next(seq, over), signal);
        if (signal.aborted) break;
        seq = item?.seq ?? seq;
        const news = item !== undefined && item.value.versionstamp !== bumped;
        // Nor is there a bump when an instance dies: look again now and then.
        const lapsing = !!viewers && sinceList() >= LOOK_MS;
        if (viewers !== undefined && !news && !lapsing) continue;
        let now = await this.elsewhere(cam).catch(() => undefined);
        if (now !== undefined) {
          bumped = item ? item.value.versionstamp : bumped;
          listedAt = this.#clock.monotonic();
        } else if (sinceList() >= VIEWERS_TTL_MS) {
          bumped = undefined;
          now = 0;
        }
        if (now === undefined || now === viewers) continue;
        viewers = now;
        yield now;
      }
    } finally {
      stop.abort();
    }
  }
}
