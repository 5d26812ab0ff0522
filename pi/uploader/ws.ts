// One WebSocket for all frames: the edge tells its demand unasked, and a frame costs no handshake.

import type { Clock } from "../../shared/clock.ts";
import { Latest } from "../../shared/latest.ts";
import { untilAborted, within } from "../../shared/timeout.ts";
import { camPath, type Demand, publishDownSchema } from "../../shared/wire.ts";
import { FRAME_HEADER_BYTES, writeFrameHeader } from "../../shared/wire_frame.ts";
import type { CapturedFrame } from "../capture.ts";
import { demandWithin, type EdgeClient, errorResult, parseJson } from "./edge_client.ts";
import type { Transport, UploadResult } from "./transport.ts";

/** The status that stands for a socket that does not open although the edge answers. */
export const NO_SOCKET = 426;

/** Ms between tries where the edge answers but the socket does not open. */
const NO_SOCKET_MS = 10_000;

/** The types of the browser, which the page needs, hide that Deno's sockets take headers. */
const DenoWebSocket = WebSocket as unknown as new (
  url: string,
  options: { readonly headers: Readonly<Record<string, string>> },
) => WebSocket;

/**
 * Ms without a word after which demand is asked for by a plain request: a socket whose connection a
 * router has forgotten looks just like an edge that has nothing to say.
 */
const QUIET_MS = 45_000;

export function createWsTransport(client: EdgeClient, clock: Clock): Transport {
  const connections = new Latest<PublishConnection>();
  const current = () => connections.value?.closed === undefined ? connections.value : undefined;

  /** Uses the open connection, or a new one. */
  async function on(
    signal: AbortSignal,
    use: (connection: PublishConnection) => Promise<UploadResult>,
  ): Promise<UploadResult> {
    if (!current()) {
      // No call lies between a socket and its listeners: what it hears meanwhile would be lost.
      let opened = await openSocket(client, signal);
      if (!(opened instanceof WebSocket) && !signal.aborted) {
        // It says nothing about why: a plain request does.
        const result = await client.demand(0, 0, signal);
        if (result.kind !== "accepted") return result;
        // Without a second look an edge that came back between the two passes for one without sockets.
        opened = await openSocket(client, signal);
      }
      if (!(opened instanceof WebSocket)) {
        return signal.aborted ? { kind: "failed", detail: opened.error } : noSocket(opened.error);
      }
      // Another call may have been faster.
      if (current()) opened.close();
      else connections.set(new PublishConnection(opened, clock));
    }
    return await use(current()!);
  }

  return {
    asksFrom: () => true,
    send: (frame, signal) => on(signal, (connection) => connection.send(frame, signal)),
    probe: (signal) => on(signal, (connection) => connection.demand(undefined, signal)),
    async awaitDemand(interval, signal) {
      const connection = current() ?? (await connections.next(connections.seq, signal)).value;
      const quiet: UploadResult = { kind: "accepted" };
      const told = await within(
        clock,
        QUIET_MS,
        signal,
        (timed) =>
          connection.demand(interval, timed).then((result) => timed.aborted ? quiet : result),
      );
      return told === quiet && !signal.aborted ? await client.demand(interval, 0, signal) : told;
    },
    renew() {
      connections.value?.close("the connection was given up");
      client.renew();
    },
    close() {
      connections.value?.close("stopped");
      client.close();
    },
  };
}

function openSocket(
  { address, authorization }: EdgeClient,
  signal: AbortSignal,
): Promise<WebSocket | { error: string }> {
  const { url, cam, session } = address;
  const target = `${url.replace(/^http/, "ws")}${camPath(cam, "publish")}?session=${session}`;
  const socket = new DenoWebSocket(target, { headers: { authorization } });
  return new Promise((resolve) => {
    socket.onopen = () => resolve(socket);
    socket.onerror = (event) =>
      resolve({ error: event instanceof ErrorEvent ? event.message : "it did not open" });
    untilAborted(signal).then(() => {
      if (socket.readyState === WebSocket.CONNECTING) socket.close();
      resolve({ error: "No answer in time" });
    });
  });
}

function noSocket(error: string): UploadResult {
  const detail = `the edge answers, but its socket does not open (${error}): does a proxy on the ` +
    "way pass WebSockets? PERCH_TRANSPORT=put needs none";
  return { kind: "busy", status: NO_SOCKET, detail, retryMs: NO_SOCKET_MS };
}

/** An open socket. At most one frame is under way on it. */
class PublishConnection {
  /** Why it is no longer open; undefined while it is. */
  closed: string | undefined;
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #demand = new Latest<Demand>();
  #pending: { n: number; settle(result: UploadResult): void } | undefined;

  constructor(socket: WebSocket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    socket.onmessage = ({ data }) => this.#heard(data);
    socket.onclose = ({ code, reason }) =>
      this.#end(`the edge closed the socket: ${code} ${reason}`);
    // An error is always followed by close; unheard it would be thrown.
    socket.onerror = () => {};
  }

  /** Sends a frame and waits for the edge's word. When aborted, the connection is of no more use. */
  async send(frame: CapturedFrame, signal: AbortSignal): Promise<UploadResult> {
    const message = new Uint8Array(FRAME_HEADER_BYTES + frame.jpeg.length);
    const capturedAt = Math.floor(frame.capturedAt);
    const sentAt = capturedAt + Math.round(this.#clock.monotonic() - frame.takenAt);
    writeFrameHeader(message, { camera: 0, version: frame.n, capturedAt, receivedAt: sentAt });
    message.set(frame.jpeg, FRAME_HEADER_BYTES);
    const { promise, resolve } = Promise.withResolvers<UploadResult>();
    if (this.closed) return { kind: "failed", detail: this.closed };
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

  /** Waits for the first demand other than `interval`, in ms, or for the end of the connection. */
  async demand(interval: number | undefined, signal: AbortSignal): Promise<UploadResult> {
    try {
      let { seq, value } = await this.#demand.next(0, signal);
      while (value.interval === interval) ({ seq, value } = await this.#demand.next(seq, signal));
      return { kind: "accepted", demand: value };
    } catch {
      return { kind: "failed", detail: this.closed ?? "stopped" };
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
    this.#settle(errorResult({ status, headers: new Headers(), text: JSON.stringify({ detail }) }));
  }

  #settle(result: UploadResult): void {
    this.#pending?.settle(result);
    this.#pending = undefined;
  }

  #end(why: string): void {
    this.closed ??= why;
    this.#settle({ kind: "failed", detail: this.closed });
    this.#demand.close();
  }
}
