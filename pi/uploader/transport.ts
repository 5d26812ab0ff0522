// How frames reach the edge, and what the edge may say to one. A PUT per frame, with a long poll that
// waits for the edge to want more, until the edge says that on its host messages are the cheaper ones:
// then one WebSocket, unless something on the way lets none pass. Expected outcomes are values.

import type { Clock } from "../../shared/clock.ts";
import { within } from "../../shared/timeout.ts";
import { type Demand, HEADER } from "../../shared/wire.ts";
import type { CapturedFrame } from "../capture.ts";
import { type EdgeClient, frameResult } from "./edge_client.ts";
import { createWsTransport, NO_SOCKET } from "./ws.ts";

/** What became of a frame, a probe or a question for demand. */
export type UploadResult =
  /** The edge has it. Some transports tell the demand of the edge along with it. */
  | { readonly kind: "accepted"; readonly demand?: Demand }
  /** The edge does not want this frame; the next may do. */
  | { readonly kind: "skipped"; readonly status: number; readonly detail: string }
  /** The edge wants nothing of this camera until a person changes something. */
  | { readonly kind: "refused"; readonly status: number; readonly detail: string }
  /** The edge answers, but cannot take it now. */
  | {
    readonly kind: "busy";
    readonly status: number;
    readonly detail: string;
    readonly retryMs: number;
  }
  | { readonly kind: "failed"; readonly detail: string };

/** A way for frames to the edge. Every call ends when its signal aborts, and none retries. */
export interface Transport {
  /** Whether demand must be asked for while it is `interval`, in ms: otherwise `send` tells it. */
  asksFrom(interval: number): boolean;
  send(frame: CapturedFrame, signal: AbortSignal): Promise<UploadResult>;
  /** Finds out, with as few bytes as possible, whether the edge would take a frame. */
  probe(signal: AbortSignal): Promise<UploadResult>;
  /** Waits for another demand than `interval`, in ms. May come back without news. */
  awaitDemand(interval: number, signal: AbortSignal): Promise<UploadResult>;
  /** Forgets open connections: after a failure none can be trusted. */
  renew(): void;
  close(): void;
}

/** Seconds a question for demand may wait: below a minute, after which many proxies give up. */
const DEMAND_WAIT_S = 45;

/** Ms after which an unanswered question for demand counts as lost. */
const DEMAND_MS = 55_000;

/**
 * From this interval on, ms, nothing is asked between two frames: a platform can then put the edge to
 * sleep, which a question held open would keep awake, and billed.
 */
const SLEEP_FROM_MS = 300_000;

export function createPutTransport(client: EdgeClient, clock: Clock): Transport {
  const { session } = client.address;
  let last: string | undefined;
  return {
    asksFrom: (interval) => interval >= 1000 && interval < SLEEP_FROM_MS,
    send(frame, signal) {
      const headers = {
        "content-type": "image/jpeg",
        [HEADER.captured]: String(Math.floor(frame.capturedAt)),
        [HEADER.age]: String(Math.round(clock.monotonic() - frame.takenAt)),
        [HEADER.seq]: `${session}:${frame.n}`,
        ...(last === undefined ? {} : { [HEADER.last]: last }),
      };
      const request = { method: "PUT", headers, body: frame.jpeg, signal };
      return client.ask("live.jpeg", request, (answer) => {
        // A stranger's tag, as of a Wi-Fi's sign-in page, would spoil every picture from then on.
        if (answer.status === 204) last = answer.headers.get("etag") ?? last;
        else if (answer.status === 400) last = undefined;
        return frameResult(answer);
      });
    },
    probe: (signal) => client.demand(0, 0, signal),
    awaitDemand(interval, signal) {
      return within(clock, DEMAND_MS, signal, (t) => client.demand(interval, DEMAND_WAIT_S, t));
    },
    renew: () => client.renew(),
    close: () => client.close(),
  };
}

export function createAutoTransport(client: EdgeClient, clock: Clock): Transport {
  const put = createPutTransport(client, clock);
  const ws = createWsTransport(client, clock);
  let passes = true;
  const current = () => client.prefersSocket && passes ? ws : put;

  /** Where the edge answers but no socket opens it goes on by requests. */
  async function by(
    transport: Transport,
    call: (transport: Transport) => Promise<UploadResult>,
  ): Promise<UploadResult> {
    const result = await call(transport);
    if (transport === ws && result.kind === "busy" && result.status === NO_SOCKET) passes = false;
    return result;
  }

  return {
    asksFrom: (interval) => current().asksFrom(interval),
    send: (frame, signal) => by(current(), (transport) => transport.send(frame, signal)),
    probe: (signal) => by(current(), (transport) => transport.probe(signal)),
    async awaitDemand(interval, signal) {
      if (current() === put) return await put.awaitDemand(interval, signal);
      // The next picture may be long in coming: demand is heard of from now on.
      const open = await by(ws, () => ws.probe(signal));
      const isNews = open.kind !== "accepted" || open.demand?.interval !== interval;
      return isNews ? open : await ws.awaitDemand(interval, signal);
    },
    renew: () => current().renew(),
    // The other one's client is the same.
    close: () => ws.close(),
  };
}
