import assert from "node:assert/strict";
import { baseline } from "../../shared/testing/jpegs.ts";
import { TestEdge } from "../../shared/testing/test_edge.ts";

const picture = await baseline(64, 48);
const VIEW_TOKEN = "view-token-of-this-test";

/** The app looks at every stream with a query, so that the two can be held side by side. */
const PLAIN = "/stream.mjpeg";
const BY_APP = "/stream.mjpeg?fps=60";

async function streaming(
  env: Record<string, string>,
  test: (
    ask: (path: string, headers?: Record<string, string>) => Promise<Response>,
    edge: TestEdge,
  ) => Promise<void>,
): Promise<void> {
  const edge = await TestEdge.start(env);
  await edge.put(picture);
  const server = await edge.listen("perch");
  try {
    await test((path, headers) => fetch(server.url + path, { headers }), edge);
  } finally {
    await edge.stop();
    await server.shutdown();
  }
}

/** What tells one answer from another. */
async function told(response: Response): Promise<unknown> {
  await response.body?.cancel();
  const { date: _, ...headers } = Object.fromEntries(response.headers);
  return { status: response.status, headers };
}

async function firstBytes(response: Response, length: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let got = 0;
  for await (const chunk of response.body!) {
    chunks.push(chunk);
    if ((got += chunk.length) >= length) break;
  }
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer()).slice(0, length);
}

Deno.test("a plain stream is the same as the app's, head and picture, and is counted the same", () =>
  streaming({}, async (ask, edge) => {
    const { limits, hub, cost } = edge.edge.deps;
    const requests = cost.counted.requests;
    const plain = await ask(PLAIN);
    assert.equal(limits.gate.seated, 1);
    assert.equal(hub.cameras[0].viewers, 1);
    const byApp = await ask(BY_APP);
    assert.equal(cost.counted.requests, requests + 2);
    const length = picture.length + 100;
    assert.deepEqual(await firstBytes(plain, length), await firstBytes(byApp, length));
    assert.deepEqual(await told(await ask(PLAIN)), await told(await ask(BY_APP)));
  }));

Deno.test("who may not watch is told so as by the app", () =>
  streaming({ PERCH_VIEW_TOKEN: VIEW_TOKEN }, async (ask) => {
    const good = { authorization: `Bearer ${VIEW_TOKEN}` };
    assert.equal((await told(await ask(PLAIN, good)) as { status: number }).status, 200);
    const bad: Record<string, string>[] = [
      {},
      { authorization: "Bearer wrong" },
      { cookie: "perch_view=no" },
    ];
    for (const headers of bad) {
      const refused = await told(await ask(PLAIN, headers));
      assert.equal((refused as { status: number }).status, 401);
      assert.deepEqual(refused, await told(await ask(BY_APP, headers)));
    }
  }));

Deno.test("the right token does not help an address that is guessing", () =>
  streaming({ PERCH_VIEW_TOKEN: VIEW_TOKEN }, async (ask) => {
    let status = 401;
    for (let n = 0; status === 401 && n < 1000; n++) {
      const refused = await ask(PLAIN, { authorization: `Bearer guess-${n}` });
      await refused.body?.cancel();
      status = refused.status;
    }
    assert.equal(status, 429);
    const right = await ask(PLAIN, { authorization: `Bearer ${VIEW_TOKEN}` });
    await right.body?.cancel();
    assert.equal(right.status, 429);
  }));

Deno.test("who finds no place, no camera or an origin to be checked is the app's", () =>
  streaming(
    { PERCH_MAX_VIEWERS: "1", PERCH_CORS_ORIGINS: "https://a.example" },
    async (ask) => {
      const origin = { origin: "https://a.example" };
      const seen = await ask(PLAIN, origin);
      assert.equal(seen.headers.get("access-control-allow-origin"), origin.origin);
      const full = await ask(PLAIN);
      assert.equal(full.status, 503);
      await full.body?.cancel();
      await seen.body?.cancel();
      const nobody = await ask("/cams/nobody/stream.mjpeg");
      assert.equal(nobody.status, 404);
      await nobody.body?.cancel();
    },
  ));
