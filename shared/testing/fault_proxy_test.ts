import assert from "node:assert/strict";
import { FaultProxy } from "./fault_proxy.ts";

/** A server that says how many bytes a request had, with a proxy in front of it. */
async function withProxy(run: (proxy: FaultProxy, ask: Ask) => Promise<void>): Promise<void> {
  const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const server = Deno.serve(options, async (request) => {
    const body = await request.bytes().catch(() => undefined);
    return body ? new Response(String(body.length)) : new Response("cut off", { status: 400 });
  });
  const client = Deno.createHttpClient({});
  try {
    await using proxy = new FaultProxy(server.addr.port);
    await run(proxy, async (bytes, signal) => {
      const body = new Uint8Array(bytes);
      const response = await fetch(proxy.url, { method: "PUT", body, client, signal });
      return response.ok ? await response.text() : `${response.status} ${await response.text()}`;
    });
  } finally {
    client.close();
    await server.shutdown();
  }
}

type Ask = (bytes: number, signal?: AbortSignal) => Promise<string>;

Deno.test("without a fault the proxy passes everything and counts it", () =>
  withProxy(async (proxy, ask) => {
    assert.equal(await ask(100_000), "100000");
    assert.ok(proxy.bytesUp > 100_000 && proxy.bytesUp < 101_000);
  }));

Deno.test("refused: nobody listens, and open connections are reset", () =>
  withProxy(async (proxy, ask) => {
    await ask(1);
    proxy.set({ kind: "refuse" });
    assert.equal(proxy.connections, 0);
    await assert.rejects(ask(1), { name: "TypeError" });
    proxy.set({ kind: "none" });
    assert.equal(await ask(7), "7");
  }));

Deno.test("reset: a request that is longer never arrives, a shorter one does", () =>
  withProxy(async (proxy, ask) => {
    proxy.set({ kind: "reset", bytes: 20_000 });
    await assert.rejects(ask(500_000), { name: "TypeError" });
    assert.equal(await ask(1000), "1000");
  }));

Deno.test("black hole: no answer and no error, and the old connection stays dead", () =>
  withProxy(async (proxy, ask) => {
    await ask(1);
    proxy.set({ kind: "black hole" });
    const lost = new AbortController();
    const result = ask(1000, lost.signal).then(() => "answered", () => "aborted");
    assert.equal(await Promise.race([result, after(300, "silence")]), "silence");
    proxy.set({ kind: "none" });
    assert.equal(await Promise.race([result, after(300, "silence")]), "silence");
    lost.abort();
    assert.equal(await result, "aborted");
    assert.equal(await ask(9), "9");
  }));

Deno.test("answers lost: the request arrives, its answer does not", () =>
  withProxy(async (proxy, ask) => {
    proxy.set({ kind: "answers lost" });
    const before = proxy.bytesUp;
    const lost = new AbortController();
    const result = ask(1000, lost.signal).then(() => "answered", () => "aborted");
    assert.equal(await Promise.race([result, after(300, "silence")]), "silence");
    assert.ok(proxy.bytesUp > before + 1000);
    proxy.set({ kind: "none" });
    assert.equal(await ask(9), "9");
    lost.abort();
    assert.equal(await result, "aborted");
  }));

Deno.test("delay: every second request waits", () =>
  withProxy(async (proxy, ask) => {
    proxy.set({ kind: "delay", nth: 2, ms: 300 });
    const times: boolean[] = [];
    for (let i = 0; i < 4; i++) {
      const start = performance.now();
      await ask(1000);
      times.push(performance.now() - start >= 299);
    }
    assert.deepEqual(times, [false, true, false, true]);
  }));

Deno.test("answer: something else speaks in the server's place", () =>
  withProxy(async (proxy, ask) => {
    await ask(1);
    proxy.set({ kind: "answer", status: 503 });
    assert.equal(await ask(1000), "503 upstream connect error");
    proxy.set({ kind: "none" });
  }));

Deno.test("slow: bytes go up no faster than told", () =>
  withProxy(async (proxy, ask) => {
    proxy.set({ kind: "slow", bytesPerSecond: 100_000 });
    const start = performance.now();
    assert.equal(await ask(50_000), "50000");
    assert.ok(performance.now() - start >= 490);
  }));

function after<T>(ms: number, value: T): Promise<T> {
  return new Promise((resolve) => setTimeout(resolve, ms, value));
}
