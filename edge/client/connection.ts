// Keeps one road open: WebSocket first, chained requests as soon as that takes too long or fails,
// then a growing pause. Stops altogether while nobody looks, which lets the camera rest.

import { backoffMs } from "./backoff.ts";
import { anySignal, pause } from "./signals.ts";
import { SignInNeeded, type Transport, type TransportSink } from "./transport.ts";

/** After this many ms without an answer on the socket the second road starts beside it. */
const HEDGE_MS = 1500;

/** While the second road is open the first is tried again after this many ms, then after longer. */
const FIRST_AGAIN_MS = 15_000;
const FIRST_AGAIN_MAX_MS = 600_000;

/** Where the connection stands. */
export type ConnectionState =
  | { readonly kind: "connecting" }
  | { readonly kind: "open"; readonly road: string; readonly since: number }
  /** `retryAt` is on `performance.now()`'s clock, ms. */
  | { readonly kind: "retrying"; readonly retryAt: number }
  | { readonly kind: "paused" };

/** What a connection is made of. */
export interface ConnectionOptions {
  readonly first: () => Transport;
  readonly second: () => Transport;
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
      const opened = await this.#attempt(signal);
      if (signal.aborted) return;
      failures = opened ? 0 : failures + 1;
      const ms = backoffMs(failures, Math.random());
      this.#set({ kind: "retrying", retryAt: performance.now() + ms });
      await pause(ms, signal);
    }
  }

  /** Runs the roads until none is left; says whether one of them had opened. */
  async #attempt(outer: AbortSignal): Promise<boolean> {
    let opened = false;
    const second = new AbortController();
    const run = async (transport: Transport, signal: AbortSignal, onFirst: () => void) => {
      let first = true;
      const onOpen = () => {
        if (!first || signal.aborted) return;
        first = false;
        opened = true;
        onFirst();
        this.#set({ kind: "open", road: transport.name, since: performance.now() });
      };
      try {
        await transport.run({ ...this.#options.sink, onOpen }, signal);
      } catch (problem) {
        if (!(problem instanceof SignInNeeded) || !this.#options.onSignIn) return;
        this.stop();
        this.#options.onSignIn();
      }
    };
    const runFirst = () => run(this.#options.first(), outer, () => second.abort());

    const firstEnd = new AbortController();
    const firstRun = runFirst().finally(() => firstEnd.abort());
    await pause(HEDGE_MS, anySignal(outer, firstEnd.signal, second.signal));
    if (outer.aborted || second.signal.aborted) {
      await firstRun;
      return opened;
    }
    const secondEnd = new AbortController();
    const secondRun = run(
      this.#options.second(),
      anySignal(outer, second.signal),
      () => {},
    ).finally(() => secondEnd.abort());
    await firstRun;
    // The second road carries the picture while the first is tried again now and then.
    const over = anySignal(outer, secondEnd.signal);
    for (let ms = FIRST_AGAIN_MS; !over.aborted; ms = Math.min(2 * ms, FIRST_AGAIN_MAX_MS)) {
      await pause(ms, over);
      if (!over.aborted) await runFirst();
    }
    await secondRun;
    return opened;
  }

  #set(state: ConnectionState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}
