// A request per picture, until the edge says that on its host messages are the cheaper ones: then one
// WebSocket, unless something on the way lets none pass.

import type { Clock } from "../../shared/clock.ts";
import type { EdgeClient } from "./edge_client.ts";
import { createPutTransport } from "./put.ts";
import type { Transport, UploadResult } from "./transport.ts";
import { createWsTransport, NO_SOCKET } from "./ws.ts";

export function createAutoTransport(client: EdgeClient, clock: Clock): Transport {
  const put = createPutTransport(client, clock);
  const ws = createWsTransport(client, clock);
  let passes = true;
  const current = () => client.prefersSocket && passes ? ws : put;

  /** What a call brings. Where the edge answers but no socket opens it goes on by requests. */
  async function heeded(
    transport: Transport,
    result: Promise<UploadResult>,
  ): Promise<UploadResult> {
    const settled = await result;
    const isNoSocket = settled.kind === "busy" && settled.status === NO_SOCKET;
    if (transport === ws && isNoSocket) passes = false;
    return settled;
  }

  return {
    get watchDemandFromMs() {
      return current().watchDemandFromMs;
    },
    get watchDemandBelowMs() {
      return current().watchDemandBelowMs;
    },
    send(frame, signal) {
      const transport = current();
      return heeded(transport, transport.send(frame, signal));
    },
    probe(signal) {
      const transport = current();
      return heeded(transport, transport.probe(signal));
    },
    async awaitDemand(interval, signal) {
      if (current() === put) return await put.awaitDemand(interval, signal);
      // The next picture may be long in coming: demand is heard of from now on.
      const open = await heeded(ws, ws.probe(signal));
      const isNews = open.kind !== "accepted" || open.demand?.interval !== interval;
      return isNews ? open : await ws.awaitDemand(interval, signal);
    },
    renew: () => current().renew(),
    // The other one's client is the same.
    close: () => ws.close(),
  };
}
