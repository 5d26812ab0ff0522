// A whole edge inside the test: real app, real KV in memory, a clock the test holds. No port.

import { parseEdgeConfig } from "../../edge/core/config.ts";
import { Edge } from "../../edge/core/edge.ts";
import { denoPlatform } from "../../edge/deno/platform.ts";
import { tick } from "../../edge/deno/serve.ts";
import type { FrameStore } from "../../edge/core/store/frame_store.ts";
import type { PeerStore } from "../../edge/core/store/peer_store.ts";
import { type KvStores, kvStores } from "../../edge/deno/kv/stores.ts";
import type { Log } from "../log.ts";
import { FakeClock } from "./fake_clock.ts";
import { TEST_TOKEN } from "./processes.ts";

/** An edge for tests, with what it was made from. */
export class TestEdge implements AsyncDisposable {
  readonly edge: Edge;
  readonly clock: FakeClock;
  readonly store: FrameStore;
  readonly peers: PeerStore;
  /** Everything logged. */
  readonly lines: string[];
  readonly #stopping = new AbortController();

  private constructor(edge: Edge, clock: FakeClock, stores: KvStores, lines: string[]) {
    this.edge = edge;
    this.clock = clock;
    this.store = stores.store;
    this.peers = stores.peers;
    this.lines = lines;
  }

  /**
   * Makes and starts an edge.
   *
   * @param env Settings by name; unless given there is a publish token, and sockets for viewers.
   * @param kvPath Default `:memory:`.
   * @param among Its name and its time, where there are several edges on one store; and how often
   *   that takes a newest frame unasked, by default never, as where writes are billed.
   */
  static async start(
    env: Readonly<Record<string, string>> = {},
    kvPath = ":memory:",
    { instance = "test", clock = new FakeClock(), newestEveryMs = Infinity }: {
      readonly instance?: string;
      readonly clock?: FakeClock;
      readonly newestEveryMs?: number;
    } = {},
  ): Promise<TestEdge> {
    const parsed = parseEdgeConfig({
      PERCH_PUBLISH_TOKENS: TEST_TOKEN,
      PERCH_VIEWER_SOCKETS: "true",
      ...env,
    });
    if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
    const lines: string[] = [];
    const write = (message: string) => void lines.push(message);
    const log: Log = { info: write, warn: write, error: write };
    const stores = kvStores({
      open: () => Deno.openKv(kvPath),
      instance,
      clock,
      deadlineMs: 5000,
      retentionMs: parsed.config.historyMs,
      newestEveryMs,
      polls: { framesMs: 10_000, viewersMs: 10_000 },
    });
    const edge = new Edge(parsed.config, {
      ...denoPlatform({ clock, log, ...stores }),
      random: () => 0.5,
    });
    clock.waitFor(() => stores.store.state.pending > 0);
    await edge.start();
    const started = new TestEdge(edge, clock, stores, lines);
    tick(edge, clock, started.#stopping.signal);
    return started;
  }

  /** Answers a request, by path or as a whole. */
  async request(path: string, init?: RequestInit): Promise<Response> {
    return await this.edge.fetch(new Request(`http://edge.test${path}`, init));
  }

  /** Uploads a frame as a camera does. */
  async put(
    jpeg: BodyInit,
    headers: Readonly<Record<string, string>> = {},
    path = "/live.jpeg",
  ): Promise<Response> {
    return await this.request(path, {
      method: "PUT",
      body: jpeg,
      headers: {
        authorization: `Bearer ${TEST_TOKEN}`,
        "content-type": "image/jpeg",
        ...headers,
      },
    });
  }

  /** Serves it on a free port of 127.0.0.1. It stops with that. */
  listen(): { readonly url: string } & AsyncDisposable {
    const loopback = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    const server = Deno.serve(loopback, this.edge.fetch);
    return {
      url: `http://127.0.0.1:${server.addr.port}`,
      [Symbol.asyncDispose]: async () => {
        await this.stop();
        await server.shutdown();
      },
    };
  }

  /** Waits until something holds, for what nothing tells of. @throws After ten seconds. */
  async until(holds: () => boolean): Promise<void> {
    const deadline = performance.now() + 10_000;
    while (!holds()) {
      if (performance.now() > deadline) throw new Error(`never held: ${holds}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** Stops the edge as SIGTERM does. */
  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    await this.edge.stop();
    this.store.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
