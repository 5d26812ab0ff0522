// A viewer that asks for the newest frame again and again over one connection.

import { nowUs } from "./libc.ts";
import { LoadViewer } from "./load_viewer.ts";

/** Asks, reads the answer, and asks again when it is time. */
export class PollViewer extends LoadViewer {
  /** Answers of any kind that counted. */
  answers = 0;
  /** When to ask next (`nowUs`), or Infinity while an answer is under way. */
  dueAt = Infinity;
  #etag = "";
  #inBody = false;

  /** Asks now. */
  again(): void {
    const { interval, conditional } = this.crowd;
    this.#nextTick = Math.max(this.#nextTick + interval * 1000, nowUs());
    this.dueAt = Infinity;
    this.headLength = 0;
    this.ask(conditional && this.#etag ? `If-None-Match: ${this.#etag}\r\n` : "");
  }

  #nextTick = 0;

  override start(): void {
    super.start();
    this.#nextTick = nowUs();
  }

  readable(): boolean {
    if (!this.#inBody) {
      const got = this.#answer();
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

  /** Reads the answer's head; 1 when it is all here. */
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
      // Where the frame's stamp did not come along, it comes now: a frame is never that short.
      if (this.headLength < end + 100) {
        const more = this.fillHead(end + 100);
        if (more <= 0) return this.damaged() ? 1 : 0;
      }
      this.#inBody = true;
      return this.beginBody(end) ? 1 : 0;
    }
  }

  #done(): void {
    if (this.counting.measuring()) this.answers++;
    this.dueAt = this.crowd.interval === 0 ? nowUs() : this.#nextTick;
    if (this.#nextTick < nowUs() && this.crowd.interval > 0) this.dueAt = nowUs();
  }
}
