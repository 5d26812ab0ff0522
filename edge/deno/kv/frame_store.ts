// Frames in Deno KV: immutable chunks, and a head that moves to them in the same atomic write. A
// reader that misses a chunk was overtaken, and starts over from the head.

import type { Clock } from "../../../shared/clock.ts";
import { type Frame, type FrameMeta, metaOf } from "../../../shared/frame.ts";
import { concat } from "../../../shared/wire_frame.ts";
import {
  type FrameStore,
  type Head,
  heldClock,
  type PutOptions,
  type PutResult,
  type StoreState,
  type VersionRange,
} from "../../core/store/frame_store.ts";
import type { Polls } from "./follow.ts";
import type { KvCalls, KvCallsOptions } from "./calls.ts";

/** KV takes values of 65,536 raw bytes and not one more. */
export const MAX_CHUNK_BYTES = 65_536;

/** A frame up to this size fits one atomic of 819,200 bytes together with its head. */
const MAX_ATOMIC_FRAME_BYTES = 700_000;

/** Chunks of a larger one that an atomic takes. */
const CHUNKS_PER_COMMIT = 10;

/** KV takes so many mutations in a commit and not one more. */
const MAX_MUTATIONS = 1000;

/** Keyframes deleted along with a new one: more than one, so that a backlog melts. */
const KEYFRAMES_AT_ONCE = 10;

/** Frames before the head that a slow reader may still be at: two, and what is younger than this. */
const RECENT_MS = 1000;
const RECENT_MIN = 2;
const RECENT_MAX = 12;

/** Times a reader or writer that was overtaken starts over. */
const TRIES = 5;

const DAY_MS = 24 * 3_600_000;

/** The newest frame of a camera: `StoredHead`. Never expires. */
export const headKey = (cam: string): Deno.KvKey => ["head", cam];

/** One chunk of a frame: at most `MAX_CHUNK_BYTES` raw bytes, never overwritten. */
export function chunkKey(cam: string, version: number, index: number): Deno.KvKey {
  return ["frame", cam, version, index];
}

/** A keyframe's description; its bytes are the chunks of its version. Without one, those of all. */
const keyframeKey = (
  cam: string,
  ...version: number[]
): Deno.KvKey => ["keyframe", cam, ...version];

/** A frame too large for one atomic whose chunks are being written, or all such. */
export const pendingKey = (cam: string, ...version: number[]): Deno.KvKey => {
  return ["pending", cam, ...version];
};

/** Written whenever an instance gets its first viewer or loses its last: the thing to watch. */
export const demandKey = (cam: string): Deno.KvKey => ["demand", cam];

/** The newest stored frame of a camera without its bytes, with what the next writer needs to delete. */
export interface StoredHead extends Head {
  readonly chunks: number;
  readonly writer: string;
  /** Whether the chunks belong to a keyframe, which outlives the head. */
  readonly keyframe: boolean;
  /** `[version, chunks]` of frames before it that are still stored, newest first. */
  readonly recent: readonly (readonly [number, number])[];
}

export interface KvStoreOptions extends KvCallsOptions {
  /** This instance's name: the `writer` of what it stores. */
  readonly instance: string;
  readonly clock: Clock;
  /** How long a keyframe is kept, ms. */
  readonly retentionMs: number;
  /** Ms between two writes of a newest frame that nobody asks for. */
  readonly newestEveryMs: number;
  readonly polls: Polls;
}

type HeadEntry = Pick<Deno.KvEntryMaybe<StoredHead>, "value" | "versionstamp">;

export class KvFrameStore implements FrameStore {
  readonly #options: KvStoreOptions;
  readonly #calls: KvCalls;
  readonly #clockHolds: ReturnType<typeof heldClock>;
  /** Heads as this instance left them, so that a put need not read first. */
  readonly #heads = new Map<string, HeadEntry>();

  constructor(calls: KvCalls, options: KvStoreOptions) {
    this.#options = options;
    this.#calls = calls;
    this.#clockHolds = heldClock(options.clock);
  }

  get state(): StoreState {
    return this.#calls.state;
  }

  get newestEveryMs(): number {
    return this.#options.newestEveryMs;
  }

  async put(frame: Frame, { history, about }: PutOptions): Promise<PutResult> {
    const { cam, version, jpeg } = frame;
    const keys = chunkKeys(cam, version, Math.ceil(jpeg.length / MAX_CHUNK_BYTES));
    const chunks = keys.map((key, i) => ({
      key,
      // A copy: a view would be stored with the whole buffer behind it.
      value: jpeg.slice(i * MAX_CHUNK_BYTES, (i + 1) * MAX_CHUNK_BYTES),
    }));
    const meta = { ...metaOf(frame), chunks: chunks.length };
    const large = jpeg.length > MAX_ATOMIC_FRAME_BYTES;
    const pending = large ? [pendingKey(cam, version)] : [];
    const left = this.#heads.get(cam);
    this.#heads.delete(cam);
    let known = left?.value && left.value.version < version ? left : await this.#readHead(cam);
    if (known.value && known.value.version >= version) {
      return { ok: false, newest: known.value.version };
    }
    for (let i = 0; large && i < chunks.length; i += CHUNKS_PER_COMMIT) {
      const some = chunks.slice(i, i + CHUNKS_PER_COMMIT);
      const begun = i === 0 ? [{ key: pending[0], value: { chunks: chunks.length } }] : [];
      await this.#calls.commit({ sets: [...begun, ...some] });
    }
    const mayExpire = this.#clockHolds(known.value?.receivedAt);
    const expired = history && mayExpire ? await this.#expired(cam, known.value) : [];
    for (let tries = 0; tries < TRIES; tries++) {
      const { recent, dropped } = rollRecent(known.value, version);
      const told = { writer: this.#options.instance, about: about ?? known.value?.about };
      const head: StoredHead = { ...meta, ...told, keyframe: history, recent };
      const sets = [
        ...large ? [] : chunks,
        // Whose run it is from matters to the newest only, and is nobody's business.
        ...history ? [{ key: keyframeKey(cam, version), value: { ...meta, seq: undefined } }] : [],
        { key: headKey(cam), value: head },
      ];
      const deletes = [
        ...dropped.flatMap(([old, count]) => chunkKeys(cam, old, count)),
        ...expired,
        ...pending,
      ];
      // What is too much for one commit goes before it, while head and keyframes still name it.
      const first = Math.max(0, deletes.length + sets.length - MAX_MUTATIONS);
      await this.#delete(deletes.slice(0, first));
      const versionstamp = await this.#calls.commit({
        checks: [{ key: headKey(cam), versionstamp: known.versionstamp }],
        sets,
        deletes: deletes.slice(first),
      });
      if (versionstamp !== undefined) {
        this.#heads.set(cam, { value: head, versionstamp });
        return { ok: true, newest: version };
      }
      known = await this.#readHead(cam);
      if (known.value && known.value.version >= version) {
        if (large) await this.#delete([...keys, ...pending]);
        return { ok: false, newest: known.value.version };
      }
    }
    throw new Error(`Cannot store version ${version} of "${cam}": its head moved ${TRIES} times`);
  }

  async head(cam: string): Promise<Head | undefined> {
    return (await this.#readHead(cam)).value ?? undefined;
  }

  async newest(cam: string): Promise<Frame | undefined> {
    const { value } = await this.#readHead(cam);
    return value ? await this.follow(cam, value) : undefined;
  }

  /** The frame of `head`, or of the head that overtook it. */
  async follow(cam: string, head: StoredHead): Promise<Frame | undefined> {
    for (let tries = 0; tries < TRIES; tries++) {
      const frame = await this.#read(cam, head);
      if (frame) return frame;
      const { value } = await this.#readHead(cam);
      if (!value) return undefined;
      head = value;
    }
    return undefined;
  }

  async get(cam: string, version: number): Promise<Frame | undefined> {
    const keys = [headKey(cam), keyframeKey(cam, version)];
    const [head, keyframe] = await this.#calls.getMany<StoredHead>(keys);
    const meta = head.value?.version === version ? head.value : keyframe.value;
    return meta ? await this.#read(cam, meta) : undefined;
  }

  async cams(): Promise<string[]> {
    const heads = await this.#calls.list({ prefix: ["head"] }, { limit: 1000 });
    return heads.map(({ key }) => String(key[1]));
  }

  async history(cam: string, range: VersionRange): Promise<FrameMeta[]> {
    const oldest = this.#options.clock.now() - this.#options.retentionMs;
    const from = Math.max(range.from ?? 0, oldest, 0);
    const to = Math.min(range.to ?? Infinity, Number.MAX_SAFE_INTEGER - 1);
    if (from > to) return [];
    const options = { limit: range.limit ?? 1000, reverse: true };
    const entries = await this.#keyframes(cam, from, to + 1, options);
    return entries.map(({ value }) => metaOf(value));
  }

  async prune(cam: string): Promise<void> {
    const { value: head } = await this.#readHead(cam);
    const mayExpire = this.#clockHolds(head?.receivedAt);
    for (let keys; mayExpire && (keys = await this.#expired(cam, head)).length > 0;) {
      await this.#delete(keys);
    }
    // Chunks that no head will ever name: their version is older than the head's.
    const [start, end] = [pendingKey(cam, 0), pendingKey(cam, head?.version ?? 0)];
    await this.#deleteFrames({ start, end });
  }

  async forget(cam: string): Promise<void> {
    this.#heads.delete(cam);
    // The head goes last: as long as it is there the rest can be found and deleted again.
    await this.#deleteFrames({ prefix: keyframeKey(cam) });
    await this.#deleteFrames({ prefix: pendingKey(cam) });
    const { value: head } = await this.#readHead(cam);
    if (!head) return;
    const frames = [[head.version, head.chunks] as const, ...head.recent];
    const chunks = frames.flatMap(([version, count]) => chunkKeys(cam, version, count));
    await this.#delete([...chunks, demandKey(cam), headKey(cam)]);
  }

  close(): void {
    this.#options.polls.changes?.close();
    this.#calls.close();
  }

  async #readHead(cam: string): Promise<HeadEntry> {
    return await this.#calls.get<StoredHead>(headKey(cam));
  }

  async #read(
    cam: string,
    meta: FrameMeta & { readonly chunks: number },
  ): Promise<Frame | undefined> {
    const keys = chunkKeys(cam, meta.version, meta.chunks);
    const entries = await this.#calls.getMany<Uint8Array<ArrayBuffer>>(keys);
    const jpeg = concat(...entries.flatMap(({ value }) => value ?? []));
    return jpeg.length === meta.size ? { ...metaOf(meta), cam, jpeg } : undefined;
  }

  #keyframes(cam: string, from: number, to: number, options: Parameters<KvCalls["list"]>[1]) {
    const selector = { start: keyframeKey(cam, from), end: keyframeKey(cam, to) };
    return this.#calls.list<StoredHead>(selector, options);
  }

  /**
   * Keys of the oldest keyframes that are past the retention, but not of `head`: it is the last picture.
   * By hand, because expiry runs late on SQLite and would take that of a dead camera too.
   */
  async #expired(cam: string, head: StoredHead | null): Promise<Deno.KvKey[]> {
    const now = this.#options.clock.now();
    const before = now - this.#options.retentionMs;
    if (before <= 0) return [];
    const limit = { limit: KEYFRAMES_AT_ONCE };
    const oldest = await this.#keyframes(cam, 0, before, limit);
    // Versions never go back: after a clock that was years ahead they stay there, and only the time
    // of receipt tells how old a keyframe is.
    const ahead = head && head.version > now + DAY_MS
      ? await this.#keyframes(cam, now + DAY_MS, head.version + 1, limit)
      : [];
    const expired = ahead.filter(({ value: { receivedAt } }) =>
      receivedAt < before || receivedAt > now + DAY_MS
    );
    return [...oldest, ...expired]
      .filter(({ value }) => value.version !== head?.version)
      .flatMap(frameKeys);
  }

  /**
   * Deletes any number of keys, in their order: what names others comes behind them, so that it is
   * still there when this ends half way.
   */
  async #delete(keys: readonly Deno.KvKey[]): Promise<void> {
    for (let i = 0; i < keys.length; i += MAX_MUTATIONS) {
      await this.#calls.commit({ deletes: keys.slice(i, i + MAX_MUTATIONS) });
    }
  }

  async #deleteFrames(selector: Deno.KvListSelector): Promise<void> {
    for (;;) {
      const some = await this.#calls.list<{ chunks: number }>(selector, { limit: 100 });
      if (some.length === 0) return;
      await this.#delete(some.flatMap(frameKeys));
    }
  }
}

function chunkKeys(cam: string, version: number, chunks: number): Deno.KvKey[] {
  return Array.from({ length: chunks }, (_, index) => chunkKey(cam, version, index));
}

/** The chunks that a keyframe's or an unfinished frame's entry names, and its own key behind them. */
function frameKeys({ key, value }: Deno.KvEntry<{ readonly chunks: number }>): Deno.KvKey[] {
  const [, cam, version] = key;
  return [...chunkKeys(String(cam), Number(version), value.chunks), key];
}

/** What stays readable behind a new head of `version`, and what goes. */
function rollRecent(
  head: StoredHead | null,
  version: number,
): { recent: StoredHead["recent"]; dropped: StoredHead["recent"] } {
  if (!head) return { recent: [], dropped: [] };
  const own = head.keyframe ? [] : [[head.version, head.chunks] as const];
  const older = [...own, ...head.recent];
  const kept = older.filter(([old], i) =>
    i < RECENT_MIN || (i < RECENT_MAX && version - old < RECENT_MS)
  );
  return { recent: kept, dropped: older.slice(kept.length) };
}
