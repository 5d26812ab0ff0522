// A viewer of a multipart stream. What stands between two frames (boundary, head, the marks of
// chunked transfer) has one length, which is learned between the first two.

import { STAMP_BYTES, stampedAt } from "./stamp.ts";
import { nowUs } from "./libc.ts";
import { LoadViewer } from "./load_viewer.ts";

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
    const piece = new Uint8Array(4096);
    for (;;) {
      const got = this.take(piece, piece.length);
      if (got <= 0) return got < 0;
      const before = this.#opening!;
      const all = new Uint8Array(before.length + got);
      all.set(before);
      all.set(piece.subarray(0, got), before.length);
      this.#opening = all;
      const first = findFrame(all, 0);
      if (first < 0) continue;
      if (before.length < first + size && all.length >= first + size) {
        this.noteFirst(nowUs());
      }
      const second = findFrame(all, first + size);
      if (second < 0) continue;
      this.#gap = second - first - size;
      this.#opening = undefined;
      this.head.set(all.subarray(second));
      this.headLength = all.length - second;
      this.#inBody = true;
      return this.beginBody(0);
    }
  }
}

/** Where a stamped frame starts, or -1. */
function findFrame(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    if (at + STAMP_BYTES > bytes.length) return -1;
    if (stampedAt(bytes, at) >= 0) return at;
  }
  return -1;
}
