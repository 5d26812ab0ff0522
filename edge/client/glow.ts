// A tiny copy of the picture behind the page, blurred by CSS: the room takes on the picture's light.

/** Ms between two copies. */
const EVERY_MS = 1000;

/** Draws the glow, at most once a second. */
export class Glow {
  #last = -Infinity;
  readonly #canvas = document.querySelector<HTMLCanvasElement>(".glow")!;

  /** Takes the colours of `picture`. */
  take(picture: HTMLCanvasElement): void {
    const now = performance.now();
    if (now - this.#last < EVERY_MS) return;
    this.#last = now;
    const { width, height } = this.#canvas;
    this.#canvas.getContext("2d")?.drawImage(picture, 0, 0, width, height);
    this.#canvas.classList.add("lit");
  }
}
