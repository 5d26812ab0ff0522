// What this instance costs where requests, bytes and KV units are billed, counted.

import { z } from "zod";
import type { Clock } from "../../shared/clock.ts";
import type { CameraHub } from "./cameras/camera.ts";
import type { Metrics } from "./metrics.ts";
import type { FrameStore, StoreCost } from "./store/frame_store.ts";

/** Everything that is billed somewhere, counted. */
export interface CostCounts extends StoreCost {
  readonly requests: number;
  /** Bytes of answers, streams and sockets; heads and TLS not counted. */
  readonly egressBytes: number;
}

/** Counts so far. */
export interface CostReport {
  /** Ms since the counting began. */
  readonly countedMs: number;
  readonly counted: CostCounts;
}

const countsSchema = z.object({
  reads: z.number(),
  readUnits: z.number(),
  writes: z.number(),
  writeUnits: z.number(),
  requests: z.number(),
  egressBytes: z.number(),
});

/** The shape of a `CostReport`, for the description of the interface. */
export const costReportSchema: z.ZodType<CostReport> = z.object({
  countedMs: z.number(),
  counted: countsSchema,
});

/** What the meter reads. */
export interface CostSources {
  readonly clock: Clock;
  readonly store: Pick<FrameStore, "cost">;
  readonly hub: { readonly cameras: readonly Pick<CameraHub, "sentBytes">[] };
}

/** Counts what one instance costs. */
export class CostMeter {
  readonly #sources: CostSources;
  readonly #since: number;
  #requests = 0;
  #answeredBytes = 0;

  constructor(sources: CostSources) {
    this.#sources = sources;
    this.#since = sources.clock.monotonic();
  }

  /** Counts an answer; streams and sockets are counted by their frames. */
  answered(response: Response): void {
    this.#requests++;
    this.#answeredBytes += Number(response.headers.get("content-length") ?? 0);
  }

  get counted(): CostCounts {
    const { store, hub } = this.#sources;
    const streamed = hub.cameras.reduce((sum, { sentBytes }) => sum + sentBytes, 0);
    return {
      ...store.cost,
      requests: this.#requests,
      egressBytes: this.#answeredBytes + streamed,
    };
  }

  report(): CostReport {
    const countedMs = this.#sources.clock.monotonic() - this.#since;
    return { countedMs, counted: this.counted };
  }

  /** Shows the counts among `metrics`. */
  show(metrics: Metrics): void {
    const count = (name: string, help: string, read: (counts: CostCounts) => number) =>
      metrics.countedBy(name, help, () => read(this.counted));
    count("perch_requests_total", "Requests answered.", ({ requests }) => requests);
    count("perch_egress_bytes_total", "Bytes sent.", ({ egressBytes }) => egressBytes);
    count("perch_store_reads_total", "Reads of the store.", ({ reads }) => reads);
    count("perch_store_read_units_total", "Reads in 4 KiB.", ({ readUnits }) => readUnits);
    count("perch_store_writes_total", "Writes to the store.", ({ writes }) => writes);
    count("perch_store_write_units_total", "Writes in 1 KiB.", ({ writeUnits }) => writeUnits);
  }
}
