// One camera on one canvas: connection, painter and clock tied together. The page and the embedded
// element both stand on it.

import type { CameraStatus } from "../../shared/wire.ts";
import { Connection } from "./connection.ts";
import { FirstPicture } from "./first_picture.ts";
import { FrameStats } from "./frame_stats.ts";
import { Pace } from "./pace.ts";
import { Painter } from "./painter.ts";
import { ServerClock } from "./server_clock.ts";
import { pollTransport } from "./poll_transport.ts";
import { describe, type StateWords } from "./state.ts";
import { streamTransport } from "./stream_transport.ts";
import type { ReceivedFrame, TransportOptions } from "./transport.ts";

/** What a live view is made of. */
export interface LiveViewOptions {
  readonly cam: string;
  readonly canvas: HTMLCanvasElement;
  /** Whether the edge knows the camera. Default true. */
  readonly known?: boolean;
  /** Asked again at each attempt to connect. */
  readonly transport: () => Omit<TransportOptions, "cams">;
  /** The edge wants to know who is watching. */
  onSignIn?(): void;
  /** A frame is on the canvas. */
  onDrawn(frame: ReceivedFrame): void;
  /** State, status or connection may have changed. */
  onChange(): void;
}

/** Shows a camera as it is now. */
export class LiveView {
  readonly clock: ServerClock = new ServerClock();
  readonly stats: FrameStats = new FrameStats();
  readonly connection: Connection;
  readonly painter: Painter;
  #status: CameraStatus | undefined;
  #shown: ReceivedFrame | undefined;
  readonly #pace = new Pace();
  readonly #options: LiveViewOptions;

  constructor(options: LiveViewOptions) {
    this.#options = options;
    this.painter = new Painter(options.canvas);
    const first = new FirstPicture(options.known ?? true);
    const road = () => ({ cams: [options.cam], ...options.transport() });
    this.connection = new Connection({
      stream: () => first.before(streamTransport(road()), road()),
      poll: () => first.before(pollTransport(road()), road()),
      sink: {
        onFrame: (frame) => this.#draw(frame),
        onStatus: (status, now) => {
          this.clock.observe(now);
          this.#status = status;
          options.onChange();
        },
      },
      onState: () => options.onChange(),
      onSignIn: options.onSignIn,
    });
  }

  /** What the edge said last of the camera. */
  get status(): CameraStatus | undefined {
    return this.#status;
  }

  /** The frame on the canvas. */
  get shown(): ReceivedFrame | undefined {
    return this.#shown;
  }

  /** The state in words, now. */
  words(): StateWords {
    return describe({
      connection: this.connection.state,
      status: this.#status,
      shownAt: this.#shown && shownAt(this.#shown),
      paceMs: this.#pace.ms,
      now: this.clock.now(),
      monotonic: performance.now(),
    });
  }

  async #draw(frame: ReceivedFrame): Promise<void> {
    if (this.#shown && frame.version < this.#shown.version) return;
    if (!await this.painter.draw(frame.jpeg)) return;
    this.#shown = frame;
    this.#pace.note(frame.receivedAt);
    const ageMs = Math.max(0, this.clock.now() - shownAt(frame));
    this.stats.drawn(performance.now(), ageMs, frame.jpeg.length);
    this.#options.onDrawn(frame);
  }
}

/**
 * When a frame was taken, Unix ms: the camera's word where it can be true. A Pi without a battery
 * clock may start years off, then the time of receipt is nearer.
 */
export function shownAt({ capturedAt, receivedAt }: ReceivedFrame): number {
  const lag = receivedAt - capturedAt;
  return lag > -2000 && lag < 600_000 ? capturedAt : receivedAt;
}
