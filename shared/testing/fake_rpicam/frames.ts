// One frame's bytes, with whatever is asked to be wrong with them.

import { Buffer } from "node:buffer";
import type { Faults } from "./faults.ts";
import { fakeJpeg, segment } from "./jpeg.ts";
import type { Settings } from "./settings.ts";

/** Makes the frames of one run, by their number from 1. */
export function frameMaker(settings: Settings, faults: Faults): (frame: number) => Uint8Array {
  let frozen: Uint8Array | undefined;
  return (frame) => {
    const made = () => wrapped(picture(settings, faults, frame), faults, frame);
    return faults.after("frozen", frame) ? frozen ??= made() : made();
  };
}

function picture(settings: Settings, faults: Faults, frame: number): Uint8Array {
  const { program, quality } = settings;
  const { width, height } = faults.after("resize", frame - 1)
    ? { width: 640, height: 480 }
    : settings;
  const at = Date.now() + (faults.has("clockskew") ? faults.number("clockskew", 3_600_000) : 0);
  const stamp = { frame, at };
  const head: Uint8Array[] = [];
  if (program === "still" || faults.has("thumb")) {
    const size = program === "still" ? settings.thumb : { width: 320, height: 240 };
    head.push(exif(size && fakeJpeg({ ...stamp, ...size })));
  }
  if (faults.has("com-ffd9")) {
    head.push(segment(0xfe, [0xff, 0xd8, 0xff, 0xe0, 0xff, 0xd9, 0xff, 0xd8]));
  }
  for (let bytes = faults.number("huge") * 2 ** 20; bytes > 0; bytes -= 65_000) {
    head.push(segment(0xef, new Uint8Array(65_000)));
  }
  return fakeJpeg({
    ...stamp,
    width,
    height,
    grain: faults.has("black") || quality <= 35 ? 2 : quality <= 75 ? 6 : quality <= 90 ? 16 : 30,
    head: head.length > 0 ? head : undefined,
    restarts: faults.has("rst"),
    progressive: faults.has("progressive"),
    noHuffman: faults.has("nodht"),
  });
}

function wrapped(jpeg: Uint8Array, faults: Faults, frame: number): Uint8Array {
  if (faults.every("trunchdr", frame)) return jpeg.slice(0, 100);
  if (faults.every("trunc", frame)) return jpeg.slice(0, Math.floor(jpeg.length * 0.6));
  // Bytes that look like no picture but hold the marks of one.
  const garbage = Buffer.alloc(faults.number("garbage"), "no picture");
  garbage.set([0xff, 0xd9, 0x00, 0xff, 0xd8, 0xff].slice(0, garbage.length));
  return Buffer.concat([garbage, jpeg, new Uint8Array(faults.number("pad"))]);
}

/** APP1 as rpicam-still writes it: an empty directory, and one with the small picture. */
function exif(thumb: Uint8Array | undefined): Uint8Array {
  const long = (value: number) => [value & 0xff, value >> 8 & 0xff, value >> 16 & 0xff, 0];
  const entry = (
    tag: number,
    value: number,
  ) => [tag & 0xff, tag >> 8, 4, 0, ...long(1), ...long(value)];
  const second = thumb && [
    ...[2, 0, ...entry(0x0201, 44), ...entry(0x0202, thumb.length), ...long(0)],
    ...thumb,
  ];
  return segment(0xe1, [
    ...[0x45, 0x78, 0x69, 0x66, 0, 0, 0x49, 0x49, 0x2a, 0, ...long(8)],
    ...[0, 0, ...long(second ? 14 : 0)],
    ...second ?? [],
  ]);
}
