// The whole edge put together from what main.ts gives it, ready to answer requests.

import { createApp } from "./app.ts";
import type { FrameBody } from "./body.ts";
import type { EdgeConfig } from "./config.ts";
import type { EdgeDeps } from "./deps.ts";
import { CostMeter } from "./cost.ts";
import { Hub } from "./hub.ts";
import { Limits } from "./limits/limits.ts";
import type { Line } from "./listener/line.ts";
import { LoopLag } from "./loop_lag.ts";
import { Metrics } from "./metrics.ts";
import { partTail, randomBoundary } from "./mjpeg.ts";
import { Neighbours } from "./neighbours.ts";
import { Imaging } from "./picture/imaging.ts";
import { NoSignal } from "./picture/no_signal.ts";
import { Renditions } from "./picture/renditions.ts";
import { ScaledFeeds } from "./picture/scaled_feed.ts";
import { logState, UNLOGGED } from "./state_log.ts";
import { StillAnswers } from "./still_answers.ts";
import { StoreWriter } from "./store_writer.ts";

/** What an edge is made from. */
export type EdgeParts =
  & Omit<
    EdgeDeps,
    "hub" | "cost" | "metrics" | "limits" | "lag" | "boundary" | "renditions" | "feeds" | "stills"
  >
  & {
    readonly config: EdgeConfig;
    /** From 0 up to 1, for boundaries. */
    readonly random: () => number;
  };

/** How a request came. */
export interface RequestInfo {
  /** Where from. */
  readonly remoteAddr: Deno.Addr;
  /** Settled when the connection's part in it is over. */
  readonly completed: Promise<void>;
  /** The connection itself, where a route may keep it. */
  readonly line?: Line;
  /** The body, where it does not come with the request. */
  readonly body?: FrameBody;
}

/** How often what is due by time alone is looked at, ms. */
const TICK_MS = 1000;

/** A running edge. */
export class Edge {
  /** Answers one request; `info` tells the client's address. */
  readonly fetch: (request: Request, info?: RequestInfo) => Response | Promise<Response>;
  readonly deps: EdgeDeps;
  readonly #writers: StoreWriter[] = [];
  readonly #neighbours: Neighbours[] = [];
  readonly #imaging: Imaging;
  readonly #noSignal: NoSignal;
  readonly #stop = new AbortController();
  #storeWell = true;

  constructor(parts: EdgeParts) {
    const { config, clock, store, log, random } = parts;
    const boundary = randomBoundary(random);
    const metrics = new Metrics();
    const failures = metrics.counter("perch_store_failures_total", "Store calls that failed.");
    const onStoreError = (action: string, error: unknown) => {
      failures.value++;
      if (!this.#storeWell) return;
      this.#storeWell = false;
      log.warn(`could not ${action}; frames go on from memory`, { error: String(error) });
    };
    const tail = new TextEncoder().encode(partTail(boundary));
    const hub = new Hub({
      ...config,
      clock,
      store,
      partTail: tail,
      onStoreError,
      onRivals: (cam) => log.warn("two programs publish as one camera", { cam }),
      onCamera: (camera) => {
        const writer = new StoreWriter(camera, { ...config, store, clock, onStoreError });
        this.#writers.push(writer);
        writer.start();
        const neighbours = new Neighbours(camera, { store, clock, partTail: tail, onStoreError });
        this.#neighbours.push(neighbours);
        neighbours.start();
        let logged = UNLOGGED;
        camera.statusChanges.onSet(({ value }) => logged = logState(log, value, logged));
      },
    });
    const limits = new Limits(config, clock, metrics);
    const lag = new LoopLag();
    metrics.gauge("perch_stall_seconds", "Longest stall of the last minute.", () => {
      return Math.max(0, lag.worst(clock.monotonic())) / 1000;
    });
    const imaging = this.#imaging = new Imaging();
    const renditions = new Renditions(imaging);
    const feeds = new ScaledFeeds(renditions, tail);
    metrics.countedBy("perch_renditions_made_total", "Pictures scaled.", () => renditions.made);
    this.#noSignal = new NoSignal({
      imaging,
      partTail: tail,
      clock,
      fallback: () => parts.readAsset("no-signal.jpg"),
    });
    const cost = new CostMeter({ clock, store, hub });
    cost.show(metrics);
    const stills = new StillAnswers(metrics, config.viewToken === undefined);
    this.deps = { ...parts, hub, metrics, cost, limits, lag, boundary, renditions, feeds, stills };
    const app = createApp(this.deps);
    this.fetch = async (request, info) => {
      const response = await app.fetch(request, info);
      cost.answered(response);
      return response;
    };
  }

  /** Takes over what is stored, then looks once a second at what is due. */
  async start(): Promise<void> {
    await this.deps.hub.refresh();
    this.#tick();
  }

  /** Ends streams and waits, and stores the last frame of each camera. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.deps.hub.close();
    await Promise.all([
      ...this.#writers.map((writer) => writer.flush()),
      ...this.#neighbours.map((neighbours) => neighbours.stop()),
      this.#imaging.idle(),
    ]);
  }

  async #tick(): Promise<void> {
    const { clock, hub, limits, lag, store, log } = this.deps;
    while (!this.#stop.signal.aborted) {
      const due = clock.monotonic() + TICK_MS;
      await clock.sleep(TICK_MS, this.#stop.signal).catch(() => {});
      if (this.#stop.signal.aborted) return;
      const now = clock.monotonic();
      if (lag.note(now - due, now)) {
        log.warn("the process did nothing for a while", { ms: Math.round(now - due) });
      }
      limits.tick();
      for (const camera of hub.cameras) {
        camera.tick();
        this.#noSignal.step(camera).catch((error) =>
          log.warn(`could not show that ${camera.cam} has no signal`, { error: String(error) })
        );
      }
      for (const writer of this.#writers) writer.step();
      for (const neighbours of this.#neighbours) neighbours.step();
      if (this.#storeWell || !store.state.answering) continue;
      this.#storeWell = true;
      log.info("the store answers again");
    }
  }
}
