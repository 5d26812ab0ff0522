// A viewer on a WebSocket: each binary message is a frame behind a header; of text only how often the
// edge wants to hear of frames is read.

import type { ViewerMessage } from "../../viewer_messages.ts";
import { ACK_BYTES, encodeAck, readFrameHeader } from "../../wire_frame.ts";
import { STAMP_BYTES } from "./stamp.ts";
import { peek, write } from "./libc.ts";
import { LoadViewer } from "./load_viewer.ts";

const UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
  "Sec-WebSocket-Key: cGVyY2gtYmVuY2gtdmlldw==\r\n";
const [CONTINUATION, TEXT, BINARY, CLOSE, PING] = [0, 1, 2, 8, 9];
const MASKED = 0x80;

/** As the page says it: any number of frames with one acknowledgement, if asked to. */
const AT_ONCE = 255;

/** Reads frames message by message. */
export class SocketLoadViewer extends LoadViewer {
  #upgraded = false;
  #inBody = false;
  /** Bytes of a message without a frame that are still to come. */
  #passOver = 0;
  /** Messages of one header each: an acknowledgement and a pong, with a mask of zeros. */
  readonly #ack = Uint8Array.of(0x82, MASKED | ACK_BYTES, 0, 0, 0, 0, ...new Uint8Array(ACK_BYTES));
  /** Frames to an acknowledgement, and those not acknowledged yet. */
  #every = 1;
  #owed = 0;

  protected override ask(): void {
    super.ask(UPGRADE);
  }

  readable(): boolean {
    if (!this.#upgraded && !this.#upgrade()) return !this.broken;
    for (;;) {
      if (this.#passOver > 0) {
        const got = this.take(undefined, this.#passOver);
        if (got <= 0) return got < 0;
        this.#passOver -= got;
        continue;
      }
      if (!this.#inBody) {
        const got = this.#message();
        if (got <= 0) return got < 0 && !this.broken;
        continue;
      }
      const got = this.continueBody();
      if (got <= 0) return got < 0;
      this.#inBody = false;
      this.headLength = 0;
      this.arrived();
      if (this.crowd.acknowledge) {
        this.#owed++;
        this.#acknowledge();
      }
      return true;
    }
  }

  #told(message: ViewerMessage): void {
    if (message.type !== "acks") return;
    this.#every = message.every;
    if (this.#owed > 0) this.#acknowledge();
  }

  #acknowledge(): void {
    if (this.#owed < this.#every) return;
    this.#owed = 0;
    write(this.fd, this.#ack);
  }

  /** Reads the answer to the request, and no byte of the message behind it. */
  #upgrade(): boolean {
    const { head } = this;
    const here = peek(this.fd, head);
    const end = new TextDecoder("latin1").decode(head.subarray(0, Math.max(0, here)))
      .indexOf("\r\n\r\n");
    if (end < 0 || this.fillHead(end + 4) <= 0) return false;
    this.headLength = 0;
    this.#upgraded = true;
    const status = new TextDecoder().decode(head.subarray(9, 12));
    return status === "101" || this.damaged();
  }

  /** Reads what stands before a message's content; 1 when that is clear. */
  #message(): number {
    if (this.headLength < 2) {
      const got = this.fillHead(2);
      if (got <= 0) return got;
    }
    const { head, crowd } = this;
    const opcode = head[0] & 15;
    const short = head[1] & 127;
    const prefix = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (opcode === CLOSE || opcode === CONTINUATION) return this.damaged() ? 1 : 0;
    const got = this.fillHead(prefix + (opcode === BINARY ? crowd.skip + STAMP_BYTES : 0));
    if (got <= 0) return got;
    const view = new DataView(head.buffer);
    const length = short < 126 ? short : short === 126 ? view.getUint16(2) : view.getUint32(6);
    if (opcode === TEXT && short < 126) {
      const got = this.fillHead(prefix + length);
      if (got <= 0) return got;
      this.#told(JSON.parse(new TextDecoder().decode(head.subarray(prefix, prefix + length))));
      this.headLength = 0;
      return 1;
    }
    if (opcode !== BINARY) {
      // A ping's content is empty here.
      if (opcode === PING) write(this.fd, Uint8Array.of(0x8a, MASKED, 0, 0, 0, 0));
      this.#passOver = length;
      this.headLength = 0;
      return 1;
    }
    if (length !== crowd.skip + crowd.size) return this.damaged() ? 1 : 0;
    if (crowd.acknowledge) {
      const header = readFrameHeader(head.subarray(prefix));
      if (!header) return this.damaged() ? 1 : 0;
      this.#ack.set(encodeAck(header, AT_ONCE), 6);
    }
    this.#inBody = true;
    return this.beginBody(prefix + crowd.skip) ? 1 : 0;
  }
}
