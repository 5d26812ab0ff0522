// The camera of the bench. Each of its pictures carries the time at which it was sent, in a
// quantisation table that no component uses: every decoder takes it, and it is not metadata, so that
// the edge is measured with stripping on, as it runs by default.

const DIGITS = 16;
/** What stands before the digits in a frame, from its second byte pair on: DQT, its length, table 3. */
const OPENING = Uint8Array.of(0xff, 0xdb, 0, 67, 3, ...new TextEncoder().encode("PRCH"));

/** Bytes of a frame before its stamp, and those that must be there to read it. */
export const STAMP_AT = 2;
export const STAMP_BYTES: number = OPENING.length + DIGITS;

/** Unix ms with a fraction, the same in all processes of this machine. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

/** Where a stamp begins in `bytes` from `from` on, before `to`; -1 where there is none. */
export function findStamp(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at + OPENING.length <= to; at++) {
    let same = 0;
    while (same < OPENING.length && bytes[at + same] === OPENING[same]) same++;
    if (same === OPENING.length) return at;
  }
  return -1;
}

/** When the frame was sent whose stamp begins at `at`. */
export function readStamp(bytes: Uint8Array, at: number): number {
  let us = 0;
  const first = at + OPENING.length;
  for (let i = first; i < first + DIGITS; i++) us = us * 10 + bytes[i] - 48;
  return us / 1000;
}

/** `jpeg` with room for a stamp behind SOI. */
export function stampable(jpeg: Uint8Array): Uint8Array<ArrayBuffer> {
  // A zero byte has no place in a quantisation table, hence digits, and ones behind them.
  const frame = new Uint8Array(jpeg.length + 69).fill(1);
  frame.set(jpeg.subarray(0, STAMP_AT));
  frame.set(OPENING, STAMP_AT);
  frame.set(jpeg.subarray(STAMP_AT), STAMP_AT + 69);
  return frame;
}

/** One connection on which frames go up, with nothing between a frame and the wire. */
export class LoadCamera {
  readonly #request: Uint8Array<ArrayBuffer>;
  readonly #digits: Uint8Array;
  readonly #port: number;
  readonly #answer = new Uint8Array(4096);
  #connection: Deno.TcpConn | undefined;
  #sent: Promise<unknown> = Promise.resolve();

  constructor(frame: Uint8Array, port: number, token: string) {
    this.#port = port;
    const head = new TextEncoder().encode(
      `PUT /live.jpeg HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n` +
        `Content-Type: image/jpeg\r\nContent-Length: ${frame.length}\r\n\r\n`,
    );
    this.#request = new Uint8Array(head.length + frame.length);
    this.#request.set(head);
    this.#request.set(frame, head.length);
    const first = head.length + STAMP_AT + OPENING.length;
    this.#digits = this.#request.subarray(first, first + DIGITS);
  }

  /**
   * Sends a frame stamped with now, when the one before has its answer.
   *
   * @returns Ms from its first byte to the last of the answer.
   */
  put(): Promise<number> {
    const put = this.#sent.then(() => this.#put());
    this.#sent = put;
    return put;
  }

  /** Hangs up. */
  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  async #put(): Promise<number> {
    const [hostname, port] = ["127.0.0.1", this.#port];
    const connection = this.#connection ??= await Deno.connect({ hostname, port });
    const sentAt = nowMs();
    new TextEncoder().encodeInto(String(Math.round(sentAt * 1000)), this.#digits);
    for (let sent = 0; sent < this.#request.length;) {
      sent += await connection.write(this.#request.subarray(sent));
    }
    const got = await connection.read(this.#answer) ?? 0;
    const ms = nowMs() - sentAt;
    const answer = new TextDecoder().decode(this.#answer.subarray(0, got));
    if (!answer.startsWith("HTTP/1.1 204") || !answer.endsWith("\r\n\r\n")) {
      throw new Error(`Send a frame: the answer is ${JSON.stringify(answer)}, wanted a whole 204.`);
    }
    if (/^connection: close/im.test(answer)) this.close();
    return ms;
  }
}
