import assert from "node:assert/strict";
import { until } from "./wait.ts";
import { FaultProxy, type NetworkFault } from "./fault_proxy.ts";

/** A server that says how many bytes a request had, and counts requests, behind a proxy. */
async function withProxy(
  run: (set: FaultProxy["set"], ask: Ask, arrived: () => number) => Promise<void>,
) {
  let arrived = 0;
  const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const server = Deno.serve(options, async (request) => {
    const body = await request.bytes().catch(() => undefined);
    arrived++;
    return body ? new Response(String(body.length)) : new Response("cut off", { status: 400 });
  });
  const client = Deno.createHttpClient({});
  try {
    await using proxy = new FaultProxy(server.addr.port);
    const ask: Ask = async (bytes, signal) => {
      const body = new Uint8Array(bytes);
      const response = await fetch(proxy.url, { method: "PUT", body, client, signal });
      return response.ok ? await response.text() : `${response.status} ${await response.text()}`;
    };
    await run((fault) => proxy.set(fault), ask, () => arrived);
  } finally {
    client.close();
    await server.shutdown();
  }
}

type Ask = (bytes: number, signal?: AbortSignal) => Promise<string>;

const NONE: NetworkFault = { kind: "none" };

Deno.test("refused, reset or answered by something else: an error at once, and none after it", () =>
  withProxy(async (set, ask) => {
    assert.equal(await ask(100_000), "100000");
    set({ kind: "refuse" });
    await assert.rejects(ask(1), { name: "TypeError" });
    set({ kind: "reset", bytes: 20_000 });
    await assert.rejects(ask(500_000), { name: "TypeError" });
    assert.equal(await ask(1000), "1000", "a shorter one");
    set({ kind: "answer", status: 503 });
    assert.equal(await ask(1000), "503 upstream connect error");
    set(NONE);
    assert.equal(await ask(7), "7");
  }));

for (const kind of ["black hole", "answers lost"] as const) {
  Deno.test(`${kind}: no answer and no error, and the old connection stays so`, () =>
    withProxy(async (set, ask, arrived) => {
      await ask(1);
      set({ kind });
      const lost = new AbortController();
      const result = ask(1000, lost.signal).then(() => "answered", () => "aborted");
      const silence = () => new Promise((resolve) => setTimeout(resolve, 300, "silence"));
      assert.equal(await Promise.race([result, silence()]), "silence");
      const wanted = kind === "black hole" ? 1 : 2;
      await until("what arrives", () => arrived() === wanted);
      set(NONE);
      assert.equal(await Promise.race([result, silence()]), "silence");
      lost.abort();
      assert.equal(await result, "aborted");
      assert.equal(await ask(9), "9");
    }));
}

Deno.test("a slow line takes its time, either way, and each second request its delay", () =>
  withProxy(async (set, ask) => {
    const took = async (bytes: number) => {
      const start = performance.now();
      assert.equal(await ask(bytes), String(bytes));
      return performance.now() - start;
    };
    set({ kind: "slow", bytesPerSecond: 100_000 });
    assert.ok(await took(50_000) >= 490);
    set({ kind: "slow answers", bytesPerSecond: 1000 });
    assert.ok(await took(1) >= 100);
    set({ kind: "delay", nth: 2, ms: 300 });
    assert.ok(Math.max(await took(1000), await took(1000)) >= 299);
  }));
