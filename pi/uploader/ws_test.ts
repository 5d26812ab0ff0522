// The WebSocket transport over real sockets.

import assert from "node:assert/strict";
import { FakeClock } from "../../shared/testing/fake_clock.ts";
import type { PublishDown } from "../../shared/wire.ts";
import { FRAME_HEADER_BYTES, readFrameHeader } from "../../shared/wire_frame.ts";
import type { CapturedFrame } from "../capture.ts";
import { systemConnect } from "./connection.ts";
import { EdgeClient } from "./edge_client.ts";
import type { Transport } from "./transport.ts";
import { createWsTransport } from "./ws.ts";

/** Time stands still unless a test lets it pass. */
const clock = new FakeClock();
const NEVER = new AbortController().signal;
const frame = (n: number): CapturedFrame => ({
  jpeg: new Uint8Array(2000).fill(n),
  capturedAt: 1700000000123.5,
  takenAt: 0,
  n,
});

/** What the far end does with each message. */
type Edge = (say: (message: PublishDown) => void, bytes: Uint8Array, socket: WebSocket) => void;

interface Server {
  readonly sockets: WebSocket[];
  readonly requests: { url: string; authorization: string | null }[];
}

async function withEdge(
  onFrame: Edge,
  test: (transport: Transport, server: Server) => Promise<void>,
  refuse?: (request: Request) => Response | undefined,
): Promise<void> {
  const sockets: WebSocket[] = [];
  const requests: { url: string; authorization: string | null }[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    requests.push({ url: request.url, authorization: request.headers.get("authorization") });
    const refused = refuse?.(request);
    if (refused) return refused;
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.binaryType = "arraybuffer";
    sockets.push(socket);
    const say = (message: PublishDown) => socket.send(JSON.stringify(message));
    socket.onopen = () => say({ type: "demand", interval: 200, viewers: 1 });
    socket.onmessage = ({ data }) => onFrame(say, new Uint8Array(data), socket);
    return response;
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  const address = { url, token: "0123456789abcdef", cam: "roof", session: "run-1" };
  const transport = createWsTransport(new EdgeClient(address, systemConnect), clock);
  try {
    await test(transport, { sockets, requests });
  } finally {
    transport.close();
    await server.shutdown();
  }
}

const acknowledge: Edge = (say, bytes) =>
  say({ type: "ack", seq: readFrameHeader(bytes)!.version, version: 7 });

Deno.test("frames travel over one socket, each acknowledged, with token, session and time", () =>
  withEdge((say, bytes, socket) => {
    const header = readFrameHeader(bytes)!;
    assert.equal(header.capturedAt, 1700000000123);
    assert.deepEqual(bytes.subarray(FRAME_HEADER_BYTES), frame(header.version).jpeg);
    acknowledge(say, bytes, socket);
  }, async (transport, server) => {
    for (const n of [1, 2, 3]) {
      assert.deepEqual(await transport.send(frame(n), NEVER), {
        kind: "accepted",
        demand: { interval: 200, viewers: 1 },
      });
    }
    assert.equal(server.sockets.length, 1);
    const [request] = server.requests;
    assert.match(request.url, /\/cams\/roof\/publish\?session=run-1$/);
    assert.equal(request.authorization, "Bearer 0123456789abcdef");
  }));

Deno.test("a frame on the socket tells how old it is by the clock that nobody sets", () => {
  const ages: number[] = [];
  return withEdge((say, bytes, socket) => {
    const { capturedAt, receivedAt } = readFrameHeader(bytes)!;
    ages.push(receivedAt - capturedAt);
    acknowledge(say, bytes, socket);
  }, async (transport) => {
    const old = (ageMs: number) => ({ ...frame(1), takenAt: clock.monotonic() - ageMs });
    await transport.send(old(0), NEVER);
    clock.jump(-3_600_000);
    await transport.send(old(1200), NEVER);
    assert.deepEqual(ages, [0, 1200]);
  });
});

Deno.test("demand arrives unasked", () =>
  withEdge(acknowledge, async (transport, server) => {
    await transport.send(frame(1), NEVER);
    const news = transport.awaitDemand(200, NEVER);
    server.sockets[0].send(JSON.stringify({ type: "demand", interval: 10_000, viewers: 0 }));
    assert.deepEqual(await news, { kind: "accepted", demand: { interval: 10_000, viewers: 0 } });
  }));

Deno.test("a socket that has gone silent is not trusted: demand is asked for after a while", () =>
  withEdge(
    acknowledge,
    async (transport, server) => {
      await transport.send(frame(1), NEVER);
      const news = transport.awaitDemand(200, NEVER);
      while (clock.sleeping === 0) await new Promise((resolve) => setTimeout(resolve));
      await clock.tick(45_000);
      assert.deepEqual(await news, { kind: "accepted", demand: { interval: 100, viewers: 2 } });
      assert.match(server.requests[1].url, /\/demand\?interval=200&wait=0$/);
    },
    (request) =>
      request.url.includes("/demand") ? Response.json({ interval: 100, viewers: 2 }) : undefined,
  ));

Deno.test("a refused frame is a result like that on a PUT", () =>
  withEdge((say, bytes) => {
    const seq = readFrameHeader(bytes)!.version;
    say({ type: "refused", seq, status: seq === 1 ? 409 : 429, detail: "No." });
  }, async (transport) => {
    const late = { kind: "skipped", status: 409, detail: "No." };
    assert.deepEqual(await transport.send(frame(1), NEVER), late);
    assert.equal((await transport.send(frame(2), NEVER)).kind, "busy");
  }));

Deno.test("a socket the edge closes is a failure for the frame and for the wait", () =>
  withEdge((_say, _bytes, socket) => socket.close(1001, "The edge is shutting down"), async (t) => {
    await t.probe(NEVER);
    const waiting = t.awaitDemand(200, NEVER);
    const lost = {
      kind: "failed",
      detail: "the edge closed the socket: 1001 The edge is shutting down",
    };
    assert.deepEqual(await t.send(frame(1), NEVER), lost);
    assert.deepEqual(await waiting, lost);
  }));

Deno.test("a frame that is never acknowledged fails when its time is up, and the next has a new socket", () =>
  withEdge((say, bytes, socket) => {
    if (readFrameHeader(bytes)!.version > 1) acknowledge(say, bytes, socket);
  }, async (transport, server) => {
    const stop = new AbortController();
    await transport.probe(NEVER);
    const sending = transport.send(frame(1), stop.signal);
    await transport.probe(NEVER);
    stop.abort(new DOMException("No answer within 2 s", "TimeoutError"));
    assert.deepEqual(await sending, { kind: "failed", detail: "No answer within 2 s" });
    assert.equal((await transport.send(frame(2), NEVER)).kind, "accepted");
    assert.equal(server.sockets.length, 2);
  }));

Deno.test("a wrong token is told as such although sockets do not tell", () =>
  withEdge(acknowledge, async (transport) => {
    assert.deepEqual(await transport.send(frame(1), NEVER), {
      kind: "refused",
      status: 401,
      detail: "The token is unknown.",
    });
  }, () => Response.json({ detail: "The token is unknown." }, { status: 401 })));

Deno.test("a proxy that passes no sockets is named", () =>
  withEdge(
    acknowledge,
    async (transport) => {
      const result = await transport.send(frame(1), NEVER);
      assert.ok(result.kind === "busy");
      assert.match(result.detail, /does a proxy on the way pass WebSockets\? PERCH_TRANSPORT=put/);
    },
    (request) =>
      request.url.includes("/publish")
        ? new Response(null, { status: 400 })
        : Response.json({ interval: 100, viewers: 0 }),
  ));

Deno.test("an edge that is not there is a failure, for frames and for probes", async () => {
  const address = {
    url: "http://127.0.0.1:1",
    token: "0123456789abcdef",
    cam: "cam",
    session: "s",
  };
  const transport = createWsTransport(new EdgeClient(address, systemConnect), clock);
  assert.equal((await transport.probe(NEVER)).kind, "failed");
  assert.equal((await transport.send(frame(1), NEVER)).kind, "failed");
  transport.close();
});

Deno.test("probes side by side end up with one socket", () =>
  withEdge(acknowledge, async (transport, server) => {
    await Promise.all([transport.probe(NEVER), transport.probe(NEVER), transport.probe(NEVER)]);
    assert.equal((await transport.send(frame(1), NEVER)).kind, "accepted");
    const open = server.sockets.filter(({ readyState }) => readyState === WebSocket.OPEN);
    assert.equal(open.length, 1);
  }));
