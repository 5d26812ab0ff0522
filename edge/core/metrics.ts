// Counts, as Prometheus text and as what hosts bill by. Counters are plain numbers: adding to one costs
// nothing on the path of a frame; the text is made only when somebody asks.

import { z } from "zod";
import type { Hub } from "./cameras/hub.ts";
import type { Platform } from "./platform.ts";

/** A value, or one for each label, for instance `cam="garden"`. */
type Reading = number | Readonly<Record<string, number>>;

interface Family {
  readonly help: string;
  readonly type: "counter" | "gauge";
  read(): Reading;
}

export class Metrics {
  readonly #families = new Map<string, Family>();

  counter(name: string, help: string): { value: number } {
    const counter = { value: 0 };
    this.countedBy(name, help, () => counter.value);
    return counter;
  }

  countedBy(name: string, help: string, read: () => Reading): void {
    this.#families.set(name, { help, type: "counter", read });
  }

  gauge(name: string, help: string, read: () => Reading): void {
    this.#families.set(name, { help, type: "gauge", read });
  }

  /** The Prometheus text exposition format, version 0.0.4. */
  render(): string {
    let text = "";
    for (const [name, { help, type, read }] of this.#families) {
      text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
      const reading = read();
      if (typeof reading === "number") text += `${name} ${reading}\n`;
      else for (const label in reading) text += `${name}{${label}} ${reading[label]}\n`;
    }
    return text;
  }
}

const count = z.number();

/** Counts so far, and for how many ms. Bytes are those of answers, streams and sockets, without heads and TLS. */
export const costReportSchema = z.object({
  countedMs: count,
  counted: z.object({ requests: count, egressBytes: count, reads: count, writes: count }),
});
type CostReport = z.output<typeof costReportSchema>;

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
