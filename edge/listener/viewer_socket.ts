// A viewer's WebSocket on its connection itself: each frame is one write of bytes that all viewers
// share, and no message longer than an acknowledgement is ever kept.

import { Buffer } from "node:buffer";
import type { LiveFrame } from "../live_frame.ts";
import type { ViewerSocket } from "../socket_viewer.ts";
import type { Channel } from "./channel.ts";
import type { Taker, Tenant } from "./line.ts";
import { encodeFrame, MAX_MESSAGE_BYTES, OPCODE, readViewerFrame } from "./socket_frame.ts";

/** Silence after which a viewer is pinged, and after twice which it is gone, ms. */
const SILENCE_MS = 15_000;

/** How long a viewer may take to say goodbye, ms. */
const GOODBYE_MS = 5000;

const PROTOCOL_ERROR = 1002;
const MESSAGE_TOO_BIG = 1009;

const EMPTY = new Uint8Array();

/** What happens to a socket. */
export interface SocketEvents {
  open(): void;
  /** Text as a string, anything else as an ArrayBuffer or Uint8Array. */
  message(data: unknown): void;
  /** It sent what no viewer may; it is to be closed. */
  misused(code: number, reason: string): void;
  /** Called when it has ended, however it did; maybe twice. */
  close(): void;
}

/** The server's end of one WebSocket. */
export class SocketOnLine implements ViewerSocket, Tenant {
  /** Takes the connection and opens the socket on it. */
  readonly taker: Taker = (...line) => this.#open(...line);
  readonly #events: SocketEvents;
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder();
  #channel: Channel | undefined;
  #state: number = WebSocket.CONNECTING;
  /** What came of a frame that is not whole. */
  #partial: Uint8Array = EMPTY;
  /** What came of a message in several frames, and whether it is text. */
  #parts: { readonly opcode: number; readonly bytes: Uint8Array<ArrayBuffer> } | undefined;
  #heard = true;
  #quietSince: number | undefined;
  #closedAt: number | undefined;

  constructor(events: SocketEvents) {
    this.#events = events;
  }

  get readyState(): number {
    return this.#state;
  }

  send(text: string): void {
    this.#write(encodeFrame(OPCODE.text, this.#encoder.encode(text)));
  }

  sendFrame(frame: LiveFrame): void {
    if (this.#state === WebSocket.OPEN) this.#channel?.share(frame.socketFrame);
  }

  close(code: number, reason: string): void {
    if (this.#state !== WebSocket.OPEN) return;
    const said = this.#encoder.encode(reason);
    this.#goodbye(Uint8Array.of(code >> 8, code & 0xff, ...said));
  }

  tick(now: number): void {
    if (this.#state === WebSocket.CLOSING) {
      this.#closedAt ??= now;
      if (now - this.#closedAt >= GOODBYE_MS) this.#channel?.destroy();
      return;
    }
    if (this.#heard) this.#quietSince = undefined;
    this.#heard = false;
    const quiet = now - (this.#quietSince ??= now);
    if (quiet >= 2 * SILENCE_MS) this.#channel?.destroy();
    else if (quiet >= SILENCE_MS) this.#write(encodeFrame(OPCODE.ping, EMPTY));
  }

  gone(): void {
    this.#state = WebSocket.CLOSED;
    this.#events.close();
  }

  #open(...[channel, rest]: Parameters<Taker>): this {
    this.#channel = channel;
    this.#state = WebSocket.OPEN;
    channel.onData = (chunk) => this.#read(chunk);
    this.#events.open();
    if (rest.length > 0) this.#read(rest);
    return this;
  }

  #write(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#state === WebSocket.OPEN) this.#channel?.write(bytes);
  }

  #goodbye(payload: Uint8Array): void {
    this.#write(encodeFrame(OPCODE.close, payload));
    this.#state = WebSocket.CLOSING;
    this.#channel?.end();
  }

  #read(chunk: Uint8Array): void {
    this.#heard = true;
    let bytes = this.#partial.length > 0 ? Buffer.concat([this.#partial, chunk]) : chunk;
    while (this.#state === WebSocket.OPEN) {
      const frame = readViewerFrame(bytes);
      if (frame === "broken") return this.#misused(PROTOCOL_ERROR);
      if (frame === "large") return this.#misused(MESSAGE_TOO_BIG);
      if (frame === "partial") break;
      bytes = frame.bytes === bytes.length ? EMPTY : bytes.subarray(frame.bytes);
      this.#take(frame.opcode, frame.final, frame.payload);
    }
    // A copy, which a Buffer's own `slice` is not: the chunk is somebody else's next.
    this.#partial = bytes.length > 0 ? new Uint8Array(bytes) : EMPTY;
  }

  #misused(code: number): void {
    this.#events.misused(code, "Send acknowledgements only");
  }

  #take(opcode: number, final: boolean, payload: Uint8Array<ArrayBuffer>): void {
    if (opcode === OPCODE.ping) return this.#write(encodeFrame(OPCODE.pong, payload));
    if (opcode === OPCODE.pong) return;
    if (opcode === OPCODE.close) return this.#goodbye(payload.subarray(0, 2));
    const parts = this.#parts;
    if ((opcode === OPCODE.more) !== (parts !== undefined)) {
      return this.#misused(PROTOCOL_ERROR);
    }
    const bytes = parts ? joined(parts.bytes, payload) : payload;
    if (bytes.length > MAX_MESSAGE_BYTES) {
      return this.#misused(MESSAGE_TOO_BIG);
    }
    const kind = parts?.opcode ?? opcode;
    this.#parts = final ? undefined : { opcode: kind, bytes };
    if (!final) return;
    this.#events.message(kind === OPCODE.text ? this.#decoder.decode(bytes) : bytes);
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}
