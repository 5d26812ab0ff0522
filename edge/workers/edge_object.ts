// The edge inside one Durable Object, which has all cameras to itself. It sleeps whenever nothing is
// due: then memory may be gone at the next event, and its sockets stay open.

import { systemClock as clock } from "../../shared/clock.ts";
import { createLog } from "../../shared/log.ts";
import { lineOf, type Parsed } from "../../shared/settings.ts";
import type { CameraHub } from "../core/cameras/camera.ts";
import { type EdgeConfig, parseEdgeConfig } from "../core/config.ts";
import { Edge } from "../core/edge.ts";
import type { Bindings, ObjectContext, ObjectSocket } from "./runtime.ts";
import { jpegTools } from "./images.ts";
import { type Sockets, socketsOf } from "./sockets.ts";
import { SqlStore } from "./storage.ts";

/** How often what is due by time alone is looked at while the object is awake, ms. */
const TICK_MS = 1000;

/** Ticks after the last viewer, or until a camera is called lost: the store is asked before. */
const LAST_TICKS = 3;

const NOTES =
  "Streams and sockets are not made smaller on this host, whatever `w` says: snapshots and " +
  "pictures of the past are. A stream's picture without a signal tells no time.";

/** Ms between two writes of a watched camera's newest frame. What is lost is lost by a crash alone. */
const WATCHED_STORE_MS = 5000;

const settings = new WeakMap<Bindings, Parsed<EdgeConfig>>();

/** The settings, checked once: variables and secrets of the Worker, by the names that they have everywhere. */
export function settingsOf(env: Bindings): Parsed<EdgeConfig> {
  const texts = Object.entries(env).filter(([, value]) => typeof value === "string");
  const parsed = settings.get(env) ??
    parseEdgeConfig(Object.fromEntries(texts) as Record<string, string>);
  settings.set(env, parsed);
  return parsed;
}

export class EdgeObject {
  readonly #context: ObjectContext;
  readonly #edge: Edge;
  readonly #store: SqlStore;
  readonly #sockets: Sockets;
  #underWay = 0;
  #ticks: ReturnType<typeof setInterval> | undefined;
  #tickDue = 0;
  #ticksLeft = 0;
  /** When the next alarm is, Unix ms. */
  #alarmAt = Infinity;

  /** @throws Where the settings are wrong, which the Worker has told already. */
  constructor(context: ObjectContext, env: Bindings) {
    const parsed = settingsOf(env);
    if (!parsed.ok) throw new Error(parsed.problems.join("; "));
    const { config, warnings } = parsed;
    const log = createLog({ format: config.log, write: console.log, now: clock.now });
    for (const warning of warnings) log.warn(lineOf(warning));
    const sockets = socketsOf(context);
    const { storage } = context;
    this.#store = new SqlStore({ storage, clock, retentionMs: config.historyMs });
    const edge = new Edge(config, {
      clock,
      log,
      store: this.#store,
      images: jpegTools(),
      notes: NOTES,
      random: Math.random,
      acceptSocket: sockets.accept,
      clientAddress: ({ headers }) => headers.get("cf-connecting-ip") ?? "unknown",
      readAsset: async (name) => {
        const response = await env.ASSETS.fetch(`http://assets/assets/${name}`);
        if (!response.ok) throw new Error(`Read asset ${name}: got ${response.status}`);
        return new Uint8Array(await response.arrayBuffer());
      },
      billsRequests: true,
      soon: (work) => void setTimeout(work, 0),
    });
    this.#context = context;
    this.#edge = edge;
    this.#sockets = sockets;
    context.blockConcurrencyWhile(async () => {
      this.#alarmAt = await storage.getAlarm() ?? Infinity;
      await edge.start();
      await sockets.wake(edge.fetch);
    });
  }

  async fetch(request: Request): Promise<Response> {
    this.#underWay++;
    this.#goOn();
    try {
      return asIs(await this.#edge.fetch(request));
    } finally {
      this.#underWay--;
      this.#goOn();
    }
  }

  webSocketMessage(socket: ObjectSocket, data: string | ArrayBuffer): void {
    this.#sockets.message(socket, data);
    if (this.#ticks === undefined) this.#goOn();
  }

  webSocketClose(socket: ObjectSocket, code: number): void {
    this.#sockets.closed(socket, code);
    this.#goOn();
  }

  webSocketError(socket: ObjectSocket): void {
    this.webSocketClose(socket, 1006);
  }

  alarm(): void {
    this.#alarmAt = Infinity;
    this.#edge.tick(0);
    const isToldOf = ({ state, statusChanges }: CameraHub) => statusChanges.value?.state === state;
    if (!this.#edge.deps.hub.cameras.every(isToldOf)) this.#ticksLeft = LAST_TICKS;
    this.#goOn();
  }

  /** Whether somebody is to be shown what time alone changes. */
  get #isWatched(): boolean {
    const { hub, limits } = this.#edge.deps;
    return limits.gate.seated > this.#sockets.viewers.size ||
      hub.cameras.some(({ viewers, state }) => viewers.here > 0 && state === "live");
  }

  /** Behind every event, and every second while anything is under way. */
  #goOn(): void {
    const watched = this.#isWatched;
    this.#store.newestEveryMs = watched ? WATCHED_STORE_MS : 0;
    if (watched) this.#ticksLeft = LAST_TICKS;
    if (this.#underWay > 0 || this.#ticksLeft > 0) {
      this.#tickDue = this.#ticks === undefined ? clock.monotonic() + TICK_MS : this.#tickDue;
      this.#ticks ??= setInterval(() => this.#tick(), TICK_MS);
    } else {
      clearInterval(this.#ticks);
      this.#ticks = undefined;
      this.#rest();
    }
  }

  #tick(): void {
    const now = clock.monotonic();
    this.#edge.tick(Math.max(0, now - this.#tickDue));
    this.#tickDue = now + TICK_MS;
    if (this.#ticksLeft > 0) this.#ticksLeft--;
    this.#goOn();
  }

  /** Nothing runs from here to the next event: no timer may be left, which would keep it awake. */
  #rest(): void {
    this.#edge.rest();
    const dueMs = Math.min(...this.#edge.deps.hub.cameras.map(({ changesInMs }) => changesInMs));
    const dueAt = clock.now() + dueMs;
    // One that comes too early looks when the next is due: cheaper than to set it with each picture.
    if (dueAt >= this.#alarmAt) return;
    this.#alarmAt = dueAt;
    void this.#context.storage.setAlarm(dueAt);
  }
}

/** What the edge has compressed the runtime would compress once more. */
function asIs(response: Response): Response {
  if (!response.headers.has("content-encoding")) return response;
  const { status, headers, body } = response;
  const init = { status, headers, encodeBody: "manual" };
  return new Response(body, init);
}
