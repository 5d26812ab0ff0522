// A KV Connect server for tests, which the stock `Deno.openKv("http://…")` talks to as it would to
// hosted KV or the denokv server. In memory, one token, faults on demand: not for real data.

import {
  decodeAtomicWrite,
  decodeSnapshotRead,
  decodeWatch,
  encodeAtomicWriteOutput,
  encodeSnapshotReadOutput,
  encodeWatchOutput,
} from "./kv_protobuf.ts";
import { H2Relay } from "./h2_relay.ts";
import { KvTable, textOf } from "./kv_table.ts";
import { type RunningEdge, startEdge, type StartOptions } from "./processes.ts";

/** The token that clients must have in `DENO_KV_ACCESS_TOKEN`. */
export const KV_TOKEN = "kv-connect-for-tests";

/** Starts an edge on a store that others use too. */
export function startInstance(kvPath: string, options: StartOptions = {}): Promise<RunningEdge> {
  return startEdge({
    ...options,
    env: {
      PERCH_KV_PATH: kvPath,
      DENO_KV_ACCESS_TOKEN: KV_TOKEN,
      PERCH_STRIP_METADATA: "false",
      PERCH_MAX_UPLOADS_PER_S: "1000",
      PERCH_MAX_VIEWERS_PER_ADDRESS: "1000",
      ...options.env,
    },
  });
}

/** The client repeats a failed call after about 200 ms. */
const CLIENT_RETRY_MS = 300;

/** What was sent has been taken after so long, ms. */
const QUIET_MS = 10;

/** What goes wrong at present. */
export interface KvFaults {
  /** Ms before every answer; a write happens in their middle. */
  latencyMs: number;
  /** Answer everything with this status, for instance 503. */
  status?: number;
}

/** What clients asked so far. */
export interface KvUsage {
  /** All that came in, refused ones too. */
  requests: number;
  reads: number;
  writes: number;
}

/** A running server. Its data outlives outages. */
export class KvConnectServer {
  readonly faults: KvFaults = { latencyMs: 0 };
  readonly usage: KvUsage = { requests: 0, reads: 0, writes: 0 };
  /** Bytes of writes that came in and are not answered yet. */
  openWriteBytes = 0;
  readonly table: KvTable = new KvTable();
  #usedAt = 0;
  #open = 0;
  #failed = false;
  readonly #watchers = new Set<() => void>();
  readonly #relay = new H2Relay();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    this.#server = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      onListen: () => {},
    }, (request) => this.#answer(request));
    this.#relay.start(this.#server.addr.port);
  }

  /** Whether clients may still be about to act on what it said. */
  get busy(): boolean {
    return performance.now() - this.#usedAt < QUIET_MS;
  }

  /** For `Deno.openKv`. */
  get url(): string {
    return `http://127.0.0.1:${this.#relay.port}`;
  }

  /** Drops every connection and refuses new ones, until `recover`. */
  fail(): void {
    this.#failed = true;
    this.#relay.cut();
    this.endWatches();
  }

  /** Accepts connections again, at the same address. */
  recover(): void {
    this.#relay.start(this.#server.addr.port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A call that the client still repeats would do so for ever, and Deno 2.9.5 ends with a
    // segmentation fault when a test file ends under one: what is no server error ends it.
    const failed = this.#failed || this.faults.status !== undefined;
    Object.assign(this.faults, { latencyMs: 0, status: failed ? 400 : undefined });
    this.endWatches();
    const since = performance.now();
    const quiet = () => performance.now() - Math.max(since, this.#usedAt);
    while (this.#open > 0 || quiet() < (failed ? CLIENT_RETRY_MS : 5 * QUIET_MS)) await pause(5);
    this.fail();
    await this.#server.shutdown();
  }

  /** Ends the watch streams, as a server does that restarts. */
  endWatches(): void {
    for (const end of this.#watchers) end();
  }

  async #answer(request: Request): Promise<Response> {
    const { latencyMs, status } = this.faults;
    this.usage.requests++;
    this.#open++;
    this.#usedAt = performance.now();
    const { pathname } = new URL(request.url);
    let written = 0;
    try {
      const bytes = await request.arrayBuffer().catch(() => undefined);
      if (!bytes) return new Response("the client has gone", { status: 400 });
      const body = new Uint8Array(bytes);
      if (pathname === "/v2/atomic_write") this.openWriteBytes += written = body.length;
      await pause(written > 0 ? latencyMs / 2 : latencyMs);
      if (status !== undefined) return new Response("injected fault", { status });
      const response = this.#carryOut(request, pathname, body);
      if (written > 0) await pause(latencyMs / 2);
      return response;
    } finally {
      this.#open--;
      this.#usedAt = performance.now();
      this.openWriteBytes -= written;
    }
  }

  #carryOut(request: Request, pathname: string, body: Uint8Array): Response {
    if (request.headers.get("authorization") !== `Bearer ${KV_TOKEN}`) {
      return new Response("wrong token", { status: 401 });
    }
    switch (pathname) {
      case "/":
        return Response.json({
          version: 3,
          databaseId: "b5d6a9e1-3f5c-4c53-9b3e-6f8a6f0f7c11",
          endpoints: [{ url: `${this.url}/v2`, consistency: "strong" }],
          token: KV_TOKEN,
          expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
        });
      case "/v2/snapshot_read":
        return this.#read(body);
      case "/v2/atomic_write":
        return this.#write(body);
      case "/v2/watch":
        return this.#watch(body);
      default:
        return new Response("no such path", { status: 404 });
    }
  }

  #read(body: Uint8Array): Response {
    const ranges = decodeSnapshotRead(body).map((range) => this.table.read(range));
    this.usage.reads++;
    return protobuf(encodeSnapshotReadOutput(ranges));
  }

  #write(body: Uint8Array): Response {
    this.usage.writes++;
    return protobuf(encodeAtomicWriteOutput(this.table.write(decodeAtomicWrite(body))));
  }

  #watch(body: Uint8Array): Response {
    const keys = decodeWatch(body);
    const texts = keys.map(textOf);
    let stopListening = () => {};
    let end = () => {};
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const send = (changed: (text: string) => boolean) => {
          this.#usedAt = performance.now();
          controller.enqueue(encodeWatchOutput(
            keys.map((key, i) => changed(texts[i]) ? { entry: this.table.get(key) } : undefined),
          ));
        };
        send(() => true);
        stopListening = this.table.onWrite((written) => {
          if (this.faults.status === undefined && texts.some((text) => written.has(text))) {
            send((text) => written.has(text));
          }
        });
        end = () => {
          stopListening();
          this.#watchers.delete(end);
          controller.close();
        };
        this.#watchers.add(end);
      },
      cancel: () => {
        stopListening();
        this.#watchers.delete(end);
      },
    });
    return protobuf(stream);
  }
}

async function pause(ms: number): Promise<void> {
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}

function protobuf(body: BodyInit): Response {
  return new Response(body, { headers: { "content-type": "application/x-protobuf" } });
}
