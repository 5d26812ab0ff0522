// Everybody who watches one slot, woken together: after the call that brought the frame, so that the
// camera has its answer before a thousand connections are written to.

import type { Latest } from "../../../shared/latest.ts";
import type { LiveFrame } from "../ingest/live_frame.ts";

interface Member {
  onFrame(): void;
  onClose(): void;
}

/** What it needs. */
export interface FanOutOptions {
  /** Runs `work` when the current request has its answer. */
  soon(work: () => void): void;
  /** Monotonic ms. */
  now(): number;
  /** Told what a member threw. It is not woken again; the others are. */
  onFault(error: unknown): void;
}

/** Wakes who watches. */
export class FanOut {
  readonly #options: FanOutOptions;
  readonly #crowds = new WeakMap<Latest<LiveFrame>, Crowd>();
  readonly #turn = { at: 0 };

  constructor(options: FanOutOptions) {
    this.#options = options;
  }

  /** When somebody came or was woken last, monotonic ms: near enough for many who would each ask for the time. */
  get at(): number {
    return this.#turn.at;
  }

  /**
   * Calls `onFrame` soon after the slot has a new frame, once for however many came in between.
   *
   * @param onClose Called once when the slot is closed.
   * @returns A function that stops the calls.
   */
  subscribe(frames: Latest<LiveFrame>, onFrame: () => void, onClose: () => void): () => void {
    this.#turn.at = this.#options.now();
    let crowd = this.#crowds.get(frames);
    if (!crowd) this.#crowds.set(frames, crowd = new Crowd(frames, this.#options, this.#turn));
    return crowd.join({ onFrame, onClose });
  }
}

class Crowd {
  readonly #frames: Latest<LiveFrame>;
  readonly #options: FanOutOptions;
  readonly #turn: { at: number };
  readonly #members = new Set<Member>();
  #stopListening: (() => void) | undefined;
  #waking = false;

  constructor(frames: Latest<LiveFrame>, options: FanOutOptions, turn: { at: number }) {
    this.#frames = frames;
    this.#options = options;
    this.#turn = turn;
  }

  join(member: Member): () => void {
    this.#members.add(member);
    this.#stopListening ??= this.#frames.onSet(() => this.#wake(), () => {
      // The last frame before the end is seen too.
      if (this.#waking) this.#each((one) => one.onFrame());
      this.#each((one) => one.onClose());
    });
    return () => {
      this.#members.delete(member);
      if (this.#members.size > 0) return;
      this.#stopListening?.();
      this.#stopListening = undefined;
    };
  }

  #wake(): void {
    if (this.#waking) return;
    this.#waking = true;
    this.#options.soon(() => {
      this.#waking = false;
      this.#turn.at = this.#options.now();
      this.#each((member) => member.onFrame());
    });
  }

  #each(tell: (member: Member) => void): void {
    for (const member of this.#members) {
      try {
        tell(member);
      } catch (error) {
        this.#members.delete(member);
        this.#options.onFault(error);
      }
    }
  }
}
