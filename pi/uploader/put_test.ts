// The PUT transport over real sockets.

import assert from "node:assert/strict";
import { type Clock, systemClock } from "../../shared/clock.ts";
import { FakeClock } from "../../shared/testing/fake_clock.ts";
import type { CapturedFrame } from "../capture.ts";
import { systemConnect } from "./connection.ts";
import { EdgeClient } from "./edge_client.ts";
import { createPutTransport } from "./put.ts";
import type { Transport } from "./transport.ts";

const NEVER = new AbortController().signal;
const FRAME: CapturedFrame = {
  jpeg: new Uint8Array(2000).fill(7),
  capturedAt: 1700000000123.5,
  takenAt: 0,
  n: 42,
};

async function withEdge(
  handler: (request: Request) => Response | Promise<Response>,
  test: (transport: Transport, client: EdgeClient, connections: Set<string>) => Promise<void>,
  clock: Clock = systemClock,
): Promise<void> {
  const connections = new Set<string>();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (req, info) => {
    const { hostname, port } = info.remoteAddr;
    connections.add(`${hostname}:${port}`);
    return handler(req);
  });
  const url = `http://127.0.0.1:${server.addr.port}/base`;
  const address = { url, token: "0123456789abcdef", cam: "roof", session: "run-1" };
  const client = new EdgeClient(address, systemConnect);
  const transport = createPutTransport(client, clock);
  try {
    await test(transport, client, connections);
  } finally {
    transport.close();
    await server.shutdown();
  }
}

Deno.test("a frame is one PUT with token, time and count", () =>
  withEdge(async (request) => {
    assert.equal(request.method, "PUT");
    assert.equal(new URL(request.url).pathname, "/base/cams/roof/live.jpeg");
    assert.equal(request.headers.get("authorization"), "Bearer 0123456789abcdef");
    assert.equal(request.headers.get("content-type"), "image/jpeg");
    assert.equal(request.headers.get("perch-captured"), "1700000000123");
    assert.equal(request.headers.get("perch-seq"), "run-1:42");
    assert.equal(request.headers.get("content-length"), "2000");
    assert.deepEqual(await request.bytes(), FRAME.jpeg);
    return new Response(null, { status: 204, headers: { "perch-interval": "250" } });
  }, async (transport) => {
    assert.deepEqual(await transport.send(FRAME, NEVER), {
      kind: "accepted",
      demand: { interval: 250, viewers: 0 },
    });
  }));

Deno.test("a frame tells how old it is by the clock that nobody sets", () => {
  const clock = new FakeClock();
  const ages: (string | null)[] = [];
  return withEdge(
    async (request) => {
      ages.push(request.headers.get("perch-age"));
      await request.bytes();
      return new Response(null, { status: 204 });
    },
    async (transport) => {
      await clock.tick(1200);
      await transport.send(FRAME, NEVER);
      clock.jump(-3_600_000);
      await transport.send(FRAME, NEVER);
      assert.deepEqual(ages, ["1200", "1200"]);
    },
    clock,
  );
});

Deno.test("a frame tells which answer the camera had last, whoever gave it", () => {
  const heard: (string | null)[] = [];
  const answers: HeadersInit[] = [{ etag: '"5"' }, {}, { etag: '"9"' }, {}];
  return withEdge(async (request) => {
    heard.push(request.headers.get("perch-last"));
    await request.bytes();
    return new Response(null, { status: 204, headers: answers[heard.length - 1] });
  }, async (transport) => {
    for (const _ of answers) await transport.send(FRAME, NEVER);
    assert.deepEqual(heard, [null, '"5"', '"5"', '"9"']);
  });
});

Deno.test("what a stranger answers in between, and what the edge cannot read, is not told to it", () => {
  const heard: (string | null)[] = [];
  const answers: [status: number, etag: string][] = [
    [204, '"5"'],
    [200, '"a-page"'],
    [204, '"6-odd"'],
    [400, '"another-page"'],
    [204, '"7"'],
  ];
  return withEdge(async (request) => {
    heard.push(request.headers.get("perch-last"));
    await request.bytes();
    const [status, etag] = answers[heard.length - 1];
    return new Response(null, { status, headers: { etag } });
  }, async (transport) => {
    for (const _ of answers) await transport.send(FRAME, NEVER);
    assert.deepEqual(heard, [null, '"5"', '"5"', '"6-odd"', null]);
  });
});

// Deno 2.8.3 to 2.9.5 closed the connection after each body (denoland/deno#36657).
Deno.test("a hundred uploads share one connection, and renewing opens another", () =>
  withEdge(async (request) => {
    await request.bytes();
    return new Response(null, { status: 204 });
  }, async (transport, _, connections) => {
    for (let n = 0; n < 100; n++) await transport.send(FRAME, NEVER);
    assert.equal(connections.size, 1);
    transport.renew();
    await transport.send(FRAME, NEVER);
    assert.equal(connections.size, 2);
  }));

Deno.test("the question for demand tells what is known and how long the edge may wait", () =>
  withEdge((request) => {
    const { pathname, search } = new URL(request.url);
    assert.equal(pathname, "/base/cams/roof/demand");
    assert.ok(search === "?interval=10000&wait=45" || search === "?interval=0&wait=0", search);
    return Response.json({ interval: 100, viewers: 1 });
  }, async (transport) => {
    const news = { kind: "accepted", demand: { interval: 100, viewers: 1 } };
    assert.deepEqual(await transport.awaitDemand(10_000, NEVER), news);
    assert.deepEqual(await transport.probe(NEVER), news);
  }));

Deno.test("an answer to the question for demand that makes no sense is trouble", () =>
  withEdge(() => new Response("<html>"), async (transport) => {
    assert.equal((await transport.probe(NEVER)).kind, "busy");
  }));

Deno.test("a redirect is not followed: the token goes nowhere else", () =>
  withEdge((request) => {
    assert.doesNotMatch(request.url, /elsewhere/);
    return new Response(null, { status: 308, headers: { location: "/elsewhere/live.jpeg" } });
  }, async (transport) => {
    const result = await transport.send(FRAME, NEVER);
    assert.equal(
      result.kind === "refused" && result.detail,
      "moved to /elsewhere/live.jpeg: change PERCH_URL",
    );
  }));

Deno.test("a request ends when it is aborted", () =>
  withEdge(
    () => new Promise((resolve) => setTimeout(() => resolve(new Response()), 50)),
    async (t) => {
      const stop = new AbortController();
      const sending = t.send(FRAME, stop.signal);
      stop.abort(new DOMException("No answer within 2 s", "TimeoutError"));
      assert.deepEqual(await sending, { kind: "failed", detail: "No answer within 2 s" });
    },
  ));

Deno.test("an edge that is not there, or whose name nobody knows, is a failure in words", async () => {
  for (const url of ["http://127.0.0.1:1", "https://127.0.0.1:1", "http://no-such-name.invalid"]) {
    const address = { url, token: "0123456789abcdef", cam: "cam", session: "s" };
    const transport = createPutTransport(new EdgeClient(address, systemConnect), systemClock);
    const result = await transport.send(FRAME, NEVER);
    assert.equal(result.kind, "failed");
    assert.doesNotMatch(JSON.stringify(result), /0123456789abcdef/);
    transport.close();
  }
});

Deno.test("a connection that breaks inside the answer is a failure", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const url = `http://127.0.0.1:${listener.addr.port}`;
  const served = (async () => {
    for await (const socket of listener) {
      await socket.read(new Uint8Array(16));
      await socket.write(new TextEncoder().encode("HTTP/1.1 204 No"));
      socket.close();
    }
  })();
  const address = { url, token: "0123456789abcdef", cam: "cam", session: "s" };
  const transport = createPutTransport(new EdgeClient(address, systemConnect), systemClock);
  assert.equal((await transport.send(FRAME, NEVER)).kind, "failed");
  listener.close();
  await served;
  transport.close();
});

Deno.test("an edge whose TLS is broken is a failure in words", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const served = (async () => {
    for await (const socket of listener) {
      await socket.write(new TextEncoder().encode("HTTP/1.1 400 Speak plainly\r\n\r\n"));
      socket.close();
    }
  })();
  const url = `https://127.0.0.1:${listener.addr.port}`;
  const address = { url, token: "0123456789abcdef", cam: "cam", session: "s" };
  const transport = createPutTransport(new EdgeClient(address, systemConnect), systemClock);
  const result = await transport.send(FRAME, NEVER);
  assert.ok(result.kind === "failed");
  assert.match(result.detail, /tls|record|corrupt|message/i);
  listener.close();
  await served;
  transport.close();
});

Deno.test("a report is a PUT of JSON, without what would steer a terminal", () =>
  withEdge(async (request) => {
    assert.equal(new URL(request.url).pathname, "/base/cams/roof/report");
    const said = { state: "failing", error: "no [31mcamera", detail: ["tab bell"], name: "A B" };
    assert.deepEqual(await request.json(), said);
    return new Response(null, { status: 204 });
  }, async (_, client) => {
    const detail = ["tab\tbell"];
    const told = { error: "no\x1b[31mcamera", detail, name: "A\u2028B" };
    const result = await client.report({ state: "failing", ...told }, NEVER);
    assert.equal(result.kind, "accepted");
  }));

Deno.test("an answer that stops halfway ends with the deadline, whatever the runtime makes of it", async () => {
  const fetch = () => Promise.resolve(new Response(new ReadableStream(), { status: 503 }));
  const address = { url: "http://edge", token: "0123456789abcdef", cam: "roof", session: "run-1" };
  const client = new EdgeClient(address, () => ({ fetch, close: () => {} }));
  const deadline = new AbortController();
  const sending = createPutTransport(client, systemClock).send(FRAME, deadline.signal);
  await new Promise((resolve) => setTimeout(resolve));
  deadline.abort(new Error("No answer within 2 s"));
  assert.deepEqual(await sending, { kind: "failed", detail: "No answer within 2 s" });
});
