// What hosts bill by, counted: requests, bytes to viewers, calls to the store.

import { z } from "zod";
import type { EdgeDeps } from "./edge.ts";

const count = z.number();

/** Counts so far, and for how many ms. Bytes are those of answers, streams and sockets, without heads and TLS. */
export const costReportSchema = z.object({
  countedMs: count,
  counted: z.object({ requests: count, egressBytes: count, reads: count, writes: count }),
});
type CostReport = z.output<typeof costReportSchema>;

/** Counts, from its making on. */
export class CostMeter {
  readonly #sources: Pick<EdgeDeps, "clock" | "store" | "hub">;
  readonly #since: number;
  #requests = 0;
  #answeredBytes = 0;

  constructor(sources: Pick<EdgeDeps, "clock" | "store" | "hub" | "metrics">) {
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
