// What hosts bill by, counted: requests, bytes to viewers, calls to the store.

import { z } from "zod";
import type { Hub } from "./cameras/hub.ts";
import type { Metrics } from "./metrics.ts";
import type { Platform } from "./platform.ts";

const count = z.number();

/** Counts so far, and for how many ms. Bytes are those of answers, streams and sockets, without heads and TLS. */
export const costReportSchema = z.object({
  countedMs: count,
  counted: z.object({ requests: count, egressBytes: count, reads: count, writes: count }),
});
type CostReport = z.output<typeof costReportSchema>;

/** Counts, from its making on. */
export type CostMeter = ReturnType<typeof costMeter>;

export function costMeter(hub: Hub, metrics: Metrics, { clock, store }: Platform) {
  const since = clock.monotonic();
  let requests = 0;
  let answeredBytes = 0;
  const show = (name: string, help: string, of: keyof CostReport["counted"]) =>
    metrics.countedBy(name, help, () => report().counted[of]);
  show("perch_requests_total", "Requests answered.", "requests");
  show("perch_egress_bytes_total", "Bytes sent.", "egressBytes");
  show("perch_store_reads_total", "Reads of the store.", "reads");
  show("perch_store_writes_total", "Writes to the store.", "writes");
  return { answered, report };

  /** Counts the answer to a request; streams and sockets are counted by their frames. */
  function answered({ method }: Request, { headers }: Response): void {
    requests++;
    if (method !== "HEAD") answeredBytes += Number(headers.get("content-length") ?? 0);
  }

  function report(): CostReport {
    const { reads, writes } = store.state;
    const streamed = hub.cameras.reduce((sum, { sentBytes }) => sum + sentBytes, 0);
    const counted = { requests, egressBytes: answeredBytes + streamed, reads, writes };
    return { countedMs: clock.monotonic() - since, counted };
  }
}
