// Every key of the store is built here; docs and tests name keys by these functions.

/** The newest frame of a camera: `Head` and what it needs to delete older frames. Never expires. */
export function headKey(cam: string): Deno.KvKey {
  return [...HEADS, cam];
}

/** All heads. */
export const HEADS: Deno.KvKey = ["head"];

/** One chunk of a frame: at most `MAX_CHUNK_BYTES` raw bytes, never overwritten. */
export function chunkKey(cam: string, version: number, index: number): Deno.KvKey {
  return ["frame", cam, version, index];
}

/** The chunk keys of a frame in their order. */
export function chunkKeys(cam: string, version: number, chunks: number): Deno.KvKey[] {
  return Array.from({ length: chunks }, (_, index) => chunkKey(cam, version, index));
}

/** A keyframe's description; its bytes are the chunks of its version. */
export function keyframeKey(cam: string, version: number): Deno.KvKey {
  return ["keyframe", cam, version];
}

/** A frame too large for one atomic whose chunks are being written. */
export function pendingKey(cam: string, version: number): Deno.KvKey {
  return ["pending", cam, version];
}

/** How many people watch a camera on one instance. */
export function viewersKey(cam: string, instance: string): Deno.KvKey {
  return ["viewers", cam, instance];
}

/** Viewer records of all instances. */
export function viewersPrefix(cam: string): Deno.KvKey {
  return ["viewers", cam];
}

/** Written whenever an instance gets its first viewer or loses its last: the thing to watch. */
export function demandKey(cam: string): Deno.KvKey {
  return ["demand", cam];
}

/** Every keyframe of a camera. */
export function keyframesPrefix(cam: string): Deno.KvKey {
  return ["keyframe", cam];
}

/** Every unfinished frame of a camera. */
export function pendingPrefix(cam: string): Deno.KvKey {
  return ["pending", cam];
}
