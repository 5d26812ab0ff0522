// One camera on one canvas: what comes over the connection is drawn, and told in words. The page, each
// tile of the wall and each embedded element stand on it.

import type { CameraStatus } from "../../shared/wire.ts";
import type { Connection, ConnectionState, Watcher, Wish } from "./connection.ts";
import { Pace } from "./measures.ts";
import { Painter } from "./painter.ts";
import type { ReceivedFrame } from "./roads.ts";
import { describe, type StateWords } from "./state.ts";

/** Ms between two looks at the clock: ages are told in whole seconds. */
const TICK_MS = 500;

export interface LiveViewOptions extends Wish {
  readonly canvas: HTMLCanvasElement;
  readonly connection: Connection;
  onDrawn?(frame: ReceivedFrame): void;
  onChange(): void;
  /** The edge wants to know who is watching. */
  onPrivate?(): void;
}

/** Shows a camera as it is now. */
export class LiveView implements Watcher {
  readonly wish: LiveViewOptions;
  readonly connection: Connection;
  readonly painter: Painter;
  /** What the edge said last of the camera. */
  status: CameraStatus | undefined;
  /** The frame on the canvas. */
  shown: ReceivedFrame | undefined;
  /** When it was taken, by its age and the clock of this device, Unix ms. */
  shownAt: number | undefined;
  /** When the edge said `status`, by the clock of this device, Unix ms. */
  #saidAt = 0;
  #mode: "watching" | "paused" | "private" = "paused";
  /** When it began to watch, on `performance.now()`'s clock. */
  #since = 0;
  readonly #pace = new Pace();

  constructor(wish: LiveViewOptions) {
    this.wish = wish;
    this.connection = wish.connection;
    this.painter = new Painter(wish.canvas);
  }

  /** Where its connection stands; paused while it is not in it. */
  get state(): ConnectionState {
    const { state } = this.connection;
    if (this.#mode !== "watching") return { kind: this.#mode };
    return state.kind === "open" ? { ...state, since: Math.max(state.since, this.#since) } : state;
  }

  /** Watches; does nothing where it does, or may not. */
  watch(): void {
    if (this.#mode !== "paused") return;
    this.#mode = "watching";
    this.#since = performance.now();
    this.connection.join(this);
  }

  /** Watches no more, so that the edge no longer counts it. */
  rest(): void {
    this.#leave("paused");
  }

  words(): StateWords {
    return describe({
      connection: this.state,
      status: this.status,
      shownAt: this.shownAt,
      online: navigator.onLine,
      paceMs: this.#pace.ms,
      now: Date.now(),
      monotonic: performance.now(),
    });
  }

  onState(): void {
    this.wish.onChange();
  }

  onStatus(status: CameraStatus, agoMs: number): void {
    this.status = status;
    this.#saidAt = Date.now() - agoMs;
    // It may have come again, and not been sent again: it is as fresh as that.
    this.#date();
    this.wish.onChange();
  }

  onPrivate(): void {
    this.#leave("private");
    this.wish.onPrivate?.();
  }

  async onFrame(frame: ReceivedFrame): Promise<void> {
    if (this.shown && frame.version < this.shown.version) return;
    if (!await this.painter.draw(frame.jpeg)) return;
    this.shown = frame;
    this.shownAt = Date.now() - Math.max(0, this.connection.clock.now() - frame.capturedAt);
    this.#date();
    this.#pace.note(frame.receivedAt);
    this.wish.onDrawn?.(frame);
  }

  /** Goes by the age that the edge tells of the picture on the canvas: its clock may have been set since. */
  #date(): void {
    const { version, ageMs } = this.status ?? {};
    if (this.shown && version === this.shown.version && ageMs !== undefined) {
      this.shownAt = this.#saidAt - ageMs;
    }
  }

  #leave(mode: "paused" | "private"): void {
    if (this.#mode === mode) return;
    if (this.#mode === "watching") this.connection.leave(this);
    this.#mode = mode;
    this.wish.onChange();
  }
}

/**
 * Lets views watch while each is `wanted` and the page is there.
 *
 * @returns A function that looks again who is wanted.
 */
export function watchWhile(
  views: Iterable<LiveView>,
  wanted: (view: LiveView) => unknown,
): () => void {
  let here = true;
  const look = () => {
    for (const view of views) {
      if (here && wanted(view)) view.watch();
      else view.rest();
    }
  };
  document.addEventListener("visibilitychange", look);
  for (const type of ["pagehide", "pageshow"]) {
    addEventListener(type, () => {
      here = type === "pageshow";
      look();
    });
  }
  addEventListener("online", () => {
    for (const { connection } of views) connection.retryNow();
  });
  addEventListener("offline", () => {
    for (const view of views) view.onState();
  });
  setInterval(() => {
    for (const view of views) view.onState();
  }, TICK_MS);
  look();
  return look;
}
