// One viewer on a WebSocket, watching one camera or several. It gets the next frame of a camera when
// it has drawn the last: the only bound that covers kernel and proxy buffers too.

import type { CameraHub } from "../cameras/camera.ts";
import type { Clock } from "../../../shared/clock.ts";
import type { EdgeDeps } from "../edge.ts";
import type { Latest } from "../../../shared/latest.ts";
import type { LiveFrame } from "../ingest/ingest.ts";
import type { PlatformSocket } from "../platform.ts";
import { RateLimiter } from "../limits/limits.ts";
import type { Ending, Guest, Place } from "../limits/viewer_gate.ts";
import type {
  HelloMessage,
  StatusMessage,
  ViewerMessage,
} from "../../../shared/viewer_messages.ts";
import { readAck } from "../../../shared/wire_frame.ts";
import type { FanOut } from "./fan_out.ts";
import { INITIAL_WINDOW, nextWindow, type WindowState } from "./window.ts";

/** The part of a WebSocket that is used. */
export type ViewerSocket = Pick<
  PlatformSocket,
  "readyState" | "bufferedAmount" | "send" | "close"
>;

/** What it hears of frames by, and its time. */
export interface SocketViewerOptions {
  readonly fanOut: FanOut;
  readonly clock: Pick<Clock, "now" | "monotonic">;
}

/** What a client too simple for binary messages sends when it has drawn one frame. */
const ACK_ONE = "ack";

/** Bytes that may wait for the line before more is said; for a frame also as many as it has itself. */
const MAX_WAITING = 64 * 1024;

const OPEN = 1;
const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;

/** A camera to watch, and its frames as they are wanted. */
export interface Watched {
  readonly camera: CameraHub;
  /** `camera.latest`, or the same at another width. */
  readonly frames: Latest<LiveFrame>;
  /** Called once when the viewer has gone. */
  release(): void;
}

interface Subscription extends Watched {
  readonly inFlight: { version: number; sentAt: number }[];
  window: WindowState;
  sentSeq: number;
  sentVersion: number;
}

/** Feeds one socket. Call `start` when it is open and `stop` when it is not any more. */
export class SocketViewer implements Guest {
  readonly #socket: ViewerSocket;
  readonly #fanOut: FanOut;
  readonly #clock: SocketViewerOptions["clock"];
  readonly #subscriptions = new Map<number, Subscription>();
  readonly #cleanups: (() => void)[] = [];
  #acks = 0;
  /** Bytes handed to the socket. */
  #sent = 0;
  /** Whether a frame was held back because the line had not taken those before it. */
  #held = false;

  constructor(socket: ViewerSocket, watched: readonly Watched[], options: SocketViewerOptions) {
    this.#socket = socket;
    this.#fanOut = options.fanOut;
    this.#clock = options.clock;
    for (const one of watched) {
      this.#subscriptions.set(one.camera.camera, {
        ...one,
        inFlight: [],
        window: INITIAL_WINDOW,
        sentSeq: 0,
        sentVersion: 0,
      });
    }
  }

  /** Says hello, sends the newest frames, and counts as a viewer from now on. */
  start(): void {
    const subscriptions = [...this.#subscriptions.values()];
    // Counted first: hello must not call a camera idle that is being woken by this very viewer.
    for (const { camera, release } of subscriptions) {
      this.#cleanups.push(camera.viewers.attach(), release);
    }
    const hello: HelloMessage = {
      type: "hello",
      ...this.#said,
      cams: subscriptions.map(({ camera }) => ({
        camera: camera.camera,
        status: camera.status(),
      })),
    };
    this.#say(hello);
    for (const subscription of subscriptions) {
      const { camera, frames } = subscription;
      const goAway = () => this.#socket.close(GOING_AWAY, "The edge is shutting down");
      this.#cleanups.push(
        this.#fanOut.subscribe(frames, {
          onFrame: () => this.#offer(subscription),
          onClose: goAway,
        }),
        camera.statusChanges.onSet(({ value }) => {
          const message: StatusMessage = { type: "status", ...this.#said, status: value };
          // The next one says it too, once the line has taken what waits.
          if (this.#socket.bufferedAmount < MAX_WAITING) this.#say(message);
        }),
      );
      this.#offer(subscription);
    }
  }

  /**
   * Takes a message of the viewer.
   *
   * @returns Whether it acknowledged frames that were under way, or none, or is nothing that a viewer
   *   may send.
   */
  receive(data: unknown): "acknowledged" | "idle" | "wrong" {
    if (data === ACK_ONE) {
      const oldest = this.#oldest();
      const drawn = oldest && this.#drawn(oldest, oldest.inFlight[0].version);
      return drawn ? "acknowledged" : "idle";
    }
    const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : data;
    const ack = bytes instanceof Uint8Array ? readAck(bytes) : undefined;
    const subscription = ack && this.#subscriptions.get(ack.camera);
    // Who acknowledges what it cannot have got would be sent without end.
    if (!ack || !subscription || !(ack.version <= subscription.sentVersion)) return "wrong";
    return this.#drawn(subscription, ack.version) ? "acknowledged" : "idle";
  }

  /** What the line has taken while something waits for it, else acknowledgements; undefined while none is owed. */
  progress(): number | undefined {
    const waiting = this.#socket.bufferedAmount;
    if (waiting > 0) return this.#sent - waiting;
    for (const { inFlight } of this.#subscriptions.values()) {
      if (inFlight.length > 0) return this.#acks;
    }
    return undefined;
  }

  drop(why: Ending): void {
    this.stop();
    if (why === "over") this.#socket.close(POLICY_VIOLATION, "The link or sign-in has ended");
    else this.#socket.close(TRY_AGAIN_LATER, "No frame was acknowledged for long");
  }

  /** Counts as a viewer no more. */
  stop(): void {
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
  }

  /** The subscription whose frame has been under way for longest: frames arrive in the order sent. */
  #oldest(): Subscription | undefined {
    const waiting = [...this.#subscriptions.values()].filter(({ inFlight }) => inFlight.length > 0);
    return waiting.sort((one, other) => one.inFlight[0].sentAt - other.inFlight[0].sentAt)[0];
  }

  /** Everything up to `version` is on the viewer's screen: whether that was news. */
  #drawn(subscription: Subscription, version: number): boolean {
    const { inFlight, frames } = subscription;
    this.#acks++;
    let rttMs: number | undefined;
    while (inFlight.length > 0 && inFlight[0].version <= version) {
      rttMs = this.#clock.monotonic() - inFlight.shift()!.sentAt;
    }
    if (rttMs === undefined) return false;
    const limited = frames.seq > subscription.sentSeq;
    subscription.window = nextWindow(subscription.window, rttMs, limited);
    const held = this.#held;
    this.#held = false;
    this.#offer(subscription);
    if (held) { for (const other of this.#subscriptions.values()) this.#offer(other); }
    return true;
  }

  get #said() {
    return { now: this.#clock.now(), upMs: this.#clock.monotonic() };
  }

  #say(message: ViewerMessage): void {
    if (this.#socket.readyState !== OPEN) return;
    const text = JSON.stringify(message);
    this.#sent += text.length;
    this.#socket.send(text);
  }

  #offer(subscription: Subscription): void {
    const { camera, frames, inFlight, window } = subscription;
    const frame = frames.value;
    if (!frame || frames.seq === subscription.sentSeq) return;
    if (inFlight.length >= window.size || this.#socket.readyState !== OPEN) return;
    // Acknowledgements are a viewer's word; this is what its line has taken.
    if (this.#socket.bufferedAmount > Math.max(frame.record.length, MAX_WAITING)) {
      this.#held = true;
      return;
    }
    if (subscription.sentSeq > 0) camera.skipped += frames.seq - subscription.sentSeq - 1;
    subscription.sentSeq = frames.seq;
    subscription.sentVersion = frame.version;
    this.#sent += frame.record.length;
    inFlight.push({ version: frame.version, sentAt: this.#clock.monotonic() });
    camera.sentBytes += frame.record.length;
    this.#socket.send(frame.record);
  }
}

/** What a viewer may send that acknowledges nothing. */
const MESSAGES = { perSecond: 2000, burst: 4000 };

/**
 * Serves a viewer on a socket that is about to open.
 *
 * @param place Where it sits; given back when the socket has ended.
 */
export function serveSocket(
  { clock, fanOut, limits }: EdgeDeps,
  socket: PlatformSocket,
  watched: readonly Watched[],
  place: Place,
): void {
  const rate = new RateLimiter(MESSAGES, clock);
  const viewer = new SocketViewer(socket, watched, { fanOut, clock });
  place.seat(viewer);
  let out = false;
  const turnOut = (reason: string) => {
    out = true;
    limits.socketsTurnedOut.value++;
    viewer.stop();
    socket.close(POLICY_VIOLATION, reason);
  };
  socket.onopen = () => viewer.start();
  socket.onmessage = ({ data }) => {
    if (out) return;
    const taken = viewer.receive(data);
    if (taken === "wrong") turnOut("Send acknowledgements only");
    // As many as the frames it was sent are its due, and are not worth counting.
    if (taken === "idle" && rate.take("") > 0) turnOut("Too many messages");
  };
  socket.onclose = () => {
    viewer.stop();
    place.free();
  };
}
