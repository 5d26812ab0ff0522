// The pictures of the past: which there are, and getting one of them at a size that fits.

import type { Row } from "../../shared/day.ts";
import type { FrameMeta } from "../../shared/frame.ts";
import type { Jpeg } from "./painter.ts";

/** Most pictures in one index. */
const LIMIT = 5000;

/** A time, Unix ms; where `to` is Infinity what is to come belongs to it. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export class Past {
  /** Oldest first. */
  frames: readonly FrameMeta[] = [];
  #to = Infinity;
  /** How often it was looked what there is. */
  #looks = 0;
  /** False once the edge has said that it makes no smaller pictures. */
  #scaled = true;
  readonly #base: string;

  /** @param base The camera's address, for instance `https://cam.example/cams/garden`. */
  constructor(base: string) {
    this.#base = base;
  }

  /**
   * Looks which pictures there are in a time, or what is new since. Resolves with whether they are
   * known: the last call counts.
   */
  async refresh({ from, to }: Span): Promise<boolean> {
    const look = ++this.#looks;
    const kept = to === this.#to ? this.frames.filter(({ version }) => version >= from) : [];
    const oldest = Math.max(Math.round(from), (kept.at(-1)?.version ?? 0) + 1);
    const found: FrameMeta[] = [];
    for (let before = to, full = true; full; before = found.at(-1)?.version ?? 0) {
      const frames = await this.#index(oldest, before, LIMIT);
      if (look !== this.#looks) return false;
      found.push(...frames);
      full = frames.length === LIMIT;
    }
    this.#to = to;
    this.frames = [...kept, ...found.reverse()];
    return true;
  }

  /** Whether there are pictures before a time. */
  async begins(before: number): Promise<boolean> {
    return (await this.#index(0, before, 1)).length > 0;
  }

  async #index(from: number, before: number, limit: number): Promise<FrameMeta[]> {
    const to = before === Infinity ? "" : `&to=${Math.round(before) - 1}`;
    const url = `${this.#base}/frames?from=${from}${to}&limit=${limit}`;
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`GET ${url} was answered ${answer.status}`);
    return (await answer.json()).frames;
  }

  /** Which picture is nearest to a time; -1 where there are none. */
  nearest(time: number): number {
    return nearest(this.frames.map(({ receivedAt }) => receivedAt), time);
  }

  /**
   * The JPEG of a picture; undefined where that is gone.
   *
   * @param width One of those that the edge makes; undefined = as it is.
   */
  async picture(
    version: number,
    width: number | undefined,
    signal?: AbortSignal,
  ): Promise<Jpeg | undefined> {
    const url = `${this.#base}/frames/${version}.jpeg`;
    const scaled = width !== undefined && this.#scaled;
    const answer = await fetch(scaled ? `${url}?w=${width}` : url, { signal });
    if (answer.ok) return new Uint8Array(await answer.arrayBuffer());
    if (answer.status === 404) return undefined;
    if (!scaled || answer.status !== 501) {
      throw new Error(`GET ${url} was answered ${answer.status}`);
    }
    this.#scaled = false;
    return await this.picture(version, undefined, signal);
  }

  /** Where the film of a time is. */
  filmUrl({ from, to }: Span): string {
    const end = to === Infinity ? "" : `&to=${to - 1}`;
    return `${this.#base}/timelapse.avi?from=${Math.round(from)}${end}&limit=${LIMIT}`;
  }

  /** Where a row of tiny pictures is. */
  rowUrl({ from, to, every }: Row): string {
    return `${this.#base}/day.jpeg?from=${from}&to=${to}&every=${every}`;
  }
}

/** The index of the number nearest to `wanted` in a rising list; -1 for an empty one. */
export function nearest(rising: readonly number[], wanted: number): number {
  const after = rising.findIndex((one) => one >= wanted);
  if (after < 1) return after === 0 ? 0 : rising.length - 1;
  return wanted - rising[after - 1] <= rising[after] - wanted ? after - 1 : after;
}

/** Where in a time there is nothing for longer than `longest`. */
export function gaps(
  rising: readonly number[],
  { from, to }: Span,
  longest: number,
): [number, number][] {
  return [...rising, to].flatMap((at, i): [number, number][] => {
    const before = rising[i - 1] ?? from;
    return at - before > longest ? [[before, at]] : [];
  });
}
