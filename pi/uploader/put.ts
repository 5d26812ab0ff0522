// One PUT per frame. While the edge wants few frames, a long poll waits for it to want more.

import type { Clock } from "../../shared/clock.ts";
import { HEADER } from "../../shared/wire.ts";
import { within } from "../../shared/timeout.ts";
import { type EdgeClient, frameResult } from "./edge_client.ts";
import type { Transport } from "./transport.ts";

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
    watchDemandFromMs: 1000,
    watchDemandBelowMs: SLEEP_FROM_MS,
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
    awaitDemand: (interval, signal) =>
      within(
        clock,
        DEMAND_MS,
        signal,
        (timed) => client.demand(interval, DEMAND_WAIT_S, timed),
      ),
    renew: () => client.renew(),
    close: () => client.close(),
  };
}
