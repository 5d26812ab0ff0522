// Everything the edge counts against abuse, in one place; the routes ask and answer.

import type { Context } from "hono";
import {
  convertIPv4BinaryToString,
  convertIPv4MappedIPv6ToIPv4,
  convertIPv6BinaryToString,
  convertIPv6ToBinary,
  distinctRemoteAddr,
  isIPv4MappedIPv6,
} from "hono/utils/ipaddr";
import type { Clock } from "../../../shared/clock.ts";
import type { EdgeConfig } from "../config.ts";
import type { Metrics } from "../metrics.ts";
import type { Platform } from "../platform.ts";
import { problem, problemException } from "../problem.ts";
import { ViewerGate } from "./viewer_gate.ts";

export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** More keys than this are not told apart: the one unused for longest is forgotten. */
const MAX_KEYS = 10_000;

export class RateLimiter {
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

  get size(): number {
    return this.#restAt.size;
  }

  /** Takes one if there is one. @returns 0 where there was, else the whole seconds to wait. */
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

/** Lets so much work be done at once; the rest waits, `most` together: more are refused with 503. */
export function turns(atOnce: number, most: number, detail: string, retryAfter: number) {
  const waiting: (() => void)[] = [];
  let atWork = 0;
  return async function turn<T>(work: () => Promise<T>): Promise<T> {
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
 * Indexes, days and films of the past an address may ask for: each reads much of the store, and takes a
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

export type Limits = ReturnType<typeof limitsOf>;

export function limitsOf(config: EdgeConfig, platform: Platform, metrics: Metrics) {
  const { clock } = platform;
  const { maxUploadsPerSecond: perSecond, maxViewers, trustedProxies } = config;
  const gate = new ViewerGate(config);
  /** Requests for a picture that wait for one. */
  const waits = new ViewerGate({ ...config, maxViewers: 4 * maxViewers });
  /** By camera; the others by address. */
  const uploads = new RateLimiter({ perSecond, burst: Math.max(10, 2 * perSecond) }, clock);
  const wrongCredentials = new RateLimiter(WRONG_CREDENTIALS, clock);
  const history = new RateLimiter(HISTORY, clock);
  const pastFrames = new RateLimiter(PAST_FRAMES, clock);
  // One after another: many at once would take longer than the store's deadline, and all of them fail.
  const listing = turns(1, MAX_LISTINGS, "Read the past: too many ask for it at once.", 5);
  const socketsTurnedOut = metrics.counter(
    "perch_sockets_turned_out_total",
    "Viewers' sockets closed for what they sent.",
  );
  const past = () => history.refused + pastFrames.refused;
  const wrong = wrongCredentials;
  const dropped = () => gate.dropped;
  const counted = metrics.countedBy.bind(metrics);
  counted("perch_uploads_limited_total", "429 answers to cameras.", () => uploads.refused);
  counted("perch_history_limited_total", "429 answers about the past.", past);
  counted("perch_wrong_credentials_total", "Wrong tokens and passwords.", () => wrong.taken);
  counted("perch_sign_ins_limited_total", "429 answers to wrong tokens.", () => wrong.refused);
  counted("perch_viewers_dropped_total", "Viewers dropped because they took nothing.", dropped);
  counted("perch_viewers_refused_total", "Viewers turned away at a limit.", () => ({
    'limit="instance"': gate.refused.instance + waits.refused.instance,
    'limit="address"': gate.refused.address + waits.refused.address,
  }));
  metrics.gauge("perch_viewers_connected", "Streams and sockets.", () => gate.seated);
  metrics.gauge("perch_viewers_stuck", "Of these, not reading.", () => gate.stuck);
  metrics.gauge("perch_requests_waiting", "Requests held open.", () => waits.seated);

  /** Whose address was asked for last: one request is counted in several places. */
  let asked: { readonly raw: Request; readonly address: string } | undefined;

  /** Whom a request counts for: the person behind it. */
  function address({ req, env }: Context): string {
    const { raw } = req;
    if (asked?.raw === raw) return asked.address;
    const forwardedFor = trustedProxies > 0 ? req.header("x-forwarded-for") : undefined;
    const peer = platform.clientAddress(raw, env);
    asked = { raw, address: clientAddress(peer, forwardedFor, trustedProxies) };
    return asked.address;
  }

  return {
    ...{ gate, waits, uploads, wrongCredentials, pastFrames, listing, socketsTurnedOut },
    address,

    /** Whom a viewer's place counts for: this machine itself may watch as often as it likes. */
    viewerAddress(context: Context): string | undefined {
      const whose = address(context);
      return whose === "unknown" || isLoopback(whose) ? undefined : whose;
    },

    /** Who polls: address and program. Two phones behind one address are two if they differ. */
    poller(context: Context): string {
      return `${address(context)} ${(context.req.header("user-agent") ?? "").slice(0, 200)}`;
    },

    /**
     * Notes a wrong credential: 429 where its address has sent too many of them. Never asked of a
     * right one: who guesses must not lock out who shares the address.
     */
    tooManyWrong(context: Context): Response | undefined {
      const detail = "Sign in: too many wrong credentials from this address.";
      return wrongCredentials.refusal(address(context), detail);
    },

    /** Counts a request for the past, of which one for more than a picture is dearer. */
    tooMuchPast(context: Context): Response | undefined {
      const limit = context.req.param("file") === undefined ? history : pastFrames;
      const detail = "Read the past: too many requests from this address.";
      return limit.refusal(address(context), detail);
    },

    tooManyUploads(cam: string): Response | undefined {
      return uploads.refusal(cam, `Camera ${cam} sends too many requests a second.`);
    },

    endPass(key: string): void {
      for (const one of [gate, waits]) one.endPass(key);
    },

    tick(): void {
      for (const one of [gate, waits]) one.tick(clock.monotonic(), clock.now());
    },
  };
}

/** The address that limits count by: IPv4 as it is, IPv6 as its /64, which is what one person has. */
export function clientAddress(
  peer: string,
  forwardedFor: string | undefined,
  trustedProxies: number,
): string {
  // What is no address costs an error with its stack: nothing is asked where nobody says anything.
  const hop = trustedHop(forwardedFor, trustedProxies);
  return (hop === "" ? undefined : addressKey(hop)) ?? addressKey(peer) ?? peer;
}

/**
 * What the outermost of the trusted proxies says in a header to which each of them appends: counted
 * from the right, the rest is anybody's invention. Empty where nothing is said.
 */
export function trustedHop(header: string | undefined, trustedProxies: number): string {
  const hops = trustedProxies > 0 ? header?.split(",") ?? [] : [];
  return hops[Math.max(0, hops.length - trustedProxies)]?.trim() ?? "";
}

/** Whether a key of `clientAddress` is this machine: its owner, or a proxy nobody told us of. */
export function isLoopback(key: string): boolean {
  return key.startsWith("127.") || key === "::/64";
}

/** Characters of an address: IPv6 with an IPv4 part, in brackets, with a port. */
const MAX_ADDRESS = 53;

/** What addresses were read as: who polls is asked about for each picture. */
const keys = new Map<string, string | undefined>();

function addressKey(text: string): string | undefined {
  if (text.length > MAX_ADDRESS) return undefined;
  if (!keys.has(text)) {
    if (keys.size >= MAX_KEYS) keys.clear();
    keys.set(text, readAddress(text));
  }
  return keys.get(text);
}

function readAddress(text: string): string | undefined {
  // Proxies write a port behind it, and IPv6 in brackets.
  const address = text.replace(/^\[(.*)\](:\d+)?$/, "$1").replace(/^([\d.]+):\d+$/, "$1");
  if (distinctRemoteAddr(address) === "IPv4") return address;
  try {
    const binary = convertIPv6ToBinary(address);
    if (isIPv4MappedIPv6(binary)) {
      return convertIPv4BinaryToString(convertIPv4MappedIPv6ToIPv4(binary));
    }
    return `${convertIPv6BinaryToString(binary >> 64n << 64n)}/64`;
  } catch {
    return undefined;
  }
}
