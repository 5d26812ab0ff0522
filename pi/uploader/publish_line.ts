// One open WebSocket to the edge: a frame up, its acknowledgement and the demand down.

import type { Clock } from "../../shared/clock.ts";
import { Latest } from "../../shared/latest.ts";
import { type Demand, publishDownSchema } from "../../shared/wire.ts";
import { FRAME_HEADER_BYTES, writeFrameHeader } from "../../shared/wire_frame.ts";
import type { CapturedFrame } from "../capture.ts";
import { badVerdict, demandWithin } from "./answer.ts";
import type { Verdict } from "./transport.ts";

/** An open socket. At most one frame is under way on it. */
export class PublishLine {
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #demand = new Latest<Demand>();
  #pending: { n: number; settle(verdict: Verdict): void } | undefined;
  #closed: string | undefined;

  /** @param socket Open already. */
  constructor(socket: WebSocket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    socket.onmessage = ({ data }) => this.#heard(data);
    socket.onclose = ({ code, reason }) =>
      this.#end(`the edge closed the socket: ${code} ${reason}`);
    // An error is always followed by close; unheard it would be thrown.
    socket.onerror = () => {};
  }

  /** Why it is no longer open; undefined while it is. */
  get closed(): string | undefined {
    return this.#closed;
  }

  /** Sends a frame and waits for the edge's word. When aborted, the line is of no more use. */
  async send(frame: CapturedFrame, signal: AbortSignal): Promise<Verdict> {
    const message = new Uint8Array(FRAME_HEADER_BYTES + frame.jpeg.length);
    const capturedAt = Math.floor(frame.capturedAt);
    const sentAt = capturedAt + Math.round(this.#clock.monotonic() - frame.takenAt);
    writeFrameHeader(message, { camera: 0, version: frame.n, capturedAt, receivedAt: sentAt });
    message.set(frame.jpeg, FRAME_HEADER_BYTES);
    const { promise, resolve } = Promise.withResolvers<Verdict>();
    if (this.#closed) return { kind: "failed", detail: this.#closed };
    const onAbort = () => this.close(String(signal.reason?.message ?? signal.reason));
    signal.addEventListener("abort", onAbort, { once: true });
    this.#pending = { n: frame.n, settle: resolve };
    this.#socket.send(message);
    if (signal.aborted) onAbort();
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Waits for the first demand other than `interval`, in ms, or for the end of the line. */
  async demand(interval: number | undefined, signal: AbortSignal): Promise<Verdict> {
    try {
      let { seq, value } = await this.#demand.next(0, signal);
      while (value.interval === interval) ({ seq, value } = await this.#demand.next(seq, signal));
      return { kind: "accepted", demand: value };
    } catch {
      return { kind: "failed", detail: this.#closed ?? "stopped" };
    }
  }

  /** Closes it; what is under way fails with `why`. */
  close(why: string): void {
    this.#end(why);
    this.#socket.close();
  }

  #heard(data: unknown): void {
    const parsed = typeof data === "string"
      ? publishDownSchema.safeParse(parseJson(data))
      : undefined;
    // Words of a newer edge: what this one does not know, it does not need.
    if (!parsed?.success) return;
    const { data: message } = parsed;
    if (message.type === "demand") {
      const { interval, viewers } = message;
      return this.#demand.set(demandWithin({ interval, viewers }));
    }
    if (message.seq !== this.#pending?.n) return;
    if (message.type === "ack") {
      return this.#settle({ kind: "accepted", demand: this.#demand.value });
    }
    const { status, detail } = message;
    this.#settle(badVerdict({ status, headers: new Headers(), text: JSON.stringify({ detail }) }));
  }

  #settle(verdict: Verdict): void {
    this.#pending?.settle(verdict);
    this.#pending = undefined;
  }

  #end(why: string): void {
    this.#closed ??= why;
    this.#settle({ kind: "failed", detail: this.#closed });
    this.#demand.close();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
