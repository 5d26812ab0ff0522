// A whole edge inside the test: real app, real store, a clock the test holds. No port.

import { parseEdgeConfig } from "../../edge/core/config.ts";
import { Edge } from "../../edge/core/edge.ts";
import type { FrameStore } from "../../edge/core/store/frame_store.ts";
import type { PeerStore } from "../../edge/core/store/peer_store.ts";
import { FakeClock } from "./fake_clock.ts";
import { TEST_TOKEN } from "./processes.ts";
import { type Among, platformOf } from "./test_home.ts";
import { fakeLog } from "./fake_log.ts";

/** Hashes that other threads are at work on: fake time has to wait for them, as for a store. */
let hashing = 0;
for (const name of ["digest", "sign"] as const) {
  const hash = crypto.subtle[name] as (...input: unknown[]) => Promise<ArrayBuffer>;
  const value = async (...input: unknown[]) => {
    hashing++;
    return await Reflect.apply(hash, crypto.subtle, input).finally(() => hashing--);
  };
  Object.defineProperty(crypto.subtle, name, { value });
}

/** An edge for tests, with what it was made from. */
export class TestEdge implements AsyncDisposable {
  readonly edge: Edge;
  readonly clock: FakeClock;
  readonly store: FrameStore;
  readonly peers: PeerStore;
  /** Everything logged. */
  readonly lines: readonly string[];
  readonly #stopping = new AbortController();

  private constructor(edge: Edge, clock: FakeClock, lines: readonly string[]) {
    this.edge = edge;
    this.clock = clock;
    this.store = edge.deps.store;
    this.peers = edge.deps.peers!;
    this.lines = lines;
  }

  /**
   * Makes and starts an edge.
   *
   * @param env Settings by name; unless given there is a publish token, and sockets for viewers.
   * @param kvPath Default `:memory:`.
   * @param among Where there are several edges on one store: its name, and its time.
   */
  static async start(
    env: Readonly<Record<string, string>> = {},
    kvPath = ":memory:",
    { clock = new FakeClock(), ...among }: Among & { readonly clock?: FakeClock } = {},
  ): Promise<TestEdge> {
    const parsed = parseEdgeConfig({
      PERCH_PUBLISH_TOKENS: TEST_TOKEN,
      PERCH_VIEWER_SOCKETS: "true",
      ...env,
    });
    if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
    const { lines, log } = fakeLog();
    const platform = platformOf(parsed.config, { clock, log }, kvPath, among);
    clock.waitFor(() => platform.store.state.pending > 0);
    clock.waitFor(() => hashing > 0);
    const edge = new Edge(parsed.config, { ...platform, random: () => 0.5 });
    await edge.start();
    const started = new TestEdge(edge, clock, lines);
    void started.#tick();
    return started;
  }

  async #tick(): Promise<void> {
    const { clock } = this;
    const { signal } = this.#stopping;
    for (;;) {
      const due = clock.monotonic() + 1000;
      await clock.sleep(1000, signal).catch(() => {});
      if (signal.aborted) return;
      this.edge.tick(clock.monotonic() - due);
    }
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

  /** Waits until something holds, for what nothing tells of. @throws After a minute. */
  async until(holds: () => boolean): Promise<void> {
    const deadline = performance.now() + 60_000;
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
