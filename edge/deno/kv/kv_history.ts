// What is deleted and when: keyframes past the retention, and frames a writer never finished. By
// hand, because expiry runs late on SQLite and would take the last picture of a dead camera too.

import type { StoredHead } from "./kv_frame.ts";
import { chunkKeys, keyframeKey, pendingKey } from "./kv_keys.ts";
import type { KvLink } from "./kv_link.ts";

/** Keyframes deleted in one write: more than one, so that a backlog melts. */
const KEYFRAMES_PER_COMMIT = 10;

const DAY_MS = 24 * 3_600_000;

/** What is to go. Unix ms. */
export interface ExpiryOptions {
  readonly now: number;
  /** Keyframes from before this go. */
  readonly before: number;
  readonly head: StoredHead | null;
}

/**
 * Keys of the oldest keyframes that are to go. Those of `head` stay: it is the last picture.
 */
export async function expiredKeys(
  link: KvLink,
  cam: string,
  { now, before, head }: ExpiryOptions,
): Promise<Deno.KvKey[]> {
  if (before <= 0) return [];
  const oldest = await link.list<StoredHead>(
    { start: keyframeKey(cam, 0), end: keyframeKey(cam, before) },
    { limit: KEYFRAMES_PER_COMMIT },
  );
  // Versions never go back: after a clock that was years ahead they stay there, and only the time of
  // receipt tells how old a keyframe is.
  const ahead = head && head.version > now + DAY_MS
    ? await link.list<StoredHead>(
      { start: keyframeKey(cam, now + DAY_MS), end: keyframeKey(cam, head.version + 1) },
      { limit: KEYFRAMES_PER_COMMIT },
    )
    : [];
  const expired = ahead.filter(({ value: { receivedAt } }) =>
    receivedAt < before || receivedAt > now + DAY_MS
  );
  return [...oldest, ...expired]
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
