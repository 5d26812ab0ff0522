// One camera and its edges without network: real hubs, writers and stores on one KV in memory, and a
// clock that jumps. What a day costs can so be counted in seconds.

import { setImmediate } from "node:timers";
import { CameraHub } from "../../edge/core/cameras/camera.ts";
import { FrameBuffer } from "../../edge/core/ingest/live_frame.ts";
import { Peers } from "../../edge/core/peers/peers.ts";
import type { FrameStore, StoreCost } from "../../edge/core/store/frame_store.ts";
import { kvStores } from "../../edge/deno/kv/stores.ts";
import { StoreWriter } from "../../edge/core/store/writer.ts";
import { VirtualClock } from "./virtual_clock.ts";

/** Bytes of every picture. */
const FRAME_BYTES = 30_000;

/** Turns of the event loop without a call to the store after which all has come to rest. */
const QUIET_TURNS = 3;

/** Turns after which a frame that an edge has not taken from the store is its own loss. */
const LATE_TURNS = 2000;

/** Settings of the edges, and how many there are. */
export interface CostWorldOptions {
  readonly instances: number;
  /** The edges' ceiling and the camera's rate. */
  readonly fps: number;
  readonly idleIntervalMs: number;
  readonly keyframeMs: number;
}

interface Instance {
  readonly store: FrameStore;
  readonly camera: CameraHub;
  readonly writer: StoreWriter;
  readonly peers: Peers;
}

/** What was counted. */
export interface DayCost extends StoreCost {
  readonly uploads: number;
}

/** A camera that uploads to the first of some edges as that one asks it to. */
export class CostWorld {
  readonly #options: CostWorldOptions;
  readonly #clock = new VirtualClock();
  readonly #kv: Deno.Kv;
  readonly #instances: Instance[] = [];
  readonly #gone: StoreCost[] = [];
  #started = 0;
  #uploads = 0;

  private constructor(options: CostWorldOptions, kv: Deno.Kv) {
    this.#options = options;
    this.#kv = kv;
    for (let i = 0; i < options.instances; i++) this.#instances.push(this.#start());
  }

  static async make(options: CostWorldOptions): Promise<CostWorld> {
    return new CostWorld(options, await Deno.openKv(":memory:"));
  }

  /** Everything so far, over all edges. */
  get cost(): DayCost {
    const costs = [...this.#gone, ...this.#instances.map(({ store }) => store.cost)];
    const sum = (of: keyof StoreCost) => costs.reduce((all, cost) => all + cost[of], 0);
    return {
      uploads: this.#uploads,
      reads: sum("reads"),
      readUnits: sum("readUnits"),
      writes: sum("writes"),
      writeUnits: sum("writeUnits"),
    };
  }

  /** Somebody watches on the last of the edges until the function returned is called. */
  watch(): () => void {
    return this.#instances.at(-1)!.camera.attach();
  }

  /** Lets time go by, with uploads as they are asked for. */
  async run(ms: number): Promise<void> {
    for (let left = ms; left > 0;) {
      await this.#upload();
      const interval = this.#instances[0].camera.demand.value!.interval;
      for (let waited = 0; waited < interval && left > 0;) {
        const step = Math.min(interval - waited, 1000);
        await this.#pass(step);
        waited += step;
        left -= step;
        if (this.#instances[0].camera.demand.value!.interval < interval) break;
      }
    }
  }

  /** Lets time go by with an edge that starts for each upload and is put to sleep after it. */
  async runAsleep(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= this.#options.idleIntervalMs) {
      await this.#upload();
      for (let s = 0; s < 30; s++) await this.#pass(1000);
      await this.#stop(this.#instances.pop()!);
      await this.#clock.run(this.#options.idleIntervalMs - 30_000);
      this.#instances.push(this.#start());
    }
  }

  async close(): Promise<void> {
    for (const instance of this.#instances) await this.#stop(instance);
    this.#kv.close();
  }

  #start(): Instance {
    const clock = this.#clock;
    const { store, peers: others } = kvStores({
      open: () => Promise.resolve(this.#kv),
      instance: `instance-${this.#started++}`,
      clock,
      deadlineMs: 5000,
      retentionMs: 24 * 3_600_000,
      polls: { framesMs: 10_000, viewersMs: 10_000 },
    });
    const camera = new CameraHub("cam", 0, { ...this.#options, clock, staleMs: 30_000 });
    const onStoreError = (action: string, error: unknown) => {
      throw new Error(`Cannot ${action}`, { cause: error });
    };
    const { keyframeMs } = this.#options;
    const writer = new StoreWriter(camera, { store, clock, keyframeMs, onStoreError });
    const partTail = new Uint8Array();
    const peers = new Peers(camera, { peers: others, clock, partTail, onStoreError });
    writer.start();
    peers.start();
    return { store, camera, writer, peers };
  }

  async #stop(instance: Instance): Promise<void> {
    await instance.writer.flush();
    await instance.peers.stop();
    this.#gone.push(instance.store.cost);
  }

  async #upload(): Promise<void> {
    const { camera } = this.#instances[0];
    const now = this.#clock.now();
    const size = FRAME_BYTES;
    camera.upload(FrameBuffer.of(new Uint8Array(size), new Uint8Array()), {
      ...{ version: Math.max(now, camera.newestVersion + 1), size, width: 640, height: 480 },
      ...{ capturedAt: now, receivedAt: now },
    });
    this.#uploads++;
    await this.#rest();
  }

  async #pass(ms: number): Promise<void> {
    await this.#clock.run(ms);
    for (const { camera, writer, peers } of this.#instances) {
      camera.tick();
      writer.step();
      peers.step();
    }
    await this.#rest();
  }

  async #rest(): Promise<void> {
    for (let quiet = 0, turns = 0; quiet < QUIET_TURNS; turns++) {
      await new Promise((resolve) => setImmediate(resolve));
      const busy = this.#instances.some(({ store }) => store.state.pending > 0);
      // `kv.watch` takes real time: what is due to be read must not be overtaken by simulated time.
      quiet = busy || (this.#behind && turns < LATE_TURNS) ? 0 : quiet + 1;
    }
  }

  /** Whether viewers are about to get a frame from the store. */
  get #behind(): boolean {
    const [{ camera }, ...others] = this.#instances;
    return camera.viewersElsewhere > 0 &&
      others.some((other) =>
        other.camera.viewersHere > 0 && other.camera.newestVersion < camera.newestVersion
      );
  }
}
