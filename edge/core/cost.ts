// What hosts bill by, counted: requests, bytes to viewers, calls to the store.

import { z } from "zod";
import type { Clock } from "../../shared/clock.ts";
import type { Hub } from "./cameras/hub.ts";
import type { Metrics } from "./metrics.ts";
import type { FrameStore } from "./store/frame_store.ts";

/** Counts so far. */
export interface CostReport {
  /** Ms since the counting began. */
  readonly countedMs: number;
  readonly counted: {
    readonly requests: number;
    /** Bytes of answers, streams and sockets; heads and TLS not counted. */
    readonly egressBytes: number;
    readonly reads: number;
    readonly writes: number;
  };
}

const count = z.number();

/** The shape of a `CostReport`, for the description of the interface. */
export const costReportSchema: z.ZodType<CostReport> = z.object({
  countedMs: count,
  counted: z.object({ requests: count, egressBytes: count, reads: count, writes: count }),
});

/** Counts, from its making on. */
export class CostMeter {
  readonly #sources: { readonly clock: Clock; readonly store: FrameStore; readonly hub: Hub };
  readonly #since: number;
  #requests = 0;
  #answeredBytes = 0;

  constructor(sources: { clock: Clock; store: FrameStore; hub: Hub; metrics: Metrics }) {
    this.#sources = sources;
    this.#since = sources.clock.monotonic();
    const show = (name: string, help: string, of: keyof CostReport["counted"]) =>
      sources.metrics.countedBy(name, help, () => this.report().counted[of]);
    show("perch_requests_total", "Requests answered.", "requests");
    show("perch_egress_bytes_total", "Bytes sent.", "egressBytes");
    show("perch_store_reads_total", "Reads of the store.", "reads");
    show("perch_store_writes_total", "Writes to the store.", "writes");
  }

  /** Counts the answer to a request; streams and sockets are counted by their frames. */
  answered({ method }: Request, response: Response): void {
    this.#requests++;
    if (method !== "HEAD") {
      this.#answeredBytes += Number(response.headers.get("content-length") ?? 0);
    }
  }

  report(): CostReport {
    const { clock, store, hub } = this.#sources;
    const { reads, writes } = store.state;
    const streamed = hub.cameras.reduce((sum, { sentBytes }) => sum + sentBytes, 0);
    const egressBytes = this.#answeredBytes + streamed;
    return {
      countedMs: clock.monotonic() - this.#since,
      counted: { requests: this.#requests, egressBytes, reads, writes },
    };
  }
}
