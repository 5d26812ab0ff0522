// Everything the edge counts against abuse, in one place; the routes ask and answer.

import type { Counter, Metrics } from "../metrics.ts";
import type { Platform } from "../platform.ts";
import { problemException } from "../problem.ts";
import { clientAddress, isLoopback } from "./client_address.ts";
import { ViewerGate } from "./viewer_gate.ts";

/** How much a key may do. */
export interface Rate {
  /** On average. */
  readonly perSecond: number;
  /** At once after a rest. */
  readonly burst: number;
}

/** More keys than this are not told apart: the one unused for longest is forgotten. */
const MAX_KEYS = 10_000;

/** Says who has to wait. Times are monotonic ms. */
export class RateLimiter {
  readonly #gap: number;
  readonly #slack: number;
  readonly #restAt = new Map<string, number>();

  constructor(rate: Rate) {
    this.#gap = 1000 / rate.perSecond;
    this.#slack = this.#gap * (rate.burst - 1);
  }

  /** Keys remembered now. */
  get size(): number {
    return this.#restAt.size;
  }

  /** Whole seconds until `key` may go on; 0 where it may now. */
  wait(key: string, now: number): number {
    const restAt = this.#restAt.get(key) ?? now;
    return Math.max(0, Math.ceil((restAt - now - this.#slack) / 1000));
  }

  /**
   * Takes one if there is one.
   *
   * @returns 0 where it was taken, else the whole seconds to wait.
   */
  take(key: string, now: number): number {
    const wait = this.wait(key, now);
    if (wait > 0) return wait;
    const restAt = Math.max(this.#restAt.get(key) ?? now, now);
    this.#restAt.delete(key);
    this.#restAt.set(key, restAt + this.#gap);
    if (this.#restAt.size > MAX_KEYS) {
      for (const [oldest] of this.#restAt) {
        this.#restAt.delete(oldest);
        break;
      }
    }
    return 0;
  }
}

/** What the limits go by. */
export interface LimitOptions {
  readonly trustedProxies: number;
  readonly maxViewers: number;
  readonly maxViewersPerAddress: number;
  /** Requests of one camera. */
  readonly maxUploadsPerSecond: number;
}

/** Wrong credentials an address may send: ten at once, then one in six seconds. */
const WRONG_CREDENTIALS = { perSecond: 1 / 6, burst: 10 };

/** Counts viewers by the limit that turned them away. */
export const VIEWERS_REFUSED = "perch_viewers_refused_total";

/**
 * Indexes and films of the past an address may ask for: each reads much of the store, and takes a
 * tenth of a second of CPU time where many pictures are kept.
 */
const HISTORY = { perSecond: 2, burst: 60 };

/** Indexes that may wait for their turn, everybody's together. */
const MAX_LISTINGS = 32;

/**
 * Single pictures of it: one small read each, and none for who has it already. A page that plays the
 * day asks for twelve a second, and a school or an office is one address.
 */
const PAST_FRAMES = { perSecond: 60, burst: 1000 };

/** The limits of one instance. */
export class Limits {
  readonly gate: ViewerGate;
  /** Requests for a picture that wait for one, by address. */
  readonly waits: ViewerGate;
  /** Viewers' sockets closed for what they sent. */
  readonly socketsTurnedOut: Counter;
  readonly #options: LimitOptions;
  readonly #platform: Pick<Platform, "clock" | "clientAddress">;
  readonly #uploads: RateLimiter;
  readonly #credentials: RateLimiter = new RateLimiter(WRONG_CREDENTIALS);
  readonly #history: RateLimiter = new RateLimiter(HISTORY);
  readonly #pastFrames: RateLimiter = new RateLimiter(PAST_FRAMES);
  /** Settled when no index is being read. */
  #listing: Promise<unknown> = Promise.resolve();
  #listings = 0;
  readonly #historyLimited: Counter;
  readonly #uploadsLimited: Counter;
  readonly #wrong: Counter;
  readonly #wrongLimited: Counter;

  constructor(
    options: LimitOptions,
    platform: Pick<Platform, "clock" | "clientAddress">,
    metrics: Metrics,
  ) {
    this.#options = options;
    this.#platform = platform;
    const { maxViewers, maxViewersPerAddress: maxPerAddress, maxUploadsPerSecond } = options;
    this.gate = new ViewerGate({ maxViewers, maxPerAddress });
    this.waits = new ViewerGate({ maxViewers: 4 * maxViewers, maxPerAddress });
    this.#uploads = new RateLimiter({
      perSecond: maxUploadsPerSecond,
      burst: Math.max(10, 2 * maxUploadsPerSecond),
    });
    const counter = (name: string, help: string) => metrics.counter(name, help);
    this.#uploadsLimited = counter("perch_uploads_limited_total", "429 answers to cameras.");
    this.#historyLimited = counter("perch_history_limited_total", "429 answers about the past.");
    this.#wrong = counter("perch_wrong_credentials_total", "Wrong tokens and passwords.");
    this.#wrongLimited = counter("perch_sign_ins_limited_total", "429 answers to wrong tokens.");
    this.socketsTurnedOut = counter(
      "perch_sockets_turned_out_total",
      "Viewers' sockets closed for what they sent.",
    );
    for (const limit of ["instance", "address"]) {
      metrics.counter(VIEWERS_REFUSED, "Viewers turned away at a limit.", { limit });
    }
    metrics.countedBy(
      "perch_viewers_dropped_total",
      "Viewers dropped because they took nothing.",
      () => this.gate.dropped,
    );
    metrics.gauge("perch_viewers_connected", "Streams and sockets.", () => this.gate.seated);
    metrics.gauge("perch_viewers_stuck", "Of these, not reading.", () => this.gate.stuck);
    metrics.gauge("perch_requests_waiting", "Requests held open.", () => this.waits.seated);
  }

  /**
   * Whom a request counts for.
   *
   * @param info What the home told beside the request.
   */
  address(request: Request, info: unknown): string {
    const forwardedFor = request.headers.get("x-forwarded-for") ?? undefined;
    return clientAddress(this.#platform.clientAddress(request, info), forwardedFor, this.#options);
  }

  /** Whom a viewer's place counts for: this machine itself may watch as often as it likes. */
  viewerAddress(address: string): string | undefined {
    return address === "unknown" || isLoopback(address) ? undefined : address;
  }

  /** Takes one request of a camera: 0, or the seconds to wait. */
  upload(cam: string): number {
    const wait = this.#uploads.take(cam, this.#platform.clock.monotonic());
    if (wait > 0) this.#uploadsLimited.value++;
    return wait;
  }

  /**
   * Takes one request of an address for the past: 0, or the seconds to wait.
   *
   * @param what One picture of it, or an index or film of many.
   */
  history(address: string, what: "one" | "many"): number {
    const limiter = what === "one" ? this.#pastFrames : this.#history;
    const wait = limiter.take(address, this.#platform.clock.monotonic());
    if (wait > 0) this.#historyLimited.value++;
    return wait;
  }

  /**
   * Reads an index of the past, one after another: many at once would take longer than the store's
   * deadline, and then all of them fail.
   *
   * @throws 503 where too many wait.
   */
  async listing<T>(read: () => Promise<T>): Promise<T> {
    if (this.#listings >= MAX_LISTINGS) {
      throw problemException(503, "Read the past: too many ask for it at once.", { retryAfter: 5 });
    }
    this.#listings++;
    const turn = this.#listing.then(read).finally(() => this.#listings--);
    this.#listing = turn.catch(() => {});
    return await turn;
  }

  /** Seconds until an address may try a credential again; 0 = now. */
  credentialWait(address: string): number {
    const wait = this.#credentials.wait(address, this.#platform.clock.monotonic());
    if (wait > 0) this.#wrongLimited.value++;
    return wait;
  }

  /** Notes that an address sent a wrong credential. */
  wrongCredential(address: string): void {
    this.#wrong.value++;
    this.#credentials.take(address, this.#platform.clock.monotonic());
  }

  /** Ends whoever watches or waits by a pass that was given back. */
  endPass(key: string): void {
    for (const gate of [this.gate, this.waits]) gate.endPass(key);
  }

  /** Looks at who is stuck, and at whose pass has ended. To be called every second or so. */
  tick(): void {
    const { clock } = this.#platform;
    for (const gate of [this.gate, this.waits]) gate.tick(clock.monotonic(), clock.now());
  }
}
