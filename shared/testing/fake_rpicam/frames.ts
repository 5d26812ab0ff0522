// One frame's bytes, with whatever is asked to be wrong with them.

import type { Faults } from "./faults.ts";
import { encodeJpeg, segment } from "./jpeg.ts";
import { drawScene } from "./picture.ts";
import type { Settings } from "./settings.ts";

/** Makes the frames of one run. */
export class FrameMaker {
  readonly #settings: Settings;
  readonly #faults: Faults;
  #frozen: Uint8Array | undefined;

  constructor(settings: Settings, faults: Faults) {
    this.#settings = settings;
    this.#faults = faults;
  }

  /**
   * The bytes of a frame.
   *
   * @param frame Counted from 1.
   */
  make(frame: number): Uint8Array {
    const faults = this.#faults;
    if (faults.after("frozen", frame)) {
      return this.#frozen ??= this.#wrap(this.#picture(frame), frame);
    }
    return this.#wrap(this.#picture(frame), frame);
  }

  #picture(frame: number): Uint8Array {
    const { program, quality } = this.#settings;
    const faults = this.#faults;
    const resized = faults.after("resize", frame - 1);
    const width = resized ? 640 : this.#settings.width;
    const height = resized ? 480 : this.#settings.height;
    const at = Date.now() + (faults.has("clockskew") ? faults.number("clockskew", 3_600_000) : 0);
    const scene = { width, height, frame, at, black: faults.has("black") };
    const still = program === "still";
    const head: Uint8Array[] = [];
    if (still || faults.has("thumb")) {
      const size = still ? this.#settings.thumb : { width: 320, height: 240 };
      const thumb = size && encodeJpeg(drawScene({ ...scene, ...size }), { noise: 1, seed: frame });
      head.push(exif(at, thumb));
    }
    if (faults.has("com-ffd9")) {
      head.push(segment(0xfe, [0xff, 0xd8, 0xff, 0xe0, 0xff, 0xd9, 0xff, 0xd8]));
    }
    for (let bytes = faults.number("huge") * 2 ** 20; bytes > 0; bytes -= 65_000) {
      head.push(segment(0xef, new Uint8Array(65_000)));
    }
    return encodeJpeg(drawScene(scene), {
      noise: quality <= 35 ? 0 : quality <= 75 ? 1 : quality <= 90 ? 3 : 6,
      seed: frame * 2654435761,
      head: head.length > 0 ? head : undefined,
      restarts: faults.has("rst"),
      progressive: faults.has("progressive"),
      noHuffman: faults.has("nodht"),
    });
  }

  #wrap(jpeg: Uint8Array, frame: number): Uint8Array {
    const faults = this.#faults;
    if (faults.every("trunchdr", frame)) return jpeg.slice(0, 100);
    if (faults.every("trunc", frame)) return jpeg.slice(0, Math.floor(jpeg.length * 0.6));
    const before = faults.number("garbage");
    const behind = faults.number("pad");
    if (before + behind === 0) return jpeg;
    const bytes = new Uint8Array(before + jpeg.length + behind);
    bytes.set(garbage(before, frame));
    bytes.set(jpeg, before);
    return bytes;
  }
}

/** `count` bytes that look like no picture but hold the marks of one. */
function garbage(count: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(count);
  let random = seed * 2654435761 | 1;
  for (let i = 0; i < count; i++) {
    random = Math.imul(random, 1103515245) + 12345;
    bytes[i] = random >>> 16;
  }
  bytes.set([0xff, 0xd9, 0x00, 0xff, 0xd8, 0xff].slice(0, count));
  return bytes;
}

/** APP1 as rpicam-still writes it: a camera's name, local time without a zone, the small picture. */
function exif(at: number, thumb: Uint8Array | undefined): Uint8Array {
  const time = localTime(at);
  const make = "Raspberry Pi\0";
  const firstIfd = 8 + 2 + 2 * 12 + 4;
  const text = [...make + "\0".repeat(make.length % 2) + time + "\0"].map((c) => c.charCodeAt(0));
  const secondIfd = firstIfd + text.length;
  const thumbAt = secondIfd + 2 + 2 * 12 + 4;
  const entry = (tag: number, type: number, count: number, value: number) => [
    ...short(tag),
    ...short(type),
    ...long(count),
    ...long(value),
  ];
  const body = [
    ...[0x45, 0x78, 0x69, 0x66, 0, 0, 0x49, 0x49, 0x2a, 0, 8, 0, 0, 0],
    ...short(2),
    ...entry(0x010f, 2, make.length, firstIfd),
    ...entry(0x0132, 2, 20, firstIfd + make.length + make.length % 2),
    ...long(thumb ? secondIfd : 0),
    ...text,
    ...(thumb
      ? [
        ...short(2),
        ...entry(0x0201, 4, 1, thumbAt),
        ...entry(0x0202, 4, 1, thumb.length),
        ...long(0),
        ...thumb,
      ]
      : []),
  ];
  return segment(0xe1, body);
}

function localTime(at: number): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join(":");
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

function short(value: number): number[] {
  return [value & 0xff, value >> 8];
}

function long(value: number): number[] {
  return [...short(value & 0xffff), ...short(value >>> 16)];
}
