// The day as a strip of tiny pictures: one request for all of them, one for each of the hours or so that
// have room. Where there were none for long it shows that.

import { type Row, rowOf } from "../../shared/day.ts";
import type { FrameMeta } from "../../shared/frame.ts";
import { byId, make } from "./elements.ts";
import { gaps, nearest, type Past, type Span } from "./past.ts";
import { dayStart, hourText, marks, weekdayText } from "./times.ts";

const MINUTE = 60_000;
/** How long a picture, and from one label to the next, may be. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720].map((minutes) => minutes * MINUTE);
/** A label has so many px, and a picture is at least so much of its shape. */
const LABEL_PX = 64;
const LEAST_SHAPE = 0.4;

interface Place {
  readonly frame: FrameMeta;
  readonly place: number;
}

/** Draws it, and knows what is where. */
export class Strip {
  readonly #past: Past;
  readonly #canvas = byId<HTMLCanvasElement>("strip");
  #span: Span = { from: 0, to: 1 };
  #zone: string | undefined;
  /** What usually is between two pictures, ms. */
  #pause = 0;
  #gaps: readonly [number, number][] = [];
  #url = "";
  #sprite:
    | { readonly image: HTMLImageElement; readonly row: Row; readonly width: number }
    | undefined;
  #places: readonly Place[] = [];

  constructor(past: Past) {
    this.#past = past;
    new ResizeObserver(() => this.#draw()).observe(this.#canvas);
  }

  /** Shows what there is of a time. @param now By the edge's clock. */
  show(span: Span, now: number, zone: string | undefined): void {
    this.#span = span;
    this.#zone = zone;
    const times = this.#past.frames.map(({ receivedAt }) => receivedAt);
    const pauses = times.slice(1).map((at, i) => at - times[i]).sort((a, b) => a - b);
    this.#pause = pauses[pauses.length >> 1] ?? 0;
    this.#gaps = gaps(times, span, Math.max(this.#pause * 2.5, (span.to - span.from) / 96));
    byId("gaps").replaceChildren(...this.#gaps.map(([from, to]) => {
      const gap = make("i", "");
      gap.style.left = this.#percent(from);
      gap.style.right = `${100 - 100 * this.part(to)}%`;
      return gap;
    }));
    const row = rowOf(span.from, span.to, now);
    if (row && this.#placesIn(row).length > 0) void this.#load(row);
    this.#draw();
  }

  /** Where a time is: 0 = its beginning, 1 = its end. */
  part(time: number): number {
    const { from, to } = this.#span;
    return (time - from) / (to - from);
  }

  /** The time without pictures that a time is in. */
  gapAt(time: number): readonly [number, number] | undefined {
    return this.#gaps.find(([from, to]) => from < time && time < to);
  }

  /** Puts the tiny picture nearest to one on a canvas. Returns which that is, where there is one. */
  copy(frame: FrameMeta, canvas: HTMLCanvasElement): FrameMeta | undefined {
    const shown = this.#nearest(frame.receivedAt);
    if (!shown || !this.#sprite) return undefined;
    const { image, width } = this.#sprite;
    canvas.width = width;
    canvas.height = image.height;
    canvas.getContext("2d")!.drawImage(image, -shown.place * width, 0);
    return shown.frame;
  }

  async #load(row: Row): Promise<void> {
    const url = this.#past.rowUrl(row);
    if (this.#url === url) return;
    this.#url = url;
    const image = new Image();
    image.fetchPriority = "low";
    image.src = url;
    try {
      await image.decode();
      if (this.#url !== url) return;
      const width = image.width * row.every / (row.to - row.from);
      this.#sprite = { image, row, width };
      this.#draw();
    } catch {
      // There are none here, or not now: bars say where pictures are.
      if (this.#url === url) this.#url = "";
    }
  }

  /** Which pictures stand in a row, oldest first: of each share of its time the newest. */
  #placesIn({ from, to, every }: Row): readonly Place[] {
    const newest: FrameMeta[] = [];
    for (const frame of this.#past.frames) {
      const { version } = frame;
      if (version >= from && version < to) newest[Math.floor((version - from) / every)] = frame;
    }
    return newest.flatMap((frame, place) => [{ frame, place }]);
  }

  #nearest(time: number): Place | undefined {
    const times = this.#places.map(({ frame }) => frame.receivedAt);
    return this.#places[nearest(times, time)];
  }

  #draw(): void {
    const { from, to } = this.#span;
    const canvas = this.#canvas;
    const { clientWidth, clientHeight } = canvas;
    this.#mark(clientWidth);
    const width = canvas.width = clientWidth * devicePixelRatio;
    const height = canvas.height = clientHeight * devicePixelRatio;
    const context = canvas.getContext("2d")!;
    if (!this.#sprite) return;
    const { image, row, width: wide } = this.#sprite;
    this.#places = this.#placesIn(row);
    if (this.#places.length === 0) return;
    context.fillRect(0, 0, width, height);
    const least = LEAST_SHAPE * height * wide / image.height;
    const step = this.#step(Math.max(least, this.part(from + 0.9 * this.#pause) * width), width);
    for (const at of marks(from - step, to, step, this.#zone)) {
      const left = Math.round(this.part(at) * width);
      const across = Math.round(this.part(at + step) * width) - left;
      const middle = (Math.max(from, at) + Math.min(to, at + step)) / 2;
      const { place } = this.#nearest(middle)!;
      // Its middle, as much as there is room for.
      const scale = Math.max(across / wide, height / image.height);
      const [w, h] = [across / scale, height / scale];
      const [x, y] = [place * wide + (wide - w) / 2, (image.height - h) / 2];
      context.drawImage(image, x, y, w, h, left, 0, across - 1, height);
    }
  }

  #mark(width: number): void {
    const { from, to } = this.#span;
    const step = this.#step(LABEL_PX, width);
    byId("marks").replaceChildren(
      ...marks(from, to, step, this.#zone).map((at) => {
        const midnight = dayStart(at, this.#zone) === at;
        const text = midnight ? weekdayText(at, this.#zone) : hourText(at, this.#zone);
        const room = Math.min(this.part(at), 1 - this.part(at)) * width > LABEL_PX / 2;
        const mark = make("i", room ? text : "", midnight ? "midnight" : "");
        mark.style.left = this.#percent(at);
        return mark;
      }),
    );
  }

  /** The shortest time of those that has room. */
  #step(least: number, width: number): number {
    const { from, to } = this.#span;
    return STEPS.find((ms) => width * ms / (to - from) >= least) ?? STEPS.at(-1)!;
  }

  #percent(time: number): string {
    return `${100 * this.part(time)}%`;
  }
}
