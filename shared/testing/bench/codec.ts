// The JPEG code by itself: splitter, inspection and metadata stripping, MB/s on one core.

import { inspectJpeg } from "../../jpeg/inspect.ts";
import { JpegSplitter } from "../../jpeg/splitter.ts";
import { stripMetadata } from "../../jpeg/strip.ts";
import { concat, segment, withSegment } from "../jpegs.ts";
import { BenchCamera } from "./bench_camera.ts";
import type { Report } from "./scenario.ts";

const READ_BYTES = 64 * 1024;
const LEAST_MS = 1500;
const APP1 = 0xe1;

/** Frames of 30 and 100 KB. */
export async function benchCodec(report: Report): Promise<void> {
  for (const kilobytes of [30, 100]) {
    const jpeg = (await BenchCamera.make(kilobytes * 1024)).next(0);
    const stream = concat(...new Array(64).fill(jpeg));
    const splitter = new JpegSplitter();
    report.row(
      `splitter, ${kilobytes} KB`,
      speed(stream.length, 64, () => {
        for (let at = 0; at < stream.length; at += READ_BYTES) {
          splitter.push(stream.subarray(at, at + READ_BYTES));
        }
      }),
    );
    report.row(`inspection, ${kilobytes} KB`, speed(jpeg.length, 1, () => inspectJpeg(jpeg)));
    report.row(
      `stripping nothing, ${kilobytes} KB`,
      speed(jpeg.length, 1, () => stripMetadata(jpeg)),
    );
    const exif = withSegment(jpeg, APP1, segment(APP1, new Uint8Array(2000)));
    report.row(`stripping EXIF, ${kilobytes} KB`, speed(exif.length, 1, () => stripMetadata(exif)));
  }
}

function speed(bytes: number, frames: number, run: () => unknown): Record<string, number> {
  for (let i = 0; i < 50; i++) run();
  const started = performance.now();
  let rounds = 0;
  while (performance.now() - started < LEAST_MS) {
    run();
    rounds++;
  }
  const seconds = (performance.now() - started) / 1000;
  return {
    "MB/s": bytes * rounds / seconds / 1e6,
    "us a frame": seconds / (rounds * frames) * 1e6,
  };
}
