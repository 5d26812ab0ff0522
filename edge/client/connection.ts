// One connection for the pictures of all cameras of an edge that are looked at here, because a browser
// opens no more than six to one host: the stream while the line is fast, requests where it is not, then
// a growing pause. It ends while nobody looks, which lets the cameras rest.

import type { CameraStatus } from "../../shared/wire.ts";
import { ServerClock } from "./measures.ts";
import {
  edgeUrl,
  type Outcome,
  pause,
  type ReceivedFrame,
  Refused,
  requests,
  type Road,
  stream,
} from "./roads.ts";

/** A stream that was held back is not tried again for so long, ms; twice as long each time. */
const HELD_AGAIN_MS = 120_000;
const HELD_AGAIN_MAX_MS = 1_920_000;

/** Longest wait between two attempts, ms. */
export const BACKOFF_MAX_MS = 15_000;

/** Ms between two looks: the first picture is waited for by somebody who sets a camera up. */
const LOOK_EVERY_MS = 2000;

/** A connection that was lost for less than this goes on where it was, ms: no camera fell asleep. */
const SAME_VISIT_MS = 15_000;

export type ConnectionState =
  | { readonly kind: "connecting" }
  | { readonly kind: "open"; readonly road: string; readonly since: number }
  /** `retryAt` is on `performance.now()`'s clock, ms. */
  | { readonly kind: "retrying"; readonly retryAt: number }
  | { readonly kind: "paused" }
  /** The edge wants to know who is watching. */
  | { readonly kind: "private" };

export interface Wish {
  readonly cam: string;
  /** The pass of a share link, where a page of another site brings one along. */
  readonly share?: string;
  /** Whether the edge knew the camera when it made the page. Default true. */
  readonly known?: boolean;
  /** Pixels across that are shown; undefined for the camera's own size. */
  width(): number | undefined;
}

export interface Watcher {
  readonly wish: Wish;
  /** Resolves when the frame is on the screen, or was skipped for a newer one. */
  onFrame(frame: ReceivedFrame): Promise<void>;
  /** @param agoMs How long it was on its way. */
  onStatus(status: CameraStatus, agoMs: number): void;
  onState(): void;
  /** The edge wants to know who is watching; the watcher is to leave. */
  onPrivate(): void;
}

/** A connection that comes back by itself for as long as somebody is in it. */
export class Connection {
  readonly clock: ServerClock = new ServerClock();
  #state: ConnectionState = { kind: "paused" };
  #stop: AbortController | undefined;
  readonly #base: string;
  readonly #roads: Readonly<Record<"stream" | "requests", Road>>;
  readonly #watchers = new Set<Watcher>();
  /** Whether the edge knows a camera. */
  readonly #known = new Map<string, boolean>();
  /** Whether the line is too slow for a stream. It is remembered while the page is open. */
  #slow = false;
  /** Before this no stream is tried, ms on `performance.now()`'s clock. */
  #streamFrom = 0;
  #heldMs = HELD_AGAIN_MS;
  /** When the visit began, and when its connection was open last, ms on `performance.now()`'s clock. */
  #since = 0;
  #lostAt = -Infinity;

  /** @param base Where the edge is: its site, with a slash at its end. */
  constructor(base: string, roads = { stream, requests }) {
    this.#base = base;
    this.#roads = roads;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  join(watcher: Watcher): void {
    const { cam, known = true } = watcher.wish;
    this.#watchers.add(watcher);
    if (!this.#known.has(cam)) this.#known.set(cam, known);
    if (this.#state.kind === "paused") this.#set({ kind: "connecting" });
    this.refresh();
  }

  /** Brings them no more. Without anybody it is closed: the edge no longer counts this viewer. */
  leave(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    this.refresh();
    if (this.#watchers.size === 0) this.#set({ kind: "paused" });
  }

  /** Asks anew, for who looks now and at the size of now; what is on the screen stays as it is. */
  refresh(): void {
    this.#stop?.abort();
    if (this.#watchers.size === 0) return;
    this.#stop = new AbortController();
    void this.#keep(this.#stop.signal);
  }

  /** Tries again now, where it waits for its next attempt. */
  retryNow(): void {
    if (this.#state.kind !== "retrying") return;
    this.#set({ kind: "connecting" });
    this.refresh();
  }

  async #keep(signal: AbortSignal): Promise<void> {
    // All who come and go in one turn of the event loop are asked for together.
    await pause(0, signal);
    for (let failures = 0; !signal.aborted;) {
      const streams = !this.#slow && performance.now() >= this.#streamFrom;
      const { outcome, opened } = await this.#run(streams ? "stream" : "requests", signal);
      if (signal.aborted) return;
      this.#slow = outcome === "late" || (this.#slow && outcome !== "fast");
      if (outcome === "held") {
        this.#streamFrom = performance.now() + this.#heldMs;
        this.#heldMs = Math.min(2 * this.#heldMs, HELD_AGAIN_MAX_MS);
      }
      if (outcome !== "failed") continue;
      failures = opened ? 0 : failures + 1;
      // Where the stream never opened, requests may: they are tried before anybody has to wait.
      if (streams && !opened) {
        const second = await this.#run("requests", signal);
        if (signal.aborted) return;
        if (second.outcome !== "failed") continue;
        if (second.opened) failures = 0;
      }
      const ms = backoffMs(failures, Math.random());
      this.#set({ kind: "retrying", retryAt: performance.now() + ms });
      await pause(ms, signal);
    }
  }

  /** Runs a road to its end; says whether it had opened. */
  async #run(
    road: "stream" | "requests",
    signal: AbortSignal,
  ): Promise<{ readonly outcome: Outcome | "failed" | "looked"; readonly opened: boolean }> {
    let opened = false;
    const onOpen = () => {
      if (opened || signal.aborted) return;
      opened = true;
      const now = performance.now();
      // Another road is not another visit, nor is an edge that was started again.
      const same = this.#state.kind === "open" || now - this.#lostAt < SAME_VISIT_MS;
      if (!same) this.#since = now;
      this.#set({ kind: "open", road, since: this.#since });
    };
    let cams: string[] = [];
    let looking: ReturnType<typeof setInterval> | undefined;
    try {
      cams = await this.#look(signal);
      if (cams.length === 0) {
        onOpen();
        await pause(LOOK_EVERY_MS, signal);
        return { outcome: "looked", opened };
      }
      looking = setInterval(async () => {
        const now = await this.#look(signal).catch(() => cams);
        if (now.length > cams.length) this.refresh();
      }, LOOK_EVERY_MS);
      const watchers = [...this.#watchers];
      const width = Math.max(...watchers.map((one) => one.wish.width() ?? Infinity));
      const wanted = {
        cams,
        shares: sharesOf(watchers),
        width: width < Infinity ? width : undefined,
      };
      const outcome = await this.#roads[road](this.#base, wanted, {
        onFrame: (frame) => Promise.all(this.#of(frame.cam).map((one) => one.onFrame(frame))),
        onStatus: (status, said) => {
          this.clock.observe(said);
          const agoMs = this.clock.now() - said.now;
          for (const one of this.#of(status.cam)) one.onStatus(status, agoMs);
          onOpen();
        },
      }, signal);
      return { outcome, opened };
    } catch (problem) {
      if (!(problem instanceof Refused) || signal.aborted) return { outcome: "failed", opened };
      // One that is unknown or private must not take the pictures of the others away.
      for (const cam of cams) this.#known.set(cam, false);
      const rest = await this.#look(signal).catch(() => cams);
      return { outcome: rest.length < cams.length ? "looked" : "failed", opened };
    } finally {
      clearInterval(looking);
    }
  }

  /**
   * Looks for the cameras that the edge may not know, and gives all those that it does. Other requests
   * would be answered 404, each of them an error in the browser's console. A page of a camera is there
   * all the same, and a header of it says how the camera is as soon as it is known.
   */
  async #look(signal: AbortSignal): Promise<string[]> {
    const cams = [...new Set([...this.#watchers].map(({ wish }) => wish.cam))];
    const answers = await Promise.all(
      cams.filter((cam) => !this.#known.get(cam)).map(async (cam) => {
        const url = edgeUrl(this.#base, `cams/${cam}/embed`, { shares: sharesOf(this.#of(cam)) });
        return { cam, answer: await fetch(url, { method: "HEAD", signal }) };
      }),
    );
    for (const { cam, answer: { ok, status, headers } } of answers) {
      if (!ok && status !== 401 && status !== 404) throw new Error(`HEAD was answered ${status}`);
      const known = headers.has("Perch-State");
      this.#known.set(cam, known);
      for (const one of known ? [] : this.#of(cam)) {
        if (status === 401) one.onPrivate();
        else one.onStatus({ cam, state: "offline", fps: 0, intervalMs: 0, viewers: 0 }, 0);
      }
    }
    return cams.filter((cam) => this.#known.get(cam));
  }

  #of(cam: string): Watcher[] {
    return [...this.#watchers].filter((one) => one.wish.cam === cam);
  }

  #set(state: ConnectionState): void {
    if (this.#state.kind === "open") this.#lostAt = performance.now();
    this.#state = state;
    for (const one of this.#watchers) one.onState();
  }
}

/**
 * Ms to wait before attempt number `attempt` (0 = the first after a failure): a thousand pages must not
 * come back in the same moment after the edge restarts.
 *
 * @param random From 0 to 1.
 */
export function backoffMs(attempt: number, random: number): number {
  const ceiling = Math.min(BACKOFF_MAX_MS, 500 * 2 ** attempt);
  return Math.round(ceiling * (0.5 + random / 2));
}

function sharesOf(watchers: readonly Watcher[]): string[] {
  return [...new Set(watchers.flatMap(({ wish }) => wish.share ?? []))];
}
