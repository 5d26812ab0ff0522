// What is deleted and when: keyframes past the retention, and frames a writer never finished. By
// hand, because expiry runs late on SQLite and would take the last picture of a dead camera too.

import type { StoredHead } from "./kv_frame.ts";
import { chunkKeys, keyframeKey, pendingKey } from "./kv_keys.ts";
import type { KvLink } from "./kv_link.ts";

/** Keyframes deleted in one write: more than one, so that a backlog melts. */
const KEYFRAMES_PER_COMMIT = 10;

/**
 * Keys of the oldest keyframes from before `before` (Unix ms). Those of `head` stay: it is the
 * last picture.
 */
export async function expiredKeys(
  link: KvLink,
  cam: string,
  { before, head }: { readonly before: number; readonly head: StoredHead | null },
): Promise<Deno.KvKey[]> {
  if (before <= 0) return [];
  const entries = await link.list<StoredHead>(
    { start: keyframeKey(cam, 0), end: keyframeKey(cam, before) },
    { limit: KEYFRAMES_PER_COMMIT },
  );
  return entries
    .filter(({ value }) => value.version !== head?.version)
    .flatMap(({ key, value }) => [key, ...chunkKeys(cam, value.version, value.chunks)]);
}

/** Deletes chunks that no head will ever name: their version is older than the head's. */
export async function deletePending(
  link: KvLink,
  cam: string,
  head: StoredHead | null,
): Promise<void> {
  const pending = await link.list<{ chunks: number }>(
    { start: pendingKey(cam, 0), end: pendingKey(cam, head?.version ?? 0) },
    { limit: 100 },
  );
  for (const { key, value } of pending) {
    await link.commit({ deletes: [...chunkKeys(cam, Number(key[2]), value.chunks), key] });
  }
}
