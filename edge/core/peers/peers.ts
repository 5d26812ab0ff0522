// One camera between this instance and the others, which are known only through the store: viewers
// here are told to them, viewers there wake the camera here, frames uploaded there are shown here.

import type { Clock } from "../../../shared/clock.ts";
import type { CameraHub } from "../cameras/camera.ts";
import type { CameraContact } from "../cameras/uploads.ts";
import type { Viewers } from "../cameras/viewers.ts";
import { type PeerStore, VIEWERS_TTL_MS } from "../store/peer_store.ts";

/** A viewer record is written again after this time, ms: twice may fail before it lapses. */
const RENEW_MS = VIEWERS_TTL_MS / 3;

/** A viewer record stays for this long, ms: two instances that both say hello are to hear it. */
const HELLO_MS = 5000;

/** What to do about other instances: telling them costs a write now and then, watching reads. */
export function peerPlan(
  { here, elsewhere }: Pick<Viewers, "here" | "elsewhere">,
  contact: Pick<CameraContact, "receiving" | "reached" | "inTouch" | "shared">,
): Record<"tell" | "watchFrames" | "watchViewers", boolean> {
  // While others have viewers, what the camera brings to them is stored, as what it brings here.
  const alone = contact.receiving && !contact.shared && elsewhere === 0;
  return {
    tell: here > 0 && !(alone && contact.reached),
    watchFrames: here > 0 && !alone,
    watchViewers: contact.inTouch,
  };
}

/** What it needs. */
export interface PeersOptions {
  readonly peers: PeerStore;
  readonly clock: Clock;
  /** Told when a call to the store fails. */
  onStoreError(action: string, error: unknown): void;
}

/** Keeps one camera in step with the other instances until it is stopped. */
export class Peers {
  readonly #camera: CameraHub;
  readonly #options: PeersOptions;
  readonly #frames: Task;
  readonly #viewers: Task;
  readonly #stopListening: readonly (() => void)[];
  #stopped = false;
  /** The number that others know, 0 for none. */
  #told = 0;
  #toldAt = -Infinity;
  #telling: Promise<void> | undefined;

  /** Acts at once when viewers come and go. What time alone changes needs `step`. */
  constructor(camera: CameraHub, options: PeersOptions) {
    this.#camera = camera;
    this.#options = options;
    const { cam } = camera;
    this.#frames = new Task(
      (signal) => this.#takeFrames(signal),
      (error) => options.onStoreError(`take frames of ${cam} from other instances`, error),
    );
    this.#viewers = new Task(
      (signal) => this.#takeViewers(signal),
      (error) => options.onStoreError(`hear who watches ${cam} elsewhere`, error),
    );
    this.#stopListening = [
      camera.demand.onSet(() => this.step()),
      // A camera that has just come is filmed for others at once, not at the next step.
      camera.latest.onSet(({ value }) => {
        if (value.own && !this.#viewers.running) this.step();
      }),
    ];
    this.step();
  }

  /** Does what is due. To be called every second or so. */
  step(): void {
    if (this.#stopped) return;
    const { viewers, contact } = this.#camera;
    if (contact.inTouch && !contact.receiving) contact.leftOut();
    const plan = peerPlan(viewers, contact);
    this.#frames.want(plan.watchFrames);
    this.#viewers.want(plan.watchViewers);
    const fresh = this.#told > 0 && this.#toldAgeMs < HELLO_MS;
    this.#tell(plan.tell || fresh ? viewers.here : 0);
  }

  /** Ends it, and withdraws what was told. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const stop of this.#stopListening) stop();
    this.#frames.want(false);
    this.#viewers.want(false);
    await this.#telling;
    this.#tell(0);
    await this.#telling;
  }

  get #toldAgeMs(): number {
    return this.#options.clock.monotonic() - this.#toldAt;
  }

  #tell(count: number): void {
    const due = count === 0 ? this.#told > 0 : this.#told === 0 || this.#toldAgeMs >= RENEW_MS;
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
      if (camera.publishRemote(frame, true)) camera.contact.leftOut();
    }
  }

  async #takeViewers(signal: AbortSignal): Promise<void> {
    const camera = this.#camera;
    try {
      for await (const count of this.#options.peers.watchViewers(camera.cam, signal)) {
        camera.viewers.elsewhere = count;
      }
    } finally {
      camera.viewers.elsewhere = 0;
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
