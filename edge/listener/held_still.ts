// A request that waits for a newer frame: no timer and no promise of its own, since hundreds wait at
// once and are woken together.

import type { CameraHub } from "../camera_hub.ts";
import { joinCrowd } from "../crowd.ts";
import { POLLER_MS } from "../pollers.ts";
import type { Tenant } from "./line.ts";

/** A held request, as its connection sees it. */
export type Held = Required<Tenant>;

/** What is held. */
export interface Wait {
  readonly camera: CameraHub;
  /** Tells pollers apart. */
  readonly poller: string;
  readonly ms: number;
  /** Called once, unless the client goes before: there is a newer frame, or there was none in time. */
  readonly onEnd: () => void;
  /** Called once, however it ended. */
  readonly onGone: () => void;
}

/** Holds one request. */
export class HeldStill implements Held {
  readonly #wait: Wait;
  readonly #leave: () => void;
  #since: number | undefined;
  #polledAt = 0;
  #over = false;

  constructor(wait: Wait) {
    this.#wait = wait;
    const end = () => this.#end();
    this.#leave = joinCrowd(wait.camera.latest, end, end);
  }

  tick(now: number): void {
    const { camera, poller, ms } = this.#wait;
    if (this.#since === undefined) this.#since = this.#polledAt = now;
    if (now - this.#since >= ms) return this.#end();
    if (now - this.#polledAt < POLLER_MS / 2) return;
    // Who waits watches, and longer than a poller counts: a camera at rest must hear of it.
    this.#polledAt = now;
    camera.poll(poller);
  }

  gone(): void {
    if (this.#over) return;
    this.#over = true;
    this.#leave();
    this.#wait.onGone();
  }

  #end(): void {
    if (this.#over) return;
    this.gone();
    this.#wait.onEnd();
  }
}
