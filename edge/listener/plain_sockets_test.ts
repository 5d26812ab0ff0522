import assert from "node:assert/strict";
import { request } from "node:http";
import type { Socket } from "node:net";
import { baseline } from "../../shared/testing/jpegs.ts";
import { TestEdge } from "../../shared/testing/test_edge.ts";

const picture = await baseline(64, 48);
const VIEW_TOKEN = "view-token-of-this-test";

/** The app looks at every socket for several cameras, so that the two can be held side by side. */
const PLAIN = "/ws?cams=cam";
const BY_APP = "/ws?cams=cam,cam";

const HANDSHAKE = {
  "upgrade": "websocket",
  "connection": "Upgrade",
  "sec-websocket-version": "13",
  "sec-websocket-key": "MDAwMDAwMDAwMDAwMDAwMA==",
};

interface Told {
  readonly status: number | undefined;
  readonly headers: unknown;
}

type Ask = (path: string, headers?: Record<string, string>) => Promise<Told>;

async function answering(
  env: Record<string, string>,
  test: (ask: Ask, edge: TestEdge) => Promise<void>,
): Promise<void> {
  const edge = await TestEdge.start(env);
  await edge.put(picture);
  const server = await edge.listen("perch");
  const sockets: Socket[] = [];
  const ask: Ask = (path, headers = {}) =>
    new Promise((resolve, reject) => {
      const asked = request(server.url + path, { headers: { ...HANDSHAKE, ...headers } });
      asked.on("upgrade", ({ statusCode, headers: { date: _, ...rest } }, socket) => {
        sockets.push(socket);
        resolve({ status: statusCode, headers: rest });
      });
      asked.on("response", (response) => {
        const { date: _, ...rest } = response.headers;
        response.resume();
        resolve({ status: response.statusCode, headers: rest });
      });
      asked.on("error", reject);
      asked.end();
    });
  try {
    await test(ask, edge);
  } finally {
    for (const socket of sockets) socket.destroy();
    await edge.stop();
    await server.shutdown();
  }
}

Deno.test("a plain socket is opened as by the app, and counted the same", () =>
  answering({}, async (ask, edge) => {
    const { limits, hub, cost } = edge.edge.deps;
    const requests = cost.counted.requests;
    const plain = await ask(PLAIN);
    assert.equal(plain.status, 101);
    assert.equal(limits.gate.seated, 1);
    assert.equal(hub.cameras[0].viewers, 1);
    assert.deepEqual(plain, await ask(BY_APP));
    assert.equal(cost.counted.requests, requests + 2);
    assert.equal(hub.cameras[0].viewers, 2);
  }));

Deno.test("who may not watch, or opens no socket, is told so as by the app", () =>
  answering({ PERCH_VIEW_TOKEN: VIEW_TOKEN }, async (ask) => {
    const good = { authorization: `Bearer ${VIEW_TOKEN}` };
    assert.equal((await ask(PLAIN, good)).status, 101);
    const bad: [status: number, headers: Record<string, string>][] = [
      [401, {}],
      [401, { authorization: "Bearer wrong" }],
      [401, { cookie: "perch_view=no" }],
      [426, { ...good, "sec-websocket-key": "short" }],
      [426, { ...good, "sec-websocket-version": "8" }],
    ];
    for (const [status, headers] of bad) {
      const refused = await ask(PLAIN, headers);
      assert.equal(refused.status, status);
      assert.deepEqual(refused, await ask(BY_APP, headers));
    }
  }));

Deno.test("who finds no place, no camera or an origin to be checked is the app's", () =>
  answering(
    { PERCH_MAX_VIEWERS: "1", PERCH_CORS_ORIGINS: "https://a.example" },
    async (ask) => {
      const seen = await ask(PLAIN, { origin: "https://a.example" });
      assert.equal(seen.status, 101);
      assert.equal((await ask(PLAIN)).status, 503);
      assert.equal((await ask("/ws?cams=nobody")).status, 404);
    },
  ));
