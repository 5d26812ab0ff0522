// Smaller pictures without native code: mozjpeg as WebAssembly (@jsquash/jpeg), loaded when somebody
// first asks. For snapshots and pictures of the past; a stream's would take the object's only thread.

import type { ImageTools, Picture } from "../core/platform.ts";
import { inspectJpeg } from "../../shared/jpeg/inspect.ts";

/** Larger ones are left as they are: memory is 128 MB for all, and a pixel takes up to 16 bytes. */
const MAX_PIXELS = 4_000_000;

const ENCODING = { quality: 72, progressive: false, optimize_coding: false } as const;

/** `ImageTools` of the object; one picture at a time. */
export class JpegTools implements ImageTools {
  readonly stillsOnly = true;
  #loading: ReturnType<typeof load> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  ready(): ReturnType<typeof load> {
    return this.#loading ??= load();
  }

  scale(jpeg: Uint8Array<ArrayBuffer>, width: number): Promise<Picture> {
    return this.#inTurn(() => this.#make(jpeg, width));
  }

  row(pictures: readonly (Picture | undefined)[]): Promise<Picture> {
    return this.#inTurn(() => this.#join(pictures));
  }

  notice(): Promise<Picture> {
    return Promise.reject(new Error("Write on a picture: nothing here does that."));
  }

  async stop(): Promise<void> {
    await this.#last;
  }

  #inTurn(make: () => Promise<Picture>): Promise<Picture> {
    const made = this.#last.then(make);
    this.#last = made.catch(() => {});
    return made;
  }

  async #make(jpeg: Uint8Array<ArrayBuffer>, width: number): Promise<Picture> {
    const known = inspectJpeg(jpeg);
    if (!known.ok || known.width * known.height > MAX_PIXELS) throw new Error("It is too large.");
    const { decode, encode } = await this.ready();
    const large = await decode(jpeg.slice().buffer, { preserveOrientation: true });
    const small = averaged(large, Math.min(width, large.width));
    const made = new Uint8Array(await encode(small as ImageData, ENCODING));
    return { jpeg: made, width: small.width, height: small.height };
  }

  /** One of another shape is cut, or fills its place in part. */
  async #join(pictures: readonly (Picture | undefined)[]): Promise<Picture> {
    const { decode, encode } = await this.ready();
    const { width, height } = pictures.findLast((picture) => picture !== undefined)!;
    const row = {
      data: new Uint32Array(pictures.length * width * height),
      width: pictures.length * width,
      height,
    };
    for (const [i, picture] of pictures.entries()) {
      if (!picture) continue;
      const one = await decode(picture.jpeg.slice().buffer);
      const pixels = new Uint32Array(one.data.buffer, one.data.byteOffset);
      for (let y = 0; y < Math.min(height, one.height); y++) {
        const line = pixels.subarray(y * one.width, y * one.width + Math.min(width, one.width));
        row.data.set(line, y * row.width + i * width);
      }
    }
    const data = new Uint8ClampedArray(row.data.buffer);
    const made = new Uint8Array(await encode({ ...row, data } as ImageData, ENCODING));
    return { jpeg: made, width: row.width, height };
  }
}

async function load() {
  const [{ default: decode, init: initDecoder }, { default: encode, init: initEncoder }] =
    await Promise.all([import("@jsquash/jpeg/decode.js"), import("@jsquash/jpeg/encode.js")]);
  await Promise.all([
    initDecoder(await compiled("./mozjpeg_dec.wasm")),
    initEncoder(await compiled("./mozjpeg_enc.wasm")),
  ]);
  return { decode, encode };
}

/** WebAssembly that the build put beside this file: here a module, whose default is compiled. */
async function compiled(file: string): Promise<object> {
  return (await import(file)).default;
}

/** Each pixel the average of those it stands for. */
function averaged({ data, width, height }: ImageData, to: number) {
  const [columns, rows] = [to, Math.max(1, Math.round(height * to / width))];
  const small = new Uint8ClampedArray(columns * rows * 4);
  for (let y = 0, at = 0; y < rows; y++) {
    const [top, bottom] = [Math.floor(y * height / rows), Math.ceil((y + 1) * height / rows)];
    for (let x = 0; x < columns; x++, at += 4) {
      const [left, right] = [Math.floor(x * width / columns), Math.ceil((x + 1) * width / columns)];
      const count = (bottom - top) * (right - left);
      let [red, green, blue] = [0, 0, 0];
      for (let row = top; row < bottom; row++) {
        for (let i = 4 * (row * width + left), end = i + 4 * (right - left); i < end; i += 4) {
          red += data[i];
          green += data[i + 1];
          blue += data[i + 2];
        }
      }
      small[at] = red / count;
      small[at + 1] = green / count;
      small[at + 2] = blue / count;
      small[at + 3] = 255;
    }
  }
  return { data: small, width: columns, height: rows };
}
