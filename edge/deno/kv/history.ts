// What is deleted and when: keyframes past the retention, and frames a writer never finished. By
// hand, because expiry runs late on SQLite and would take the last picture of a dead camera too.

import type { Clock } from "../../../shared/clock.ts";
import { HeldClock } from "../../core/store/held_clock.ts";
import { chunkKeys, keyframeKey, type StoredHead } from "./frame.ts";
import type { KvLink } from "./link.ts";

/** KV takes so many mutations in a commit and not one more. */
export const MAX_MUTATIONS = 1000;

/** Keyframes deleted along with a new one: more than one, so that a backlog melts. */
const KEYFRAMES_AT_ONCE = 10;

const DAY_MS = 24 * 3_600_000;

/** Says which keyframes are past the retention. */
export class Expiry {
  readonly #link: KvLink;
  readonly #clock: Clock;
  readonly #held: HeldClock;
  readonly #retentionMs: number;

  constructor(link: KvLink, clock: Clock, retentionMs: number) {
    this.#link = link;
    this.#clock = clock;
    this.#held = new HeldClock(clock);
    this.#retentionMs = retentionMs;
  }

  /**
   * Keys of the oldest keyframes that are to go. Those of `head` stay: it is the last picture.
   */
  async keys(cam: string, head: StoredHead | null): Promise<Deno.KvKey[]> {
    const now = this.#clock.now();
    const before = now - this.#retentionMs;
    if (!this.#held.holds(head) || before <= 0) return [];
    const oldest = await this.#list(cam, 0, before);
    // Versions never go back: after a clock that was years ahead they stay there, and only the time
    // of receipt tells how old a keyframe is.
    const ahead = head && head.version > now + DAY_MS
      ? await this.#list(cam, now + DAY_MS, head.version + 1)
      : [];
    const expired = ahead.filter(({ value: { receivedAt } }) =>
      receivedAt < before || receivedAt > now + DAY_MS
    );
    return [...oldest, ...expired]
      .filter(({ value }) => value.version !== head?.version)
      .flatMap(frameKeys);
  }

  #list(cam: string, from: number, to: number): Promise<Deno.KvEntry<StoredHead>[]> {
    const selector = { start: keyframeKey(cam, from), end: keyframeKey(cam, to) };
    return this.#link.list<StoredHead>(selector, { limit: KEYFRAMES_AT_ONCE });
  }
}

/**
 * Deletes any number of keys, in their order: what names others comes behind them, so that it is
 * still there when this ends half way.
 */
export async function deleteKeys(link: KvLink, keys: readonly Deno.KvKey[]): Promise<void> {
  for (let i = 0; i < keys.length; i += MAX_MUTATIONS) {
    await link.commit({ deletes: keys.slice(i, i + MAX_MUTATIONS) });
  }
}

/** Deletes the frames of all entries that `selector` finds. */
export async function deleteFrames(link: KvLink, selector: Deno.KvListSelector): Promise<void> {
  for (;;) {
    const some = await link.list<{ chunks: number }>(selector, { limit: 100 });
    if (some.length === 0) return;
    await deleteKeys(link, some.flatMap(frameKeys));
  }
}

/** The chunks that a keyframe's or an unfinished frame's entry names, and its own key behind them. */
function frameKeys({ key, value }: Deno.KvEntry<{ readonly chunks: number }>): Deno.KvKey[] {
  const [, cam, version] = key;
  return [...chunkKeys(String(cam), Number(version), value.chunks), key];
}
