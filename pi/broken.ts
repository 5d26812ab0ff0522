// What is wrong with pictures of which none is whole.

import type { SplitterCounts } from "../shared/jpeg/splitter.ts";

const KINDS = { truncated: "cut off", malformed: "malformed", oversized: "too large" } as const;

type Broken = Readonly<Pick<SplitterCounts, keyof typeof KINDS>>;

/**
 * What came, in words; undefined where it was no picture at all.
 *
 * @param before What had come already when the time that matters began.
 */
export function brokenWords(counts: Broken, before?: Broken): string | undefined {
  const kinds = Object.keys(KINDS) as (keyof Broken)[];
  const words = kinds
    .map((kind) => ({ kind, count: counts[kind] - (before?.[kind] ?? 0) }))
    .filter(({ count }) => count > 0)
    .map(({ kind, count }) => `${count} ${KINDS[kind]}`);
  return words.length === 0 ? undefined : `sends pictures, no whole JPEG: ${words.join(", ")}`;
}
