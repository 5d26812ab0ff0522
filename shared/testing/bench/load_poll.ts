// A viewer that asks for the newest frame again and again over one connection.

import { nowUs } from "./libc.ts";
import { STAMP_BYTES } from "./stamp.ts";
import { LoadViewer } from "./load_viewer.ts";

/** Asks, reads the answer, and asks again when it is time. */
export class PollViewer extends LoadViewer {
  /** Answers of any kind that counted. */
  answers = 0;
  /** When to ask next (`nowUs`), or Infinity while an answer is under way. */
  dueAt = Infinity;
  #etag = "";
  #inBody = false;
  /** Where the body starts in `head`; 0 while the head is not all here. */
  #bodyAt = 0;
  #nextTick = 0;

  /** Asks now. */
  again(): void {
    const { interval, conditional } = this.crowd;
    this.#nextTick = Math.max(this.#nextTick + interval * 1000, nowUs());
    this.dueAt = Infinity;
    this.headLength = 0;
    this.ask(conditional && this.#etag ? `If-None-Match: ${this.#etag}\r\n` : "");
  }

  override start(): void {
    super.start();
    this.#nextTick = nowUs();
  }

  readable(): boolean {
    if (!this.#inBody) {
      const got = this.#bodyAt === 0 ? this.#answer() : this.#begin();
      if (got <= 0) return got < 0 && !this.broken;
      if (!this.#inBody) return true;
    }
    const got = this.continueBody();
    if (got <= 0) return got < 0;
    this.#inBody = false;
    this.arrived();
    this.#done();
    return true;
  }

  /** Reads the answer's head and goes on with its body; 1 when it is clear what comes. */
  #answer(): number {
    for (;;) {
      const got = this.take(
        this.headLength === 0 ? this.head : this.head.subarray(this.headLength),
        Math.min(1024, this.head.length - this.headLength),
      );
      if (got <= 0) return got;
      this.headLength += got;
      const text = new TextDecoder("latin1").decode(this.head.subarray(0, this.headLength));
      const end = text.indexOf("\r\n\r\n") + 4;
      if (end < 4) continue;
      const status = text.slice(9, 12);
      this.#etag = /^etag: (.*)$/im.exec(text.slice(0, end))?.[1].trim() ?? "";
      if (status === "304") {
        if (this.counting.measuring()) this.counting.tally.unchanged++;
        this.#done();
        return 1;
      }
      const length = /^content-length: (\d+)/im.exec(text.slice(0, end))?.[1];
      if (status !== "200" || Number(length) !== this.crowd.size) return this.damaged() ? 1 : 0;
      this.#bodyAt = end;
      return this.#begin();
    }
  }

  /** Waits for the frame's stamp, which may come behind the head. */
  #begin(): number {
    const got = this.fillHead(this.#bodyAt + STAMP_BYTES);
    if (got <= 0) return got;
    this.#inBody = true;
    const good = this.beginBody(this.#bodyAt);
    this.#bodyAt = 0;
    return good ? 1 : 0;
  }

  #done(): void {
    const now = nowUs();
    if (this.counting.measuring()) this.answers++;
    this.dueAt = Math.max(now, this.#nextTick);
  }
}
