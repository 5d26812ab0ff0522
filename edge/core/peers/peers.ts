// One camera between this instance and the others, which are known only through the store: viewers
// here are told to them, viewers there wake the camera here, frames uploaded there are shown here.

import type { Clock } from "../../../shared/clock.ts";
import type { CameraHub } from "../cameras/camera.ts";
import { peerPlan } from "./plan.ts";
import { type PeerStore, VIEWERS_TTL_MS } from "../store/peer_store.ts";

/** A viewer record is written again after this time, ms: twice may fail before it lapses. */
const RENEW_MS = VIEWERS_TTL_MS / 3;

/** A viewer record stays for this long, ms: two instances that both say hello are to hear it. */
const HELLO_MS = 5000;

/** What it needs. */
export interface PeersOptions {
  readonly peers: PeerStore;
  readonly clock: Clock;
  /** What follows each frame of a stream (`partTail`). */
  readonly partTail: Uint8Array;
  /** Told when a call to the store fails. */
  onStoreError(action: string, error: unknown): void;
}

/** Keeps one camera in step with the other instances until it is stopped. */
export class Peers {
  readonly #camera: CameraHub;
  readonly #options: PeersOptions;
  readonly #frames: Task;
  readonly #viewers: Task;
  #stopListening = () => {};
  #stopped = false;
  /** The number that others know, 0 for none. */
  #told = 0;
  #toldAt = -Infinity;
  #telling: Promise<void> | undefined;

  constructor(camera: CameraHub, options: PeersOptions) {
    this.#camera = camera;
    this.#options = options;
    const { cam } = camera;
    const failed = (action: string) => (error: unknown) => options.onStoreError(action, error);
    this.#frames = new Task(
      (signal) => this.#takeFrames(signal),
      failed(`take frames of ${cam} from other instances`),
    );
    this.#viewers = new Task(
      (signal) => this.#takeViewers(signal),
      failed(`hear who watches ${cam} elsewhere`),
    );
  }

  /** Acts at once when viewers come and go. What time alone changes needs `step`. */
  start(): void {
    const { demand, uploads } = this.#camera;
    const stops = [
      demand.onSet(() => this.step()),
      // A camera that has just come is filmed for others at once, not at the next step.
      uploads.onSet(() => this.#viewers.running || this.step()),
    ];
    this.#stopListening = () => stops.forEach((stop) => stop());
    this.step();
  }

  /** Does what is due. To be called every second or so. */
  step(): void {
    if (this.#stopped) return;
    const { viewersHere, viewersElsewhere, contact } = this.#camera;
    const { receiving, reached, inTouch } = contact;
    const now = this.#options.clock.monotonic();
    if (inTouch && !receiving) contact.leftOut();
    const plan = peerPlan({
      ...{ viewersHere, viewersElsewhere, receiving, reached, inTouch, shared: contact.shared },
    });
    this.#frames.want(plan.watchFrames);
    this.#viewers.want(plan.watchViewers);
    const fresh = this.#told > 0 && now - this.#toldAt < HELLO_MS;
    this.#tell(plan.tell || fresh ? viewersHere : 0);
  }

  /** Ends it, and withdraws what was told. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopListening();
    this.#frames.want(false);
    this.#viewers.want(false);
    await this.#telling;
    this.#tell(0);
    await this.#telling;
  }

  #tell(count: number): void {
    const age = this.#options.clock.monotonic() - this.#toldAt;
    const due = count === 0 ? this.#told > 0 : this.#told === 0 || age >= RENEW_MS;
    if (!due || this.#telling) return;
    this.#toldAt = this.#options.clock.monotonic();
    const { cam } = this.#camera;
    this.#telling = this.#options.peers.setViewers(cam, count).then(
      () => this.#told = count,
      (error) => this.#options.onStoreError(`tell the viewers of ${cam}`, error),
    ).then(() => {
      this.#telling = undefined;
      // Somebody may have come or gone while the store was busy; a failure waits for `step`.
      if (this.#told === count) this.step();
    });
  }

  async #takeFrames(signal: AbortSignal): Promise<void> {
    const camera = this.#camera;
    for await (const frame of this.#options.peers.watch(camera.cam, signal)) {
      if (camera.adopt(frame, this.#options.partTail, true)) camera.contact.leftOut();
    }
  }

  async #takeViewers(signal: AbortSignal): Promise<void> {
    const camera = this.#camera;
    try {
      for await (const count of this.#options.peers.watchViewers(camera.cam, signal)) {
        camera.viewersElsewhere = count;
      }
    } finally {
      camera.viewersElsewhere = 0;
    }
  }
}

/** Something that runs while it is wanted. One that failed is not running: it is begun again. */
class Task {
  readonly #run: (signal: AbortSignal) => Promise<void>;
  readonly #onError: (error: unknown) => void;
  #abort: AbortController | undefined;

  constructor(run: (signal: AbortSignal) => Promise<void>, onError: (error: unknown) => void) {
    this.#run = run;
    this.#onError = onError;
  }

  get running(): boolean {
    return this.#abort !== undefined;
  }

  want(wanted: boolean): void {
    if (wanted === this.running) return;
    this.#abort?.abort();
    this.#abort = undefined;
    if (!wanted) return;
    const abort = this.#abort = new AbortController();
    this.#run(abort.signal).catch(this.#onError).finally(() => {
      if (this.#abort === abort) this.#abort = undefined;
    });
  }
}
