// `TestEdge` inside Workers' runtime: the same edge, on the storage of the object whose turn it is.

import { parseEdgeConfig } from "../../edge/core/config.ts";
import { Edge } from "../../edge/core/edge.ts";
import type { Platform } from "../../edge/core/platform.ts";
import type { FrameStore } from "../../edge/core/store/frame_store.ts";
import type { ObjectStorage } from "../../edge/workers/runtime.ts";
import { jpegTools } from "../../edge/workers/images.ts";
import { SqlStore } from "../../edge/workers/storage.ts";
import type { Log } from "../log.ts";
import { FakeClock } from "./fake_clock.ts";
import { Elsewhere } from "./worker_deno.ts";
import { TEST_TOKEN } from "./processes.ts";

/** What the object of this test has. */
export const object: { storage?: ObjectStorage; readAsset?: Platform["readAsset"] } = {};

/** As in test_edge.ts, which it stands in for. */
export class TestEdge implements AsyncDisposable {
  readonly edge: Edge;
  readonly clock: FakeClock;
  readonly store: FrameStore;
  readonly lines: string[];
  readonly #stopping = new AbortController();

  private constructor(edge: Edge, clock: FakeClock, store: FrameStore, lines: string[]) {
    this.edge = edge;
    this.clock = clock;
    this.store = store;
    this.lines = lines;
  }

  static async start(
    env: Readonly<Record<string, string>> = {},
    _kvPath?: string,
    { clock = new FakeClock() }: { readonly clock?: FakeClock } = {},
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
    const storage = object.storage!;
    const retentionMs = parsed.config.historyMs;
    const store = new SqlStore({ storage, clock, retentionMs });
    store.newestEveryMs = Infinity;
    storage.sql.exec("DELETE FROM frames");
    const edge = new Edge(parsed.config, {
      clock,
      log,
      store,
      images: jpegTools(),
      random: () => 0.5,
      acceptSocket: () => {
        throw new Error("Sockets are tried over real connections");
      },
      clientAddress: ({ headers }) => headers.get("cf-connecting-ip") ?? "unknown",
      readAsset: object.readAsset!,
      soon: (work) => void setTimeout(work, 0),
    });
    await edge.start();
    const started = new TestEdge(edge, clock, store, lines);
    void started.#tick();
    return started;
  }

  async #tick(): Promise<void> {
    const { signal } = this.#stopping;
    for (;;) {
      await this.clock.sleep(1000, signal).catch(() => {});
      if (signal.aborted) return;
      this.edge.tick(0);
    }
  }

  async request(path: string, init?: RequestInit): Promise<Response> {
    return await this.edge.fetch(new Request(`http://edge.test${path}`, init));
  }

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

  listen(): never {
    throw new Elsewhere("A port");
  }

  async until(holds: () => boolean): Promise<void> {
    const deadline = performance.now() + 10_000;
    while (!holds()) {
      if (performance.now() > deadline) throw new Error(`never held: ${holds}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    await this.edge.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
