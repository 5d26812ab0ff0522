// Frames in Deno KV: immutable chunks, and a head that moves to them in the same atomic write. A
// reader that misses a chunk was overtaken, and starts over from the head.

import type { Clock } from "../../../shared/clock.ts";
import { type Frame, type FrameMeta, metaOf } from "../../../shared/frame.ts";
import type { Polls } from "./follow.ts";
import {
  chunkKeys,
  demandKey,
  headKey,
  HEADS,
  joinChunks,
  keyframeKey,
  keyframesPrefix,
  MAX_ATOMIC_FRAME_BYTES,
  pendingKey,
  pendingPrefix,
  rollRecent,
  splitChunks,
  type StoredHead,
} from "./frame.ts";
import type { KvLink, KvLinkOptions } from "./link.ts";
import { deleteFrames, deleteKeys, Expiry, MAX_MUTATIONS } from "./history.ts";
import type {
  FrameStore,
  Head,
  PutResult,
  StoreState,
  VersionRange,
} from "../../core/store/frame_store.ts";

/** What the stores need. */
export interface KvStoreOptions extends KvLinkOptions {
  /** This instance's name: the `writer` of what it stores. */
  readonly instance: string;
  readonly clock: Clock;
  /** How long a keyframe is kept, ms. */
  readonly retentionMs: number;
  /** Ms between two writes of a newest frame that nobody asks for. */
  readonly newestEveryMs: number;
  readonly polls: Polls;
}

/** Times a reader or writer that was overtaken starts over. */
const TRIES = 5;

/** Chunks a single atomic takes. */
const CHUNKS_PER_COMMIT = 10;

type HeadEntry = Pick<Deno.KvEntryMaybe<StoredHead>, "value" | "versionstamp">;

/** `FrameStore` over Deno KV: memory, SQLite file or KV Connect. */
export class KvFrameStore implements FrameStore {
  readonly #options: KvStoreOptions;
  readonly #link: KvLink;
  readonly #expiry: Expiry;
  /** Heads as this instance left them, so that a put need not read first. */
  readonly #heads = new Map<string, HeadEntry>();

  constructor(link: KvLink, options: KvStoreOptions) {
    this.#options = options;
    this.#link = link;
    this.#expiry = new Expiry(link, options.clock, options.retentionMs);
  }

  get state(): StoreState {
    return this.#link.state;
  }

  get newestEveryMs(): number {
    return this.#options.newestEveryMs;
  }

  async put(frame: Frame, { history }: { readonly history: boolean }): Promise<PutResult> {
    const { cam, version } = frame;
    const chunks = splitChunks(frame.jpeg);
    const meta = { ...metaOf(frame), chunks: chunks.length };
    const large = frame.jpeg.length > MAX_ATOMIC_FRAME_BYTES;
    const keys = chunkKeys(cam, version, chunks.length);
    const chunkSets = chunks.map((value, i) => ({ key: keys[i], value }));
    const left = this.#heads.get(cam);
    this.#heads.delete(cam);
    let known = left?.value && left.value.version < version ? left : await this.#readHead(cam);
    if (known.value && known.value.version >= version) {
      return { ok: false, newest: known.value.version };
    }
    if (large) await this.#putChunks(frame, chunkSets);
    const expired = history ? await this.#expiry.keys(cam, known.value) : [];
    for (let tries = 0; tries < TRIES; tries++) {
      const { recent, dropped } = rollRecent(known.value, version);
      const head: StoredHead = {
        ...meta,
        writer: this.#options.instance,
        keyframe: history,
        recent,
      };
      const sets = [
        ...large ? [] : chunkSets,
        // Whose run it is from matters to the newest only, and is nobody's business.
        ...history ? [{ key: keyframeKey(cam, version), value: { ...meta, seq: undefined } }] : [],
        { key: headKey(cam), value: head },
      ];
      const deletes = [
        ...dropped.flatMap(([old, count]) => chunkKeys(cam, old, count)),
        ...expired,
        ...large ? [pendingKey(cam, version)] : [],
      ];
      // What is too much for one commit goes before it, while head and keyframes still name it.
      const first = Math.max(0, deletes.length + sets.length - MAX_MUTATIONS);
      await deleteKeys(this.#link, deletes.slice(0, first));
      const versionstamp = await this.#link.commit({
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
        if (large) await deleteKeys(this.#link, [...keys, pendingKey(cam, version)]);
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

  async get(cam: string, version: number): Promise<Frame | undefined> {
    const [head, keyframe] = await this.#link.getMany<StoredHead>([
      headKey(cam),
      keyframeKey(cam, version),
    ]);
    const meta = head.value?.version === version ? head.value : keyframe.value;
    return meta ? await this.#read(cam, meta) : undefined;
  }

  async cams(): Promise<string[]> {
    const heads = await this.#link.list({ prefix: HEADS }, { limit: 1000 });
    return heads.map(({ key }) => String(key[1]));
  }

  async history(cam: string, range: VersionRange): Promise<FrameMeta[]> {
    const oldest = this.#options.clock.now() - this.#options.retentionMs;
    const from = Math.max(range.from ?? 0, oldest, 0);
    const to = Math.min(range.to ?? Infinity, Number.MAX_SAFE_INTEGER - 1);
    if (from > to) return [];
    const entries = await this.#link.list<StoredHead>(
      { start: keyframeKey(cam, from), end: keyframeKey(cam, to + 1) },
      { limit: range.limit ?? 1000, reverse: true },
    );
    return entries.map(({ value }) => metaOf(value));
  }

  async prune(cam: string): Promise<void> {
    const { value: head } = await this.#readHead(cam);
    for (;;) {
      const deletes = await this.#expiry.keys(cam, head);
      if (deletes.length === 0) break;
      await deleteKeys(this.#link, deletes);
    }
    // Chunks that no head will ever name: their version is older than the head's.
    const [start, end] = [pendingKey(cam, 0), pendingKey(cam, head?.version ?? 0)];
    await deleteFrames(this.#link, { start, end });
  }

  async forget(cam: string): Promise<void> {
    this.#heads.delete(cam);
    // The head goes last: as long as it is there the rest can be found and deleted again.
    await deleteFrames(this.#link, { prefix: keyframesPrefix(cam) });
    await deleteFrames(this.#link, { prefix: pendingPrefix(cam) });
    const { value: head } = await this.#readHead(cam);
    if (!head) return;
    const frames = [[head.version, head.chunks] as const, ...head.recent];
    await deleteKeys(this.#link, [
      ...frames.flatMap(([version, chunks]) => chunkKeys(cam, version, chunks)),
      demandKey(cam),
      headKey(cam),
    ]);
  }

  close(): void {
    this.#options.polls.changes?.close();
    this.#link.close();
  }

  async #readHead(cam: string): Promise<HeadEntry> {
    return await this.#link.get<StoredHead>(headKey(cam));
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

  async #read(
    cam: string,
    meta: FrameMeta & { readonly chunks: number },
  ): Promise<Frame | undefined> {
    const entries = await this.#link.getMany<Uint8Array<ArrayBuffer>>(
      chunkKeys(cam, meta.version, meta.chunks),
    );
    const jpeg = joinChunks(entries.map(({ value }) => value), meta.size);
    return jpeg && { ...metaOf(meta), cam, jpeg };
  }

  async #putChunks(
    { cam, version }: Frame,
    sets: readonly { key: Deno.KvKey; value: Uint8Array }[],
  ): Promise<void> {
    const pending = { key: pendingKey(cam, version), value: { chunks: sets.length } };
    for (let i = 0; i < sets.length; i += CHUNKS_PER_COMMIT) {
      const some = sets.slice(i, i + CHUNKS_PER_COMMIT);
      await this.#link.commit({ sets: i === 0 ? [pending, ...some] : some });
    }
  }
}
