// How a frame lies in KV: by which keys, cut into chunks, and remembered by the head until it may be
// deleted. Docs and tests name keys by these functions.

import type { Head } from "../../core/store/frame_store.ts";

/** KV takes values of 65,536 raw bytes and not one more. */
export const MAX_CHUNK_BYTES = 65_536;

/** A frame up to this size fits one atomic of 819,200 bytes together with its head. */
export const MAX_ATOMIC_FRAME_BYTES = 700_000;

/** A head with what the next writer needs to delete. */
export interface StoredHead extends Head {
  /** Whether the chunks belong to a keyframe, which outlives the head. */
  readonly keyframe: boolean;
  /** `[version, chunks]` of frames before it that are still stored, newest first. */
  readonly recent: readonly (readonly [number, number])[];
}

/** Frames before the head that a slow reader may still be at: two, and what is younger than this. */
const RECENT_MS = 1000;
const RECENT_MIN = 2;
const RECENT_MAX = 12;

/** Copies of the JPEG's parts: a view would be stored with the whole buffer behind it. */
export function splitChunks(jpeg: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < jpeg.length; at += MAX_CHUNK_BYTES) {
    chunks.push(jpeg.slice(at, at + MAX_CHUNK_BYTES));
  }
  return chunks;
}

/** The JPEG of `size` bytes, or undefined where a chunk is missing. */
export function joinChunks(
  chunks: readonly (Uint8Array<ArrayBuffer> | null)[],
  size: number,
): Uint8Array<ArrayBuffer> | undefined {
  const jpeg = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    if (!chunk || at + chunk.length > size) return undefined;
    jpeg.set(chunk, at);
    at += chunk.length;
  }
  return at === size ? jpeg : undefined;
}

/** What stays readable behind a new head of `version`, and what goes. */
export function rollRecent(
  head: StoredHead | null,
  version: number,
): { recent: StoredHead["recent"]; dropped: StoredHead["recent"] } {
  if (!head) return { recent: [], dropped: [] };
  const older = head.keyframe
    ? head.recent
    : [[head.version, head.chunks] as const, ...head.recent];
  const kept = older.filter(([old], i) =>
    i < RECENT_MIN || (i < RECENT_MAX && version - old < RECENT_MS)
  );
  return { recent: kept, dropped: older.slice(kept.length) };
}

/** All heads. */
export const HEADS: Deno.KvKey = ["head"];

/** The newest frame of a camera: `Head` and what it needs to delete older frames. Never expires. */
export const headKey = (cam: string): Deno.KvKey => ["head", cam];

/** One chunk of a frame: at most `MAX_CHUNK_BYTES` raw bytes, never overwritten. */
export function chunkKey(cam: string, version: number, index: number): Deno.KvKey {
  return ["frame", cam, version, index];
}

/** The chunk keys of a frame in their order. */
export function chunkKeys(cam: string, version: number, chunks: number): Deno.KvKey[] {
  return Array.from({ length: chunks }, (_, index) => chunkKey(cam, version, index));
}

/** A keyframe's description; its bytes are the chunks of its version. */
export const keyframeKey = (cam: string, version: number): Deno.KvKey => ["keyframe", cam, version];
export const keyframesPrefix = (cam: string): Deno.KvKey => ["keyframe", cam];

/** A frame too large for one atomic whose chunks are being written. */
export const pendingKey = (cam: string, version: number): Deno.KvKey => ["pending", cam, version];
export const pendingPrefix = (cam: string): Deno.KvKey => ["pending", cam];

/** How many people watch a camera on one instance. */
export const viewersKey = (cam: string, instance: string): Deno.KvKey => ["viewers", cam, instance];
export const viewersPrefix = (cam: string): Deno.KvKey => ["viewers", cam];

/** Written whenever an instance gets its first viewer or loses its last: the thing to watch. */
export const demandKey = (cam: string): Deno.KvKey => ["demand", cam];
