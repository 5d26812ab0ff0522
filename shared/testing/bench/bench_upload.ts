// Uploads over one connection with nothing between a frame and the wire: what is measured from here
// is not the time that an HTTP client takes.

import { close, connect, nowUs, readWaiting, writeAll } from "./libc.ts";

/** Where frames go. */
export interface UploadTarget {
  /** Of this machine. */
  readonly port: number;
  /** Default: `/live.jpeg`. */
  readonly path?: string;
  /** Default: none. */
  readonly token?: string;
}

/** What an upload was answered with, and ms from its first byte to the answer's last. */
export interface Uploaded {
  readonly answer: string;
  readonly ms: number;
}

/** A camera's connection. Its calls wait in the kernel. */
export class BenchUpload {
  readonly #port: number;
  /** Of every request, up to its length. */
  readonly #head: string;
  readonly #answer = new Uint8Array(16 * 1024);
  #answeredAt = 0;
  #request = new Uint8Array();
  #fd = -1;

  constructor({ port, path = "/live.jpeg", token }: UploadTarget) {
    this.#port = port;
    this.#head = `PUT ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n` +
      (token ? `Authorization: Bearer ${token}\r\n` : "") +
      "Content-Type: image/jpeg\r\nContent-Length: ";
  }

  /**
   * Sends a frame and waits for the answer.
   *
   * @throws Where the server hangs up without one.
   */
  put(frame: Uint8Array): Uploaded {
    const head = new TextEncoder().encode(`${this.#head}${frame.length}\r\n\r\n`);
    const length = head.length + frame.length;
    if (this.#request.length < length) this.#request = new Uint8Array(length);
    this.#request.set(head);
    this.#request.set(frame, head.length);
    if (this.#fd < 0) this.#fd = connect(this.#port);
    const sentAt = nowUs();
    writeAll(this.#fd, this.#request.subarray(0, length));
    const answer = this.#readAnswer();
    // Deno 2.8.3 and later close after every body (denoland/deno issue 36657): a camera connects anew.
    if (/^connection: close/im.test(answer)) this.close();
    return { answer, ms: (this.#answeredAt - sentAt) / 1000 };
  }

  /** Hangs up; the next frame goes over a new connection. */
  close(): void {
    if (this.#fd >= 0) close(this.#fd);
    this.#fd = -1;
  }

  /** One answer without a body. */
  #readAnswer(): string {
    const answer = this.#answer;
    let length = 0;
    for (;;) {
      const got = readWaiting(this.#fd, answer.subarray(length));
      this.#answeredAt = nowUs();
      if (got <= 0) throw new Error("the server hung up on the camera");
      length += got;
      const text = new TextDecoder().decode(answer.subarray(0, length));
      if (text.endsWith("\r\n\r\n") || !text.startsWith("HTTP/1.1 204")) return text;
    }
  }
}
