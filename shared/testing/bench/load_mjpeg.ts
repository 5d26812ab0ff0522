// A viewer of a multipart stream. What stands between two frames (boundary, head, the marks of
// chunked transfer) has one length, which is learned between the first two.

import { STAMP_BYTES, stampedAt } from "./stamp.ts";
import { nowUs } from "./libc.ts";
import { LoadViewer } from "./load_viewer.ts";

const END = [0xff, 0xd9, 13, 10, 45, 45];

/** Reads frames that follow each other at a fixed distance. */
export class MjpegViewer extends LoadViewer {
  /** Everything from the start of the answer until the second frame's stamp, then nothing. */
  #opening: Uint8Array<ArrayBuffer> | undefined = new Uint8Array(0);
  #gap = 0;
  #inBody = false;

  readable(): boolean {
    if (this.#opening) return this.#open();
    if (!this.#inBody) {
      const got = this.fillHead(this.#gap + STAMP_BYTES);
      if (got <= 0) return got < 0;
      if (!this.beginBody(this.#gap)) return false;
      this.#inBody = true;
    }
    const got = this.continueBody();
    if (got <= 0) return got < 0;
    this.arrived();
    this.#inBody = false;
    this.headLength = 0;
    return true;
  }

  /** Reads until two frames have been seen. */
  #open(): boolean {
    const { size } = this.crowd;
    const piece = new Uint8Array(Math.max(size, 4096));
    for (;;) {
      const before = this.#opening!;
      // The first picture in one piece, to be seen when it is there, and little of the second.
      const missing = before.length === 0 ? size : findFrame(before, 0) + size - before.length;
      const got = this.take(piece, missing > 0 ? missing : 4096);
      if (got <= 0) return got < 0;
      const all = new Uint8Array(before.length + got);
      all.set(before);
      all.set(piece.subarray(0, got), before.length);
      this.#opening = all;
      const first = findFrame(all, 0);
      if (first < 0) continue;
      if (before.length < first + size && all.length >= first + size) {
        this.noteFirst(nowUs());
      }
      const end = findEnd(all, first + size - 2);
      const second = end < 0 ? -1 : findFrame(all, end);
      if (second < 0) continue;
      this.wireSize = end - first;
      this.#gap = second - end;
      this.#opening = undefined;
      this.head.set(all.subarray(second));
      this.headLength = all.length - second;
      this.#inBody = true;
      return this.beginBody(0);
    }
  }
}

/** Where the frame ends before the next boundary, or -1: EOI, new line, two dashes. */
function findEnd(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    if (END.every((byte, i) => bytes[at + i] === byte)) return at + 2;
  }
  return -1;
}

/** Where a stamped frame starts, or -1. */
function findFrame(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    if (at + STAMP_BYTES > bytes.length) return -1;
    if (stampedAt(bytes, at) >= 0) return at;
  }
  return -1;
}
