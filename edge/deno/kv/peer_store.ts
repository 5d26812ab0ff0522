// Other instances over one Deno KV: the frames they store, and who watches where. That is one record
// an instance, and a key that changes when somebody comes or goes.

import type { Clock } from "../../../shared/clock.ts";
import type { Frame } from "../../../shared/frame.ts";
import { type PeerStore, VIEWERS_TTL_MS } from "../../core/store/peer_store.ts";
import { within } from "../../core/within.ts";
import { followKey, type Polls } from "./follow.ts";
import type { StoredHead } from "./frame.ts";
import type { KvFrameStore, KvStoreOptions } from "./frame_store.ts";
import { demandKey, headKey, viewersKey, viewersPrefix } from "./keys.ts";
import type { KvLink } from "./link.ts";

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

/** `PeerStore` over Deno KV. */
export class KvPeerStore implements PeerStore {
  readonly #link: KvLink;
  readonly #frames: KvFrameStore;
  readonly #instance: string;
  readonly #clock: Clock;
  readonly #polls: Polls;
  /** Cameras for which others know that somebody watches here. */
  readonly #told = new Set<string>();
  /** By camera and instance. How old a record is its writer's clock cannot tell: it may be wrong. */
  readonly #seen = new Map<string, ReadonlyMap<string, Seen>>();

  constructor(link: KvLink, frames: KvFrameStore, options: KvStoreOptions) {
    this.#link = link;
    this.#frames = frames;
    this.#instance = options.instance;
    this.#clock = options.clock;
    this.#polls = options.polls;
  }

  async *watch(cam: string, signal: AbortSignal): AsyncGenerator<Frame, void, void> {
    const stop = new AbortController();
    const heads = followKey<StoredHead>(this.#link, headKey(cam), {
      clock: this.#clock,
      pollMs: this.#polls.framesMs,
      changes: this.#polls.changes,
      signal: AbortSignal.any([signal, stop.signal]),
    });
    let seq = 0;
    let version = 0;
    try {
      while (!signal.aborted) {
        const item = await heads.next(seq, signal);
        seq = item.seq;
        const head = item.value.value;
        if (!head || head.version <= version || head.writer === this.#instance) continue;
        const frame = await this.#frames.follow(cam, head).catch(() => undefined);
        if (!frame || frame.version <= version) continue;
        version = frame.version;
        yield frame;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      stop.abort();
    }
  }

  async setViewers(cam: string, count: number): Promise<void> {
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

  async viewersElsewhere(cam: string): Promise<number> {
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

  async *watchViewers(cam: string, signal: AbortSignal): AsyncGenerator<number, void, void> {
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
        let now = await this.viewersElsewhere(cam).catch(() => undefined);
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
