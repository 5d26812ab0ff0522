// The camera of the bench. Each of its pictures carries the time at which it was sent, in a
// quantisation table that no component uses: every decoder takes it, and it is not metadata, so that
// the edge is measured with stripping on, as it runs by default.

import { Buffer } from "node:buffer";

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
  const at = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).indexOf(OPENING);
  return at < 0 ? at : from + at;
}

/** When the frame was sent whose stamp begins at `at`. */
export function readStamp(bytes: Uint8Array, at: number): number {
  const digits = bytes.subarray(at + OPENING.length, at + STAMP_BYTES);
  return Number(new TextDecoder().decode(digits)) / 1000;
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

/** One connection on which frames go up, as the camera agent sends them. */
export class LoadCamera {
  readonly #frame: Uint8Array<ArrayBuffer>;
  readonly #request: RequestInit & { client: Deno.HttpClient };
  readonly #url: string;

  constructor(frame: Uint8Array, url: string, token: string) {
    this.#url = `${url}/live.jpeg`;
    this.#frame = frame.slice();
    this.#request = {
      method: "PUT",
      headers: { authorization: `Bearer ${token}`, "content-type": "image/jpeg" },
      body: this.#frame,
      client: Deno.createHttpClient({ http2: false }),
    };
  }

  /** Sends a frame stamped with now. @returns Ms from its first byte to the last of the answer. */
  async put(): Promise<number> {
    const sentAt = nowMs();
    const digits = this.#frame.subarray(STAMP_AT + OPENING.length);
    new TextEncoder().encodeInto(String(Math.round(sentAt * 1000)), digits);
    const response = await fetch(this.#url, this.#request);
    const text = await response.text();
    if (response.status !== 204) throw new Error(`Send a frame: ${response.status} ${text}`);
    return nowMs() - sentAt;
  }

  /** Hangs up. */
  close(): void {
    this.#request.client.close();
  }
}
