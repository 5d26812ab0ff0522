// A KV Connect server for tests, which the stock `Deno.openKv("http://…")` talks to as it would to
// hosted KV or the denokv server. In memory, one token, faults on demand: not for real data.

import Pbf from "pbf";
import { turns } from "../../edge/core/limits/limits.ts";
import { H2Relay } from "./h2_relay.ts";
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

/** How the client has encoded a value: as bytes that stand for themselves. Others are kept as it sent them. */
const RAW = 3;
type Value = Uint8Array | { readonly data: Uint8Array; readonly encoding: number };

/** A running server. Its data outlives outages. */
export class KvConnectServer {
  /** Ms before every answer (a write happens in their middle), and a status for all of them, such as 503. */
  readonly faults: { latencyMs: number; status?: number } = { latencyMs: 0 };
  /** What clients asked so far; `requests` counts refused ones too. */
  readonly usage = { requests: 0, reads: 0, writes: 0 };
  /** Bytes of writes that came in and are not answered yet. */
  openWriteBytes = 0;
  /** The client's keys are bytes here. */
  readonly #kv: Promise<Deno.Kv> = Deno.openKv(":memory:");
  /** What is read in several ranges is of one moment. */
  readonly #alone = turns(1, Infinity, "", 0);
  #usedAt = 0;
  #open = 0;
  #failed = false;
  readonly #watches = new Set<TransformStreamDefaultController>();
  readonly #relay = new H2Relay();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    const loopback = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    this.#server = Deno.serve(loopback, (request) => this.#answer(request));
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
    (await this.#kv).close();
  }

  /** Ends the watch streams, as a server does that restarts. */
  endWatches(): void {
    for (const watch of this.#watches) watch.terminate();
    this.#watches.clear();
  }

  async #answer(request: Request): Promise<Response> {
    const { latencyMs, status } = this.faults;
    this.usage.requests++;
    this.#open++;
    this.#usedAt = performance.now();
    const { pathname } = new URL(request.url);
    let written = 0;
    try {
      const body = await request.bytes().catch(() => undefined);
      if (!body) return new Response("the client has gone", { status: 400 });
      if (pathname === "/v2/atomic_write") this.openWriteBytes += written = body.length;
      await pause(written > 0 ? latencyMs / 2 : latencyMs);
      if (status !== undefined) return new Response("injected fault", { status });
      if (request.headers.get("authorization") !== `Bearer ${KV_TOKEN}`) {
        return new Response("wrong token", { status: 401 });
      }
      const response = await this.#carryOut(pathname, body);
      if (written > 0) await pause(latencyMs / 2);
      return response;
    } finally {
      this.#open--;
      this.#usedAt = performance.now();
      this.openWriteBytes -= written;
    }
  }

  async #carryOut(pathname: string, body: Uint8Array): Promise<Response> {
    const kv = await this.#kv;
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
        this.usage.reads++;
        return protobuf(await this.#alone(() => read(kv, body)));
      case "/v2/atomic_write":
        this.usage.writes++;
        return protobuf(await this.#alone(() => write(kv, body)));
      case "/v2/watch":
        return protobuf(this.#watch(kv, body));
      default:
        return new Response("no such path", { status: 404 });
    }
  }

  #watch(kv: Deno.Kv, body: Uint8Array): BodyInit {
    const keys = parts(body, 1).map((key) => [parts(key, 1)[0]]);
    return kv.watch<Value[]>(keys).pipeThrough(
      new TransformStream<Deno.KvEntryMaybe<Value>[], Uint8Array>({
        start: (controller) => void this.#watches.add(controller),
        transform: (entries, controller) => {
          if (this.faults.status !== undefined) return;
          this.#usedAt = performance.now();
          const message = watchOutput(entries);
          const length = new Uint8Array(4);
          new DataView(length.buffer).setUint32(0, message.length, true);
          controller.enqueue(length);
          controller.enqueue(message);
        },
      }),
    );
  }
}

async function pause(ms: number): Promise<void> {
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}

function protobuf(body: BodyInit): Response {
  return new Response(body, { headers: { "content-type": "application/x-protobuf" } });
}

/** What a message says, by the numbers of its fields: messages and bytes, or numbers. */
function fields(bytes: Uint8Array): Record<number, (Uint8Array | number)[]> {
  return new Pbf(bytes).readFields((number, found: ReturnType<typeof fields>, from) => {
    (found[number] ??= []).push(from.type === 2 ? from.readBytes().slice() : from.readVarint());
  }, {});
}

function parts(bytes: Uint8Array, number: number): Uint8Array<ArrayBuffer>[] {
  return (fields(bytes)[number] ?? []) as Uint8Array<ArrayBuffer>[];
}

/** `SnapshotRead`: ranges of keys, start included, end not. */
async function read(kv: Deno.Kv, body: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const output = new Pbf();
  for (const range of parts(body, 1)) {
    const { 1: [start], 2: [end], 3: [limit], 4: [reverse] = [0] } = fields(range);
    const selector = { start: [start], end: [end] };
    const options = { limit: Number(limit), reverse: reverse !== 0 };
    const entries = await Array.fromAsync(kv.list<Value>(selector, options));
    output.writeMessage(1, (all, to) => {
      for (const entry of all) to.writeMessage(1, writeEntry, entry);
    }, entries);
  }
  output.writeVarintField(4, 1); // strongly consistent
  output.writeVarintField(8, 1); // done
  return finished(output);
}

/** `AtomicWrite`: checks, and keys that are set or deleted. Sums and the like are not spoken here. */
async function write(kv: Deno.Kv, body: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const atomic = kv.atomic();
  for (const check of parts(body, 1)) {
    const { 1: [key], 2: [stamp] = [] } = fields(check);
    const versionstamp = stamp instanceof Uint8Array && stamp.length > 0 ? stamp.toHex() : null;
    atomic.check({ key: [key], versionstamp });
  }
  for (const mutation of parts(body, 2)) {
    const { 1: [key], 2: [value] = [], 3: [type], 4: [expireAt] = [0] } = fields(mutation);
    if (type === 2) atomic.delete([key]);
    else {
      const { 1: [data], 2: [encoding] } = fields(value as Uint8Array);
      const expireIn = expireAt === 0 ? undefined : Math.max(1, Number(expireAt) - Date.now());
      atomic.set([key], encoding === RAW ? data : { data, encoding }, { expireIn });
    }
  }
  const result = await atomic.commit();
  const output = new Pbf();
  output.writeVarintField(1, result.ok ? 1 : 2);
  if (result.ok) output.writeBytesField(2, Uint8Array.fromHex(result.versionstamp));
  return finished(output);
}

/** `WatchOutput`: each key that is watched, as having changed. */
function watchOutput(entries: readonly Deno.KvEntryMaybe<Value>[]): Uint8Array<ArrayBuffer> {
  const output = new Pbf();
  output.writeVarintField(1, 1); // done
  for (const entry of entries) {
    output.writeMessage(2, (entry, to) => {
      to.writeVarintField(1, 1);
      if (entry.versionstamp !== null) to.writeMessage(2, writeEntry, entry);
    }, entry);
  }
  return finished(output);
}

function writeEntry({ key, value, versionstamp }: Deno.KvEntry<Value>, to: Pbf): void {
  const { data, encoding } = value instanceof Uint8Array ? { data: value, encoding: RAW } : value;
  to.writeBytesField(1, key[0] as Uint8Array);
  to.writeBytesField(2, data);
  to.writeVarintField(3, encoding);
  to.writeBytesField(4, Uint8Array.fromHex(versionstamp));
}

function finished(output: Pbf): Uint8Array<ArrayBuffer> {
  return new Uint8Array(output.finish());
}
