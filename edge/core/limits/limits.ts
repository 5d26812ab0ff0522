// Everything the edge counts against abuse, in one place; the routes ask and answer.

import type { Clock } from "../../../shared/clock.ts";
import type { EdgeConfig } from "../config.ts";
import type { Counter, Metrics } from "../metrics.ts";
import type { Platform } from "../platform.ts";
import { problem, problemException } from "../problem.ts";
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

/** Says who has to wait. */
export class RateLimiter {
  /** How often there was one, and how often not. */
  taken = 0;
  refused = 0;
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #gap: number;
  readonly #slack: number;
  readonly #restAt = new Map<string, number>();

  constructor(rate: Rate, clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
    this.#gap = 1000 / rate.perSecond;
    this.#slack = this.#gap * (rate.burst - 1);
  }

  /** Keys remembered now. */
  get size(): number {
    return this.#restAt.size;
  }

  /**
   * Takes one if there is one.
   *
   * @returns 0 where it was taken, else the whole seconds to wait.
   */
  take(key: string): number {
    const now = this.#clock.monotonic();
    const restAt = Math.max(this.#restAt.get(key) ?? now, now);
    const wait = Math.max(0, Math.ceil((restAt - now - this.#slack) / 1000));
    if (wait > 0) {
      this.refused++;
      return wait;
    }
    this.taken++;
    this.#restAt.delete(key);
    this.#restAt.set(key, restAt + this.#gap);
    if (this.#restAt.size > MAX_KEYS) this.#restAt.delete(this.#restAt.keys().next().value!);
    return 0;
  }

  /** As `take`, for requests: the 429 to answer with where there is none. */
  refusal(key: string, detail: string): Response | undefined {
    const retryAfter = this.take(key);
    return retryAfter > 0 ? problem(429, detail, { retryAfter }) : undefined;
  }
}

/** Does work when it is its turn. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Lets so much work be done at once; the rest waits.
 *
 * @param most At work and waiting together: more are refused with 503.
 */
export function turns(atOnce: number, most: number, detail: string, retryAfter: number): Turns {
  const waiting: (() => void)[] = [];
  let atWork = 0;
  return async function turn(work) {
    if (atWork + waiting.length >= most) throw problemException(503, detail, { retryAfter });
    if (atWork < atOnce) atWork++;
    else await new Promise<void>((go) => waiting.push(go));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else atWork--;
    }
  };
}

/** Wrong credentials an address may send: ten at once, then one in six seconds. */
const WRONG_CREDENTIALS = { perSecond: 1 / 6, burst: 10 };

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
  /** Requests of cameras, by camera. */
  readonly uploads: RateLimiter;
  /** Tokens and passwords that are none, by address. */
  readonly wrongCredentials: RateLimiter;
  /** Indexes and films of the past, by address. */
  readonly history: RateLimiter;
  /** Single pictures of the past, by address. */
  readonly pastFrames: RateLimiter;
  /**
   * Indexes of the past are read one after another: many at once would take longer than the store's
   * deadline, and then all of them fail.
   */
  readonly listing: Turns = turns(
    1,
    MAX_LISTINGS,
    "Read the past: too many ask for it at once.",
    5,
  );
  /** Viewers' sockets closed for what they sent. */
  readonly socketsTurnedOut: Counter;
  readonly #trustedProxies: number;
  readonly #platform: Platform;

  constructor(
    config: EdgeConfig,
    platform: Platform,
    metrics: Metrics,
  ) {
    this.#trustedProxies = config.trustedProxies;
    this.#platform = platform;
    const { clock } = platform;
    this.gate = new ViewerGate(config);
    this.waits = new ViewerGate({ ...config, maxViewers: 4 * config.maxViewers });
    const perSecond = config.maxUploadsPerSecond;
    this.uploads = new RateLimiter({ perSecond, burst: Math.max(10, 2 * perSecond) }, clock);
    this.wrongCredentials = new RateLimiter(WRONG_CREDENTIALS, clock);
    this.history = new RateLimiter(HISTORY, clock);
    this.pastFrames = new RateLimiter(PAST_FRAMES, clock);
    this.socketsTurnedOut = metrics.counter(
      "perch_sockets_turned_out_total",
      "Viewers' sockets closed for what they sent.",
    );
    this.#show(metrics);
  }

  /**
   * Whom a request counts for.
   *
   * @param info What the home told beside the request.
   */
  address(request: Request, info: unknown): string {
    const peer = this.#platform.clientAddress(request, info);
    const trusted = this.#trustedProxies;
    const forwardedFor = trusted > 0 ? request.headers.get("x-forwarded-for") : null;
    return clientAddress(peer, forwardedFor ?? undefined, trusted);
  }

  /** Whom a viewer's place counts for: this machine itself may watch as often as it likes. */
  viewerAddress(address: string): string | undefined {
    return address === "unknown" || isLoopback(address) ? undefined : address;
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

  #show(metrics: Metrics): void {
    const { gate, waits, uploads, history, pastFrames, wrongCredentials: wrong } = this;
    const past = () => history.refused + pastFrames.refused;
    const dropped = () => gate.dropped;
    const counted = metrics.countedBy.bind(metrics);
    counted("perch_uploads_limited_total", "429 answers to cameras.", () => uploads.refused);
    counted("perch_history_limited_total", "429 answers about the past.", past);
    counted("perch_wrong_credentials_total", "Wrong tokens and passwords.", () => wrong.taken);
    counted("perch_sign_ins_limited_total", "429 answers to wrong tokens.", () => wrong.refused);
    for (const limit of ["instance", "address"] as const) {
      const refused = () => gate.refused[limit] + waits.refused[limit];
      counted("perch_viewers_refused_total", "Viewers turned away at a limit.", refused, { limit });
    }
    counted("perch_viewers_dropped_total", "Viewers dropped because they took nothing.", dropped);
    metrics.gauge("perch_viewers_connected", "Streams and sockets.", () => gate.seated);
    metrics.gauge("perch_viewers_stuck", "Of these, not reading.", () => gate.stuck);
    metrics.gauge("perch_requests_waiting", "Requests held open.", () => waits.seated);
  }
}
