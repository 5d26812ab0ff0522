// Puts JPEGs on a canvas: one decode in flight, and one slot for the newest that waits. What comes
// in between is skipped, as everywhere else between camera and screen.

import { decode, type Jpeg, type Picture, sizeOf } from "./decode.ts";

interface Waiting {
  readonly jpeg: Jpeg;
  readonly done: (drawn: boolean) => void;
}

/** Draws on one canvas. */
export class Painter {
  #busy = false;
  #waiting: Waiting | undefined;
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d", { alpha: false })!;
  }

  /** Resolves with true when `jpeg` is drawn, with false when it was skipped or cannot be read. */
  draw(jpeg: Jpeg): Promise<boolean> {
    return new Promise((done) => {
      this.#waiting?.done(false);
      this.#waiting = { jpeg, done };
      if (!this.#busy) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#busy = true;
    for (let next = this.#waiting; next; next = this.#waiting) {
      this.#waiting = undefined;
      const picture = await decode(next.jpeg).catch(() => undefined);
      if (picture) this.#put(picture);
      next.done(picture !== undefined);
    }
    this.#busy = false;
  }

  #put(picture: Picture): void {
    const { width, height } = sizeOf(picture);
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
    this.#context.drawImage(picture, 0, 0);
    if ("close" in picture) picture.close();
  }
}
