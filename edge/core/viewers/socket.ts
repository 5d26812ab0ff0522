// One viewer on a WebSocket, watching one camera or several. It gets the next frame of a camera when
// it has drawn the last: the only bound that covers kernel and proxy buffers too.

import type { Clock } from "../../../shared/clock.ts";
import type { ViewerMessage } from "../../../shared/wire.ts";
import { readAck } from "../../../shared/wire_frame.ts";
import type { EdgeDeps } from "../edge.ts";
import { RateLimiter } from "../limits/limits.ts";
import type { Ending, Place } from "../limits/viewer_gate.ts";
import type { PlatformSocket } from "../platform.ts";
import type { FanOut, Watched } from "./fan_out.ts";
import { helloMessage, statusMessage } from "./records.ts";

/** What a client too simple for binary messages sends when it has drawn one frame. */
const ACK_ONE = "ack";

/** Bytes that may wait for the line before more is said; for a frame also as many as it has itself. */
const MAX_WAITING = 64 * 1024;

/** What a viewer may send that acknowledges nothing. */
const MESSAGES = { perSecond: 2000, burst: 4000 };

const OPEN = 1;
const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;

interface Subscription extends Watched {
  readonly inFlight: { version: number; sentAt: number }[];
  window: WindowState;
  sentSeq: number;
  sentVersion: number;
}

/** Feeds one socket. Call `start` when it is open and `stop` when it is not any more. */
export function socketViewer(
  socket: Pick<PlatformSocket, "readyState" | "bufferedAmount" | "send" | "close">,
  watched: readonly Watched[],
  { fanOut, clock }: { fanOut: FanOut; clock: Pick<Clock, "now" | "monotonic"> },
) {
  const subscriptions = watched.map((one): Subscription => {
    return { ...one, inFlight: [], window: INITIAL_WINDOW, sentSeq: 0, sentVersion: 0 };
  });
  const cleanups: (() => void)[] = [];
  let acks = 0;
  let sent = 0;
  /** Whether a frame was held back because the line had not taken those before it. */
  let held = false;
  return { start, receive, progress, drop, stop };

  /** Says hello, sends the newest frames, and counts as a viewer from now on. */
  function start(): void {
    // Counted first: hello must not call a camera idle that is being woken by this very viewer.
    for (const { camera, release } of watched) cleanups.push(camera.viewers.attach(), release);
    say(helloMessage(watched.map(({ camera }) => camera), clock));
    for (const subscription of subscriptions) {
      const { camera, frames } = subscription;
      const onClose = () => socket.close(GOING_AWAY, "The edge is shutting down");
      cleanups.push(
        fanOut.subscribe(frames, { onFrame: () => offer(subscription), onClose }),
        camera.statusChanges.onSet(({ value }) => {
          // The next one says it too, once the line has taken what waits.
          if (socket.bufferedAmount < MAX_WAITING) say(statusMessage(value, clock));
        }),
      );
      offer(subscription);
    }
  }

  /** What a message of the viewer is: `wrong` is nothing that it may send, `idle` acknowledges no frame. */
  function receive(data: unknown): "acknowledged" | "idle" | "wrong" {
    if (data === ACK_ONE) {
      // Frames arrive in the order sent.
      const [oldest] = subscriptions.filter(({ inFlight }) => inFlight.length > 0)
        .sort((one, other) => one.inFlight[0].sentAt - other.inFlight[0].sentAt);
      return oldest && drawn(oldest, oldest.inFlight[0].version) ? "acknowledged" : "idle";
    }
    const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : data;
    const ack = bytes instanceof Uint8Array ? readAck(bytes) : undefined;
    const subscription = subscriptions.find((one) => one.camera.number === ack?.camera);
    // Who acknowledges what it cannot have got would be sent without end.
    if (!ack || !subscription || !(ack.version <= subscription.sentVersion)) return "wrong";
    return drawn(subscription, ack.version) ? "acknowledged" : "idle";
  }

  /** What the line has taken while something waits for it, else acknowledgements; undefined while none is owed. */
  function progress(): number | undefined {
    const waiting = socket.bufferedAmount;
    if (waiting > 0) return sent - waiting;
    return subscriptions.some(({ inFlight }) => inFlight.length > 0) ? acks : undefined;
  }

  function drop(why: Ending): void {
    stop();
    if (why === "over") socket.close(POLICY_VIOLATION, "The link or sign-in has ended");
    else socket.close(TRY_AGAIN_LATER, "No frame was acknowledged for long");
  }

  function stop(): void {
    for (const cleanup of cleanups.splice(0)) cleanup();
  }

  /** Everything up to `version` is on the viewer's screen: whether that was news. */
  function drawn(subscription: Subscription, version: number): boolean {
    const { inFlight, frames } = subscription;
    acks++;
    let rttMs: number | undefined;
    while (inFlight.length > 0 && inFlight[0].version <= version) {
      rttMs = clock.monotonic() - inFlight.shift()!.sentAt;
    }
    if (rttMs === undefined) return false;
    const limited = frames.seq > subscription.sentSeq;
    subscription.window = nextWindow(subscription.window, rttMs, limited);
    const others = held ? subscriptions : [];
    held = false;
    for (const one of [subscription, ...others]) offer(one);
    return true;
  }

  function say(message: ViewerMessage): void {
    if (socket.readyState !== OPEN) return;
    const text = JSON.stringify(message);
    sent += text.length;
    socket.send(text);
  }

  function offer(subscription: Subscription): void {
    const { camera, frames, inFlight, window } = subscription;
    const frame = frames.value;
    if (!frame || frames.seq === subscription.sentSeq) return;
    if (inFlight.length >= window.size || socket.readyState !== OPEN) return;
    // Acknowledgements are a viewer's word; this is what its line has taken.
    if (socket.bufferedAmount > Math.max(frame.record.length, MAX_WAITING)) {
      held = true;
      return;
    }
    if (subscription.sentSeq > 0) camera.skipped += frames.seq - subscription.sentSeq - 1;
    subscription.sentSeq = frames.seq;
    subscription.sentVersion = frame.version;
    sent += frame.record.length;
    inFlight.push({ version: frame.version, sentAt: clock.monotonic() });
    camera.sentBytes += frame.record.length;
    socket.send(frame.record);
  }
}

/** Serves a viewer on a socket that is about to open; `place` is given back when it has ended. */
export function serveSocket(
  { clock, fanOut, limits }: EdgeDeps,
  socket: PlatformSocket,
  watched: readonly Watched[],
  place: Place,
): void {
  const rate = new RateLimiter(MESSAGES, clock);
  const viewer = socketViewer(socket, watched, { fanOut, clock });
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

/**
 * How many unacknowledged frames a viewer may have under way. One is right for a slow line, where
 * more only makes the picture older; a long line needs a few to reach the full rate. Which of the
 * two it is shows when one more is tried: on a slow line the round trip grows with it.
 */
export interface WindowState {
  readonly size: number;
  /** Shortest round trip seen with the smallest window, ms. */
  readonly baseMs: number;
  /** Acknowledgements to wait for until one more is tried. */
  readonly holdOff: number;
}

export const MAX_WINDOW = 4;

export const INITIAL_WINDOW: WindowState = { size: 1, baseMs: Infinity, holdOff: 8 };

const HOLD_OFF_AFTER_GROWTH = 8;
const HOLD_OFF_AFTER_RETREAT = 64;
const GROWTH_LIMIT = 1.4;

/** Above this it is the line that is slow: no trial, which would double a picture's age for a while. */
const LONGEST_LINE_MS = 1000;

/** The window after an acknowledgement; `limited` = a newer frame was waiting for it. */
export function nextWindow(state: WindowState, rttMs: number, limited: boolean): WindowState {
  const { size, holdOff } = state;
  const baseMs = size === 1 ? Math.min(rttMs, state.baseMs * 1.02) : state.baseMs;
  if (size > 1 && rttMs > baseMs * GROWTH_LIMIT + 5) {
    return { size: size - 1, baseMs, holdOff: HOLD_OFF_AFTER_RETREAT };
  }
  if (!limited || rttMs > LONGEST_LINE_MS) return { size, baseMs, holdOff };
  if (holdOff > 0) return { size, baseMs, holdOff: holdOff - 1 };
  if (size >= MAX_WINDOW) return { size, baseMs, holdOff };
  return { size: size + 1, baseMs, holdOff: HOLD_OFF_AFTER_GROWTH };
}
