// The whole edge put together from its settings and what its platform gives.

import { createFetch, type Fetch } from "./app.ts";
import type { CameraHub } from "./cameras/camera.ts";
import type { EdgeConfig } from "./config.ts";
import { FanOut } from "./viewers/fan_out.ts";
import { Hub } from "./cameras/hub.ts";
import { Bodies } from "./ingest/bodies.ts";
import { type Limits, limitsOf } from "./limits/limits.ts";
import { LoopLag } from "./routes/health.ts";
import { type CostMeter, costMeter, Metrics } from "./metrics.ts";
import { Multipart } from "./viewers/mjpeg.ts";
import { type Peers, peersOf } from "./peers/peers.ts";
import { noSignal } from "./pictures/no_signal.ts";
import {
  type Renditions,
  renditionsBy,
  type ScaledFeeds,
  scaledFeeds,
} from "./pictures/renditions.ts";
import { dayRows, type Rows } from "./pictures/rows.ts";
import type { Platform } from "./platform.ts";
import { type LoggedState, logState } from "./cameras/state.ts";
import { type StoreWriter, storeWriter } from "./store/writer.ts";

/** What the routes work with: the platform, and what the edge is put together from. */
export interface EdgeDeps extends Platform {
  readonly config: EdgeConfig;
  readonly hub: Hub;
  readonly fanOut: FanOut;
  readonly bodies: Bodies;
  readonly metrics: Metrics;
  readonly cost: CostMeter;
  readonly limits: Limits;
  readonly lag: LoopLag;
  readonly renditions: Renditions;
  readonly rows: Rows;
  readonly feeds: ScaledFeeds;
  /** Forgets a camera here and in the store, which the other instances learn it from. */
  forget(cam: string): Promise<void>;
  readonly parts: Multipart;
}

export class Edge {
  readonly fetch: Fetch;
  readonly deps: EdgeDeps;
  /** What works on each camera. */
  readonly #stations = new Map<CameraHub, { writer: StoreWriter; peers?: Peers }>();
  readonly #noSignal: (camera: CameraHub) => Promise<void>;
  #storeWell = true;
  /** Settled when nothing works on the camera that was forgotten last. */
  #leaving: Promise<unknown> = Promise.resolve();

  constructor(config: EdgeConfig, platform: Platform) {
    const { clock, store, peers: others, log } = platform;
    const { keyframeMs } = config;
    const parts = new Multipart(platform.random);
    const metrics = new Metrics();
    const failures = metrics.counter("perch_store_failures_total", "Store calls that failed.");
    const onStoreError = (action: string, error: unknown) => {
      failures.value++;
      if (!this.#storeWell) return;
      this.#storeWell = false;
      log.warn(`could not ${action}; frames go on from memory`, { error: String(error) });
    };
    const renditions = renditionsBy(platform.images);
    metrics.countedBy("perch_renditions_made_total", "Pictures scaled.", () => renditions.made);
    const rows = dayRows(platform, renditions);
    const hub = new Hub({
      ...config,
      ...{ clock, store, onStoreError },
      partTail: parts.tail,
      storeLagMs: Math.min(store.newestEveryMs, keyframeMs),
      onRivals: (cam) => log.warn("two programs publish as one camera", { cam }),
      onCamera: (camera) => {
        const writer = storeWriter(camera, { keyframeMs, store, clock, onStoreError });
        const peers = others && peersOf(camera, { peers: others, clock, onStoreError });
        this.#stations.set(camera, { writer, peers });
        let logged: LoggedState = {};
        camera.statusChanges.onSet(({ value }) => logged = logState(log, value, logged));
      },
      onForget: (camera) => {
        rows.forget(camera.cam);
        this.#leaving = this.#leave(camera);
      },
    });
    const lag = new LoopLag();
    const stall = () => Math.max(0, lag.worst(clock.monotonic())) / 1000;
    metrics.gauge("perch_stall_seconds", "Longest stall of the last minute.", stall);
    this.#noSignal = noSignal(platform);
    const cost = costMeter(hub, metrics, platform);
    this.deps = {
      ...platform,
      ...{ config, hub, metrics, cost, lag, renditions, rows, parts },
      fanOut: new FanOut({
        soon: platform.soon,
        now: () => clock.monotonic(),
        onFault: (error) => log.error("a viewer was dropped", { error: stackOf(error) }),
      }),
      bodies: new Bodies(clock),
      limits: limitsOf(config, platform, metrics),
      feeds: scaledFeeds(platform.images?.stillsOnly ? renditionsBy(undefined) : renditions),
      forget: async (cam) => {
        hub.forget(cam);
        // What was under way to the store must not come behind.
        await this.#leaving;
        await store.forget(cam);
        // Whoever asked meanwhile has found it there still.
        hub.forgetSilent(cam);
      },
    };
    this.fetch = createFetch(this.deps);
  }

  async start(): Promise<void> {
    await this.deps.hub.refresh();
  }

  /**
   * Does what is due by time alone, once a second while anything is connected or due. `lateMs` = how late
   * the call comes: a process that was stuck says so afterwards.
   */
  tick(lateMs: number): void {
    const { bodies, clock, hub, limits, lag, store, log } = this.deps;
    if (lag.note(lateMs, clock.monotonic())) {
      log.warn("the process did nothing for a while", { ms: Math.round(lateMs) });
    }
    this.#attempt("look at who is stuck", () => limits.tick());
    this.#attempt("look at slow uploads", () => bodies.tick());
    for (const [camera, { writer, peers }] of this.#stations) {
      const { cam } = camera;
      // It is called lost when the store has been asked, not before.
      if (hub.isToBeAsked(camera)) void hub.find(cam);
      else {
        this.#attempt(`look at ${cam}`, () => camera.tick());
        this.#noSignal(camera).catch((error) =>
          log.warn(`could not show that ${cam} has no signal`, { error: String(error) })
        );
      }
      this.#attempt(`store ${cam}`, () => writer.step());
      this.#attempt(`follow ${cam} elsewhere`, () => peers?.step());
    }
    if (this.#storeWell || store.state.problem !== undefined) return;
    this.#storeWell = true;
    log.info("the store answers again");
  }

  /** Nothing is due, and `tick` is not called until something is: that is no stall. */
  rest(): void {
    this.deps.lag.rest();
  }

  /** Ends streams and waits, and stores the last frame of each camera. Nothing is taken from then on. */
  async stop(): Promise<void> {
    this.deps.hub.close();
    this.deps.limits.gate.close();
    const stations = [...this.#stations.values()];
    await Promise.all([
      this.#leaving,
      ...stations.map(({ writer }) => writer.flush()),
      ...stations.map(({ peers }) => peers?.stop()),
      this.deps.images?.stop(),
    ]);
  }

  async #leave(camera: CameraHub): Promise<void> {
    const station = this.#stations.get(camera);
    this.#stations.delete(camera);
    await Promise.all([this.#leaving, station?.writer.stop(), station?.peers?.stop()]);
  }

  /** One part that fails costs only itself. */
  #attempt(action: string, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.deps.log.error(`could not ${action}`, { error: stackOf(error) });
    }
  }
}

function stackOf(error: unknown): string {
  return String(error instanceof Error ? error.stack : error);
}
