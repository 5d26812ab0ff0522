// Who watches one camera: streams, sockets and pollers here, and the number of those elsewhere.

import type { Clock } from "../shared/clock.ts";
import { Pollers } from "./pollers.ts";

/** The viewers of one camera. */
export class Viewers {
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #pollers = new Pollers();
  #connected = 0;
  #elsewhere = 0;

  /** @param onChange Called when somebody comes, goes or polls. */
  constructor(clock: Clock, onChange: () => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** Connected viewers and pollers of this instance. */
  get here(): number {
    return this.#connected + this.#pollers.size;
  }

  /** Viewers of other instances, as the store tells. */
  get elsewhere(): number {
    return this.#elsewhere;
  }

  set elsewhere(count: number) {
    this.#elsewhere = count;
    this.#onChange();
  }

  /**
   * Counts a stream or socket.
   *
   * @returns What to call, once, when it has gone.
   */
  attach(): () => void {
    this.#connected++;
    this.#onChange();
    let attached = true;
    return () => {
      if (!attached) return;
      attached = false;
      this.#connected--;
      this.#onChange();
    };
  }

  /** Counts a poller, told from others by `who`, for a while. */
  poll(who: string): void {
    this.#pollers.note(who, this.#clock.monotonic());
    this.#onChange();
  }

  /** Forgets pollers who have stopped asking. */
  expire(): void {
    this.#pollers.expire(this.#clock.monotonic());
    this.#onChange();
  }
}
