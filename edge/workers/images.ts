// Smaller pictures without native code: mozjpeg as WebAssembly (@jsquash/jpeg), loaded when somebody
// first asks. For snapshots and pictures of the past; a stream's would take the object's only thread.

import { turns } from "../core/limits/limits.ts";
import type { ImageTools, Picture } from "../core/platform.ts";
import { inspectJpeg } from "../../shared/jpeg/inspect.ts";

/** Larger ones are left as they are: memory is 128 MB for all, and a pixel takes up to 16 bytes. */
const MAX_PIXELS = 4_000_000;

const ENCODING = { quality: 72, progressive: false, optimize_coding: false } as const;

/** `ImageTools` of the object; one picture at a time. */
export function jpegTools(): ImageTools {
  const inTurn = turns(1, Infinity, "", 0);
  let loading: ReturnType<typeof load> | undefined;
  const ready = () => loading ??= load();
  return {
    ready,
    stillsOnly: true,
    scale: (jpeg, width) => inTurn(() => scaled(jpeg, width)),
    row: (pictures) => inTurn(() => joined(pictures)),
    notice: () => Promise.reject(new Error("Write on a picture: nothing here does that.")),
    stop: () => inTurn(() => Promise.resolve()),
  };

  async function scaled(jpeg: Uint8Array<ArrayBuffer>, width: number): Promise<Picture> {
    const known = inspectJpeg(jpeg);
    if (!known.ok || known.width * known.height > MAX_PIXELS) throw new Error("It is too large.");
    const { decode } = await ready();
    const large = await decode(jpeg.slice().buffer, { preserveOrientation: true });
    return await encoded(averaged(large, Math.min(width, large.width)));
  }

  /** One of another shape is cut, or fills its place in part. */
  async function joined(pictures: readonly (Picture | undefined)[]): Promise<Picture> {
    const { decode } = await ready();
    const tile = pictures.findLast((picture) => picture !== undefined)!;
    const [width, height] = [pictures.length * tile.width, tile.height];
    const row = new Uint32Array(width * height);
    for (const [i, picture] of pictures.entries()) {
      if (!picture) continue;
      const one = await decode(picture.jpeg.slice().buffer);
      const pixels = new Uint32Array(one.data.buffer, one.data.byteOffset);
      const across = Math.min(tile.width, one.width);
      for (let y = 0; y < Math.min(height, one.height); y++) {
        const line = pixels.subarray(y * one.width, y * one.width + across);
        row.set(line, y * width + i * tile.width);
      }
    }
    return await encoded({ data: new Uint8ClampedArray(row.buffer), width, height });
  }

  async function encoded(pixels: Pick<ImageData, "data" | "width" | "height">): Promise<Picture> {
    const { encode } = await ready();
    const jpeg = new Uint8Array(await encode(pixels as ImageData, ENCODING));
    return { jpeg, width: pixels.width, height: pixels.height };
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
