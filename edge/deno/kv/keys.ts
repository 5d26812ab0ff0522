// Every key of the store is built here; docs and tests name keys by these functions.

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
