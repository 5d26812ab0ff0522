// Everybody who watches one slot over a connection of the listener, woken together: after the call
// that brought the frame, so that the camera has its answer before a thousand sockets are written to.

import type { Latest } from "../shared/latest.ts";
import type { LiveFrame } from "./live_frame.ts";

interface Member {
  onFrame(): void;
  onClose(): void;
}

const crowds = new WeakMap<Latest<LiveFrame>, Crowd>();

/**
 * Calls `onFrame` soon after the slot has a new frame, once for however many came in between.
 *
 * @param onClose Called once when the slot is closed.
 * @returns A function that stops the calls.
 */
export function joinCrowd(
  frames: Latest<LiveFrame>,
  onFrame: () => void,
  onClose: () => void,
): () => void {
  let crowd = crowds.get(frames);
  if (!crowd) crowds.set(frames, crowd = new Crowd(frames));
  return crowd.join({ onFrame, onClose });
}

class Crowd {
  readonly #frames: Latest<LiveFrame>;
  readonly #members = new Set<Member>();
  #stopListening: (() => void) | undefined;
  #woken = false;

  constructor(frames: Latest<LiveFrame>) {
    this.#frames = frames;
  }

  join(member: Member): () => void {
    this.#members.add(member);
    this.#stopListening ??= this.#frames.onSet(() => this.#wake(), () => {
      // The last frame before the end is seen too.
      if (this.#woken) { for (const one of this.#members) one.onFrame(); }
      for (const one of this.#members) one.onClose();
    });
    return () => {
      this.#members.delete(member);
      if (this.#members.size > 0) return;
      this.#stopListening?.();
      this.#stopListening = undefined;
    };
  }

  #wake(): void {
    if (this.#woken) return;
    this.#woken = true;
    setImmediate(() => {
      this.#woken = false;
      for (const member of this.#members) member.onFrame();
    });
  }
}
