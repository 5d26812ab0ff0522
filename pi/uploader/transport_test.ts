// The transports over real connections.

import assert from "node:assert/strict";
import { FakeClock } from "../../shared/testing/fake_clock.ts";
import { serveRaw } from "../../shared/testing/serve.ts";
import type { PublishDown } from "../../shared/wire.ts";
import { FRAME_HEADER_BYTES, readFrameHeader } from "../../shared/wire_frame.ts";
import type { CapturedFrame } from "../capture.ts";
import { systemConnect } from "./connection.ts";
import { EdgeClient } from "./edge_client.ts";
import { createAutoTransport, createPutTransport, type Transport } from "./transport.ts";
import { createWsTransport } from "./ws.ts";

const NEVER = new AbortController().signal;
const ADDRESS = { token: "0123456789abcdef", cam: "roof", session: "run-1" };
const DEMAND = { interval: 200, viewers: 1 };
const KINDS = { auto: createAutoTransport, put: createPutTransport, ws: createWsTransport };

const frame = (n = 42): CapturedFrame => ({
  jpeg: new Uint8Array(2000).fill(n),
  capturedAt: 1700000000123.5,
  takenAt: 0,
  n,
});

const late = (what = "No answer within 2 s") => new DOMException(what, "TimeoutError");
const noContent = (headers: HeadersInit = {}) => new Response(null, { status: 204, headers });
const demand = (request: Request) =>
  request.url.includes("/demand") ? Response.json(DEMAND) : undefined;

/** What the far end does with each message. */
type Hear = (say: (message: PublishDown) => void, bytes: Uint8Array, socket: WebSocket) => void;

const acknowledge: Hear = (say, bytes) =>
  say({ type: "ack", seq: readFrameHeader(bytes)!.version, version: 7 });

interface Edge {
  /** Answers; a socket is opened where it does not. */
  readonly answer?: (request: Request) => Response | undefined | Promise<Response>;
  readonly hear?: Hear;
}

interface Stage {
  readonly transport: Transport;
  readonly client: EdgeClient;
  /** Time stands still unless a test lets it pass. */
  readonly clock: FakeClock;
  readonly sockets: WebSocket[];
  readonly requests: { readonly url: string; readonly authorization: string | null }[];
  /** Other ends of the edge's connections. */
  readonly connections: Set<string>;
}

async function withEdge(
  kind: keyof typeof KINDS,
  { answer, hear = acknowledge }: Edge,
  test: (stage: Stage) => Promise<void>,
): Promise<void> {
  const sockets: WebSocket[] = [];
  const requests: { url: string; authorization: string | null }[] = [];
  const connections = new Set<string>();
  const onListen = () => {};
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen }, async (request, info) => {
    requests.push({ url: request.url, authorization: request.headers.get("authorization") });
    connections.add(JSON.stringify(info.remoteAddr));
    const answered = await answer?.(request);
    if (answered) return answered;
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.binaryType = "arraybuffer";
    sockets.push(socket);
    const say = (message: PublishDown) => socket.send(JSON.stringify(message));
    socket.onopen = () => say({ type: "demand", ...DEMAND });
    socket.onmessage = ({ data }) => hear(say, new Uint8Array(data), socket);
    return response;
  });
  const url = `http://127.0.0.1:${server.addr.port}/base`;
  const client = new EdgeClient({ url, ...ADDRESS }, systemConnect);
  const clock = new FakeClock();
  const transport = KINDS[kind](client, clock);
  try {
    await test({ transport, client, clock, sockets, requests, connections });
  } finally {
    transport.close();
    await server.shutdown();
  }
}

Deno.test("a frame is one PUT with token, time and count", () =>
  withEdge("put", {
    async answer(request) {
      assert.equal(request.method, "PUT");
      assert.equal(new URL(request.url).pathname, "/base/cams/roof/live.jpeg");
      const names = "authorization content-type perch-captured perch-seq content-length".split(" ");
      assert.deepEqual(names.map((name) => request.headers.get(name)), [
        ...["Bearer 0123456789abcdef", "image/jpeg", "1700000000123", "run-1:42", "2000"],
      ]);
      assert.deepEqual(await request.bytes(), frame().jpeg);
      return noContent({ "perch-interval": "250" });
    },
  }, async ({ transport }) => {
    const told = { kind: "accepted", demand: { interval: 250, viewers: 0 } };
    assert.deepEqual(await transport.send(frame(), NEVER), told);
  }));

Deno.test("frames travel over one socket, each acknowledged, with token, session and time", () =>
  withEdge("ws", {
    hear(say, bytes, socket) {
      const header = readFrameHeader(bytes)!;
      assert.equal(header.capturedAt, 1700000000123);
      assert.deepEqual(bytes.subarray(FRAME_HEADER_BYTES), frame(header.version).jpeg);
      acknowledge(say, bytes, socket);
    },
  }, async ({ transport, sockets, requests }) => {
    for (const n of [1, 2, 3]) {
      assert.deepEqual(await transport.send(frame(n), NEVER), { kind: "accepted", demand: DEMAND });
    }
    assert.deepEqual([sockets.length, requests.length], [1, 1]);
    const [request] = requests;
    assert.match(request.url, /\/cams\/roof\/publish\?session=run-1$/);
    assert.equal(request.authorization, "Bearer 0123456789abcdef");
  }));

for (const kind of ["put", "ws"] as const) {
  Deno.test(`${kind}: a frame tells how old it is by the clock that nobody sets`, () => {
    const ages: number[] = [];
    return withEdge(kind, {
      answer(request) {
        if (kind === "ws") return;
        ages.push(Number(request.headers.get("perch-age")));
        return request.bytes().then(() => noContent());
      },
      hear(say, bytes, socket) {
        const { capturedAt, receivedAt } = readFrameHeader(bytes)!;
        ages.push(receivedAt - capturedAt);
        acknowledge(say, bytes, socket);
      },
    }, async ({ transport, clock }) => {
      await clock.tick(1200);
      await transport.send(frame(), NEVER);
      clock.jump(-3_600_000);
      await transport.send(frame(), NEVER);
      assert.deepEqual(ages, [1200, 1200]);
    });
  });

  Deno.test(`${kind}: an edge that is not there, or whose name nobody knows, is a failure`, async () => {
    for (
      const url of ["http://127.0.0.1:1", "https://127.0.0.1:1", "http://no-such-name.invalid"]
    ) {
      const transport = KINDS[kind](
        new EdgeClient({ url, ...ADDRESS }, systemConnect),
        new FakeClock(),
      );
      assert.equal((await transport.probe(NEVER)).kind, "failed");
      const result = await transport.send(frame(), NEVER);
      assert.equal(result.kind, "failed");
      assert.doesNotMatch(JSON.stringify(result), /0123456789abcdef/);
      transport.close();
    }
  });
}

/** Answers, and what frames before and between them say was the last. */
const LAST: readonly (readonly [what: string, [number, string?][], (string | null)[]])[] = [
  [
    "a frame tells which answer the camera had last, whoever gave it",
    [[204, '"5"'], [204], [204, '"9"'], [204]],
    [null, '"5"', '"5"', '"9"'],
  ],
  [
    "what a stranger answers in between, and what the edge cannot read, is not told to it",
    [[204, '"5"'], [200, '"a-page"'], [204, '"6-odd"'], [400, '"another-page"'], [204, '"7"']],
    [null, '"5"', '"5"', '"6-odd"', null],
  ],
];

for (const [what, answers, wanted] of LAST) {
  Deno.test(what, () => {
    const heard: (string | null)[] = [];
    return withEdge("put", {
      async answer(request) {
        await request.bytes();
        const [status, etag] = answers[heard.length];
        heard.push(request.headers.get("perch-last"));
        return new Response(null, { status, headers: etag ? { etag } : {} });
      },
    }, async ({ transport }) => {
      for (const _ of answers) await transport.send(frame(), NEVER);
      assert.deepEqual(heard, wanted);
    });
  });
}

// Deno 2.8.3 to 2.9.5 closed the connection after each body (denoland/deno#36657).
Deno.test("a hundred uploads share one connection, and renewing opens another", () =>
  withEdge("put", {
    answer: (request) => request.bytes().then(() => noContent()),
  }, async ({ transport, connections }) => {
    for (let n = 0; n < 100; n++) await transport.send(frame(), NEVER);
    assert.equal(connections.size, 1);
    transport.renew();
    await transport.send(frame(), NEVER);
    assert.equal(connections.size, 2);
  }));

Deno.test("the question for demand tells what is known and how long the edge may wait", () =>
  withEdge("put", { answer: demand }, async ({ transport, requests }) => {
    const news = { kind: "accepted", demand: DEMAND };
    assert.deepEqual(await transport.awaitDemand(10_000, NEVER), news);
    assert.deepEqual(await transport.probe(NEVER), news);
    const asked = requests.map(({ url }) => url.split("/base/cams/roof")[1]);
    assert.deepEqual(asked, ["/demand?interval=10000&wait=45", "/demand?interval=0&wait=0"]);
  }));

Deno.test("a request ends when it is aborted", () => {
  const asked = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<Response>();
  const answer = () => (asked.resolve(), answered.promise);
  return withEdge("put", { answer }, async ({ transport }) => {
    const stop = new AbortController();
    const sending = transport.send(frame(), stop.signal);
    await asked.promise;
    stop.abort(late());
    assert.deepEqual(await sending, { kind: "failed", detail: "No answer within 2 s" });
    answered.resolve(noContent());
  });
});

for (
  const [what, scheme, said, detail] of [
    ["a connection that breaks inside the answer is a failure", "http", "HTTP/1.1 204 No", /./],
    [
      "an edge whose TLS is broken is a failure in words",
      "https",
      "HTTP/1.1 400 Speak plainly\r\n\r\n",
      /tls|record|corrupt|message/i,
    ],
  ] as const
) {
  Deno.test(what, async () => {
    await using server = serveRaw(said);
    const url = `${scheme}://${server.host}`;
    const client = new EdgeClient({ url, ...ADDRESS }, systemConnect);
    const result = await createPutTransport(client, new FakeClock()).send(frame(), NEVER);
    assert.ok(result.kind === "failed");
    assert.match(result.detail, detail);
    client.close();
  });
}

Deno.test("a report is a PUT of JSON, without what would steer a terminal", () =>
  withEdge("put", {
    async answer(request) {
      assert.equal(new URL(request.url).pathname, "/base/cams/roof/report");
      const said = { state: "failing", error: "no [31mcamera", detail: ["tab bell"], name: "A B" };
      assert.deepEqual(await request.json(), said);
      return noContent();
    },
  }, async ({ client }) => {
    const told = { error: "no\x1b[31mcamera", detail: ["tab\tbell"], name: "A\u2028B" };
    assert.equal((await client.report({ state: "failing", ...told }, NEVER)).kind, "accepted");
  }));

Deno.test("an answer that stops halfway ends with the deadline, whatever the runtime makes of it", async () => {
  const fetch = () => Promise.resolve(new Response(new ReadableStream(), { status: 503 }));
  const client = new EdgeClient({ url: "http://edge", ...ADDRESS }, () => ({ fetch, close() {} }));
  const deadline = new AbortController();
  const sending = createPutTransport(client, new FakeClock()).send(frame(), deadline.signal);
  await new Promise((resolve) => setTimeout(resolve));
  deadline.abort(late());
  assert.deepEqual(await sending, { kind: "failed", detail: "No answer within 2 s" });
});

Deno.test("demand arrives unasked", () =>
  withEdge("ws", {}, async ({ transport, sockets }) => {
    await transport.send(frame(), NEVER);
    const news = transport.awaitDemand(200, NEVER);
    sockets[0].send(JSON.stringify({ type: "demand", interval: 10_000, viewers: 0 }));
    assert.deepEqual(await news, { kind: "accepted", demand: { interval: 10_000, viewers: 0 } });
  }));

Deno.test("a socket that has gone silent is not trusted: demand is asked for after a while", () =>
  withEdge("ws", { answer: demand }, async ({ transport, clock, requests }) => {
    await transport.send(frame(), NEVER);
    const news = transport.awaitDemand(200, NEVER);
    while (clock.sleeping === 0) await new Promise((resolve) => setTimeout(resolve));
    await clock.tick(45_000);
    assert.deepEqual(await news, { kind: "accepted", demand: DEMAND });
    assert.match(requests[1].url, /\/demand\?interval=200&wait=0$/);
  }));

Deno.test("a refused frame is a result like that on a PUT", () =>
  withEdge("ws", {
    hear(say, bytes) {
      const seq = readFrameHeader(bytes)!.version;
      say({ type: "refused", seq, status: seq === 1 ? 409 : 429, detail: "No." });
    },
  }, async ({ transport }) => {
    const skipped = { kind: "skipped", status: 409, detail: "No." };
    assert.deepEqual(await transport.send(frame(1), NEVER), skipped);
    assert.equal((await transport.send(frame(2), NEVER)).kind, "busy");
  }));

Deno.test("a socket the edge closes is a failure for the frame and for the wait", () =>
  withEdge("ws", {
    hear: (_say, _bytes, socket) => socket.close(1001, "The edge is shutting down"),
  }, async ({ transport }) => {
    await transport.probe(NEVER);
    const waiting = transport.awaitDemand(200, NEVER);
    const detail = "the edge closed the socket: 1001 The edge is shutting down";
    assert.deepEqual(await transport.send(frame(), NEVER), { kind: "failed", detail });
    assert.deepEqual(await waiting, { kind: "failed", detail });
  }));

Deno.test("a frame that is never acknowledged fails when its time is up, and the next has a new socket", () =>
  withEdge("ws", {
    hear: (say, bytes, socket) =>
      readFrameHeader(bytes)!.version > 1 && acknowledge(say, bytes, socket),
  }, async ({ transport, sockets }) => {
    const stop = new AbortController();
    await transport.probe(NEVER);
    const sending = transport.send(frame(1), stop.signal);
    await transport.probe(NEVER);
    stop.abort(late());
    assert.deepEqual(await sending, { kind: "failed", detail: "No answer within 2 s" });
    assert.equal((await transport.send(frame(2), NEVER)).kind, "accepted");
    assert.equal(sockets.length, 2);
  }));

const no = (status: number) => Response.json({ detail: "No." }, { status });
const moved = (location: string) => new Response(null, { status: 308, headers: { location } });

// deno-fmt-ignore
const ANSWERS = [
  ["an answer to the question for demand that makes no sense is trouble", "put", () => new Response("<html>"), "probe", /^busy: something that is no Perch edge answers: 200/],
  ["a redirect is not followed: the token goes nowhere else", "put", () => moved("/elsewhere/live.jpeg"), "send", /^refused: moved to \/elsewhere\/live\.jpeg: change PERCH_URL$/],
  ["a wrong token is told as such although sockets do not tell", "ws", () => no(401), "send", /^refused: No\.$/],
  ["a proxy that passes no sockets is named", "ws", (request: Request) => demand(request) ?? no(400), "send", /^busy: .*does a proxy on the way pass WebSockets\? PERCH_TRANSPORT=put/],
] as const;

for (const [what, kind, answer, call, said] of ANSWERS) {
  Deno.test(what, () =>
    withEdge(kind, { answer }, async ({ transport, requests }) => {
      const result =
        await (call === "probe" ? transport.probe(NEVER) : transport.send(frame(), NEVER));
      assert.match(`${result.kind}: ${"detail" in result && result.detail}`, said);
      // A socket, the question why, and where that is answered well another socket.
      const most = result.kind === "busy" ? 3 : 2;
      assert.equal(requests.length, kind === "put" ? 1 : most);
    }));
}

Deno.test("an edge that comes back between a socket and the question why gets its frame over a socket", () => {
  let away = true;
  return withEdge("ws", {
    answer(request) {
      if (!away) return demand(request);
      away = false;
      return no(503);
    },
  }, async ({ transport, sockets }) => {
    assert.equal((await transport.send(frame(), NEVER)).kind, "accepted");
    assert.equal(sockets.length, 1);
  });
});

Deno.test("probes side by side end up with one socket", () =>
  withEdge("ws", {}, async ({ transport, sockets }) => {
    await Promise.all([transport.probe(NEVER), transport.probe(NEVER), transport.probe(NEVER)]);
    assert.equal((await transport.send(frame(), NEVER)).kind, "accepted");
    const open = sockets.filter(({ readyState }) => readyState === WebSocket.OPEN);
    assert.equal(open.length, 1);
  }));

// deno-fmt-ignore
const ROADS = [
  ["go by requests where the edge asks for nothing else", false, true, "put put put put"],
  ["go over one socket from the edge's first answer on that asks for it", true, true, "put ws ws ws"],
  ["go by requests again where the edge's socket does not open", true, false, "put put put"],
] as const;

for (const [what, wants, passes, roads] of ROADS) {
  Deno.test(`pictures ${what}`, () => {
    const came: string[] = [];
    return withEdge("auto", {
      answer(request) {
        if (request.method !== "PUT") {
          return demand(request) ?? (passes ? undefined : new Response(null, { status: 400 }));
        }
        came.push("put");
        return noContent({ etag: '"1"', ...(wants ? { "perch-transport": "ws" } : {}) });
      },
      hear: (...heard) => (came.push("ws"), acknowledge(...heard)),
    }, async ({ transport }) => {
      for (let n = 1; n <= 4; n++) await transport.send(frame(n), NEVER);
      assert.equal(came.join(" "), roads);
    });
  });
}
