// The pictures of the past: which there are, and getting one of them at a size that fits.

import type { FrameMeta } from "../../shared/frame.ts";
import type { Jpeg } from "./painter.ts";

/** Most pictures asked for in one index. */
const LIMIT = 2000;

/** The past of one camera. */
export class Past {
  /** Oldest first. */
  frames: FrameMeta[] = [];
  /** False once the edge has said that it makes no smaller pictures. */
  #scaled = true;
  readonly #base: string;

  /** @param base The camera's address, for instance `https://cam.example/cams/garden`. */
  constructor(base: string) {
    this.#base = base;
  }

  /** Adds what is new since the last call. @param from Unix ms: forgets what is older. */
  async refresh(from: number): Promise<void> {
    const newest = this.frames.at(-1)?.version ?? 0;
    const query = `from=${Math.max(Math.round(from), newest + 1)}&limit=${LIMIT}`;
    const answer = await fetch(`${this.#base}/frames?${query}`);
    if (!answer.ok) return;
    const { frames }: { frames: FrameMeta[] } = await answer.json();
    const kept = this.frames.filter(({ version }) => version >= from);
    this.frames = [...kept, ...frames.reverse()];
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

  /** Where the film of everything from `from` on is. */
  filmUrl(from: number): string {
    return `${this.#base}/timelapse.avi?from=${Math.round(from)}&limit=${LIMIT}`;
  }
}

/** The index of the number nearest to `wanted` in a rising list; -1 for an empty one. */
export function nearest(rising: readonly number[], wanted: number): number {
  const after = rising.findIndex((one) => one >= wanted);
  if (after < 1) return after === 0 ? 0 : rising.length - 1;
  return wanted - rising[after - 1] <= rising[after] - wanted ? after - 1 : after;
}

/** Stretches of time with pictures, for drawing: a gap longer than `gapMs` parts two of them. */
export function stretches(rising: readonly number[], gapMs: number): [number, number][] {
  const found: [number, number][] = [];
  for (const at of rising) {
    const last = found.at(-1);
    if (last && at - last[1] <= gapMs) last[1] = at;
    else found.push([at, at]);
  }
  return found;
}
