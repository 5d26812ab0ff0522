// Puts JPEGs on a canvas: one decode in flight, and one slot for the newest that waits. What comes
// in between is skipped, as everywhere else between camera and screen.

type Picture = ImageBitmap | VideoFrame | HTMLImageElement;

export type Jpeg = Uint8Array<ArrayBuffer>;

/**
 * The decoder that takes bytes as they are; a blob goes through another process first, which takes
 * longer than the picture. Where frames know no rotation, it would show turned pictures as they lie.
 */
const takesBytes = "ImageDecoder" in globalThis && "rotation" in VideoFrame.prototype;

export class Painter {
  #busy = false;
  #waiting: { readonly jpeg: Jpeg; readonly done: (drawn: boolean) => void } | undefined;
  readonly #decode: (jpeg: Jpeg) => Promise<Picture>;
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;

  constructor(canvas: HTMLCanvasElement, decode = decodeJpeg) {
    this.#decode = decode;
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
      const picture = await this.#decode(next.jpeg).catch(() => undefined);
      if (picture) this.#put(picture);
      next.done(picture !== undefined);
    }
    this.#busy = false;
  }

  #put(picture: Picture): void {
    const turned = "displayWidth" in picture;
    const width = turned ? picture.displayWidth : picture.width;
    const height = turned ? picture.displayHeight : picture.height;
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
    this.#context.drawImage(picture, 0, 0);
    if ("close" in picture) picture.close();
  }
}

export function jpegBlob(jpeg: Jpeg): Blob {
  return new Blob([jpeg], { type: "image/jpeg" });
}

/** Decodes off the main thread where the browser can. @throws Where it is no picture. */
async function decodeJpeg(jpeg: Jpeg): Promise<Picture> {
  if (takesBytes) {
    const decoder = new ImageDecoder({ data: jpeg, type: "image/jpeg" });
    try {
      return (await decoder.decode()).image;
    } finally {
      decoder.close();
    }
  }
  const blob = jpegBlob(jpeg);
  if ("createImageBitmap" in globalThis) return await createImageBitmap(blob);
  const image = new Image();
  image.src = URL.createObjectURL(blob);
  try {
    await image.decode();
    return image;
  } finally {
    URL.revokeObjectURL(image.src);
  }
}
