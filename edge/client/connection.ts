// Keeps one road open: the stream while the line is fast, requests where it is not, then a growing
// pause. Stops altogether while nobody looks, which lets the camera rest.

import { backoffMs } from "./backoff.ts";
import { pause } from "./signals.ts";
import { type Outcome, SignInNeeded, type Transport, type TransportSink } from "./transport.ts";

/** A stream that was held back is not tried again for so long, ms; twice as long each time. */
const HELD_AGAIN_MS = 120_000;
const HELD_AGAIN_MAX_MS = 1_920_000;

/** Where the connection stands. */
export type ConnectionState =
  | { readonly kind: "connecting" }
  | { readonly kind: "open"; readonly road: string; readonly since: number }
  /** `retryAt` is on `performance.now()`'s clock, ms. */
  | { readonly kind: "retrying"; readonly retryAt: number }
  | { readonly kind: "paused" };

/** What a connection is made of. */
export interface ConnectionOptions {
  readonly stream: () => Transport;
  readonly poll: () => Transport;
  readonly sink: Omit<TransportSink, "onOpen">;
  onState(state: ConnectionState): void;
  /** The edge wants to know who is watching; nothing is tried again. */
  onSignIn?(): void;
}

/** A connection that comes back by itself until it is stopped. */
export class Connection {
  #state: ConnectionState = { kind: "paused" };
  #stop: AbortController | undefined;
  readonly #options: ConnectionOptions;
  /** Whether the line is too slow for a stream. It is remembered while the page is open. */
  #slow = false;
  /** Before this no stream is tried, ms on `performance.now()`'s clock. */
  #streamFrom = 0;
  #heldMs = HELD_AGAIN_MS;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Opens the connection; does nothing where it is open or on its way. */
  start(): void {
    if (this.#stop) return;
    this.#stop = new AbortController();
    void this.#keep(this.#stop.signal);
  }

  /** Closes it, so that the edge no longer counts this viewer. */
  stop(): void {
    this.#stop?.abort();
    this.#stop = undefined;
    this.#set({ kind: "paused" });
  }

  /** Opens the connection anew, with other wishes; what is on the screen stays as it is. */
  refresh(): void {
    if (!this.#stop) return;
    this.#stop.abort();
    this.#stop = new AbortController();
    void this.#keep(this.#stop.signal, false);
  }

  /** Tries again now, where it waits for its next attempt. */
  retryNow(): void {
    if (this.#state.kind !== "retrying") return;
    this.stop();
    this.start();
  }

  async #keep(signal: AbortSignal, say = true): Promise<void> {
    let failures = 0;
    if (say) this.#set({ kind: "connecting" });
    while (!signal.aborted) {
      const streams = !this.#slow && performance.now() >= this.#streamFrom;
      const { outcome, opened } = await this.#run(streams, signal);
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
        const second = await this.#run(false, signal);
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
    streams: boolean,
    signal: AbortSignal,
  ): Promise<{ readonly outcome: Outcome | "failed"; readonly opened: boolean }> {
    const { stream, poll, sink, onSignIn } = this.#options;
    const transport = streams ? stream() : poll();
    let opened = false;
    const onOpen = () => {
      if (opened || signal.aborted) return;
      opened = true;
      // Another road is not another visit.
      const since = this.#state.kind === "open" ? this.#state.since : performance.now();
      this.#set({ kind: "open", road: transport.name, since });
    };
    try {
      return { outcome: await transport.run({ ...sink, onOpen }, signal), opened };
    } catch (problem) {
      if (problem instanceof SignInNeeded && onSignIn && !signal.aborted) {
        this.stop();
        onSignIn();
      }
      return { outcome: "failed", opened };
    }
  }

  #set(state: ConnectionState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}
