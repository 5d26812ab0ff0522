// Other instances over one Deno KV: the frames they store, and who watches where. That is one record
// an instance, and a key that changes when somebody comes or goes.

import type { Frame } from "../../../shared/frame.ts";
import { type PeerStore, VIEWERS_TTL_MS } from "../../core/store/peer_store.ts";
import { within } from "../../../shared/timeout.ts";
import { followKey } from "./follow.ts";
import {
  demandKey,
  headKey,
  type KvFrameStore,
  type KvStoreOptions,
  type StoredHead,
} from "./frame_store.ts";
import type { KvCalls } from "./calls.ts";

/** Records that count are looked at again after this time, ms. */
const LOOK_MS = VIEWERS_TTL_MS / 3;

/** How many people watch a camera on one instance, or on all. */
const viewersKey = (
  cam: string,
  ...instance: string[]
): Deno.KvKey => ["viewers", cam, ...instance];

export function kvPeerStore(
  calls: KvCalls,
  frames: KvFrameStore,
  { instance, clock, polls }: KvStoreOptions,
): PeerStore {
  /** Cameras for which others know that somebody watches here. */
  const told = new Set<string>();
  /**
   * By camera and instance the record as it was first seen here, and when (monotonic ms). How old it is
   * its writer's clock cannot tell: it may be wrong.
   */
  const known = new Map<string, ReadonlyMap<string, { versionstamp: string; at: number }>>();
  return { watch, setViewers, viewersElsewhere, watchViewers };

  async function* watch(cam: string, signal: AbortSignal): AsyncGenerator<Frame, void, void> {
    using head = follow<StoredHead>(headKey(cam), polls.framesMs, signal);
    let seq = 0;
    let version = 0;
    while (!signal.aborted) {
      const item = await head.latest.next(seq).catch(() => undefined);
      if (!item) return;
      seq = item.seq;
      const { value } = item.value;
      if (!value || value.version <= version || value.writer === instance) continue;
      const frame = await frames.follow(cam, value).catch(() => undefined);
      if (!frame || frame.version <= version) continue;
      version = frame.version;
      yield frame;
    }
  }

  async function setViewers(cam: string, count: number): Promise<void> {
    const key = viewersKey(cam, instance);
    const turned = told.has(cam) !== count > 0;
    const bump = turned ? [{ key: demandKey(cam), value: { instance } }] : [];
    if (count > 0) {
      const record = { key, value: { count }, expireIn: VIEWERS_TTL_MS };
      await calls.commit({ sets: [record, ...bump] });
      told.add(cam);
    } else {
      await calls.commit({ sets: bump, deletes: [key] });
      told.delete(cam);
    }
  }

  async function viewersElsewhere(cam: string): Promise<number> {
    const prefix = viewersKey(cam);
    const records = await calls.list<{ count: number }>({ prefix }, { limit: 1000 });
    const now = clock.monotonic();
    const before = known.get(cam);
    const seen = new Map<string, { versionstamp: string; at: number }>();
    known.set(cam, seen);
    let viewers = 0;
    for (const { key, value, versionstamp } of records) {
      const other = String(key[2]);
      if (other === instance) continue;
      const last = before?.get(other);
      const first = last?.versionstamp === versionstamp ? last : { versionstamp, at: now };
      seen.set(other, first);
      if (now - first.at < VIEWERS_TTL_MS) viewers += value.count;
    }
    return viewers;
  }

  async function* watchViewers(
    cam: string,
    signal: AbortSignal,
  ): AsyncGenerator<number, void, void> {
    using bumps = follow(demandKey(cam), polls.viewersMs, signal);
    let seq = 0;
    let bumped: string | null | undefined;
    let listedAt = -Infinity;
    let viewers: number | undefined;
    const sinceList = () => clock.monotonic() - listedAt;
    while (!signal.aborted) {
      // A store that is away tells nothing, and records lapse all the same.
      const item = await within(clock, LOOK_MS, signal, (over) => bumps.latest.next(seq, over))
        .catch(() => undefined);
      if (signal.aborted) return;
      seq = item?.seq ?? seq;
      const news = item !== undefined && item.value.versionstamp !== bumped;
      // Nor is there a bump when an instance dies: look again now and then.
      const lapsing = !!viewers && sinceList() >= LOOK_MS;
      if (viewers !== undefined && !news && !lapsing) continue;
      let now = await viewersElsewhere(cam).catch(() => undefined);
      if (now !== undefined) {
        bumped = item ? item.value.versionstamp : bumped;
        listedAt = clock.monotonic();
      } else if (sinceList() >= VIEWERS_TTL_MS) {
        bumped = undefined;
        now = 0;
      }
      if (now === undefined || now === viewers) continue;
      viewers = now;
      yield now;
    }
  }

  function follow<T>(key: Deno.KvKey, pollMs: number, signal: AbortSignal) {
    return followKey<T>(calls, key, { clock, pollMs, changes: polls.changes, signal });
  }
}
