// The listener over real sockets: what a client sends byte by byte, and what it gets.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { baseline } from "../../shared/testing/jpegs.ts";
import { edits, mutate } from "../../shared/testing/mutations.ts";
import { fc } from "../../shared/testing/properties.ts";
import { FakeClock } from "../../shared/testing/fake_clock.ts";
import { TEST_TOKEN } from "../../shared/testing/processes.ts";
import { TestEdge } from "../../shared/testing/test_edge.ts";
import { systemClock } from "../../shared/clock.ts";
import type { RequestInfo } from "../edge.ts";
import { HEAD_MS, IDLE_MS } from "./connection.ts";

const small = await baseline(160, 120);
const large = await baseline(320, 240);

/** A client that writes and reads bytes. */
class Client implements Disposable {
  readonly #conn: Deno.TcpConn;
  #read = Buffer.alloc(0);
  ended = false;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  static async connect(url: string): Promise<Client> {
    const { hostname, port } = new URL(url);
    return new Client(await Deno.connect({ hostname, port: Number(port) }));
  }

  async send(...parts: readonly (string | Uint8Array)[]): Promise<void> {
    for (const part of parts) {
      const bytes = Buffer.from(part as Uint8Array);
      for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
    }
  }

  /** What came up to `bytes`, or until the connection ended. */
  async take(bytes: number): Promise<Buffer> {
    while (this.#read.length < bytes && !this.ended) await this.#more();
    const taken = this.#read.subarray(0, bytes);
    this.#read = this.#read.subarray(bytes);
    return taken;
  }

  /** What has come. */
  async some(): Promise<Buffer> {
    if (this.#read.length === 0) await this.#more();
    return await this.take(this.#read.length);
  }

  /** The next answer: status, headers, body by its Content-Length. */
  async answer(): Promise<{ status: number; headers: Headers; body: Buffer }> {
    while (!this.#read.includes("\r\n\r\n")) {
      if (this.ended) throw new Error("the connection ended before an answer");
      await this.#more();
    }
    const end = this.#read.indexOf("\r\n\r\n");
    const [line, ...lines] = (await this.take(end + 4)).toString("latin1").trimEnd().split("\r\n");
    const headers = new Headers(lines.map((one): [string, string] => {
      const colon = one.indexOf(":");
      return [one.slice(0, colon), one.slice(colon + 1)];
    }));
    const body = await this.take(Number(headers.get("content-length") ?? 0));
    return { status: Number(line.split(" ")[1]), headers, body };
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }

  async #more(): Promise<void> {
    const chunk = Buffer.alloc(65536);
    const size = await this.#conn.read(chunk).catch(() => null);
    if (size === null) this.ended = true;
    else this.#read = Buffer.concat([this.#read, chunk.subarray(0, size)]);
  }
}

const GET = "GET /live.jpeg HTTP/1.1\r\nHost: cam.example\r\n\r\n";

function put(length: number, token = TEST_TOKEN): string {
  return `PUT /live.jpeg HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n` +
    `Content-Type: image/jpeg\r\nContent-Length: ${length}\r\n\r\n`;
}

async function listening(
  use: (url: string, edge: TestEdge) => Promise<void>,
  { env, clock }: { env?: Record<string, string>; clock?: FakeClock } = {},
): Promise<void> {
  const edge = await TestEdge.start(env);
  await edge.put(small);
  const server = await edge.listen("perch", clock ?? systemClock);
  try {
    await use(server.url, edge);
  } finally {
    await edge.stop();
    await server.shutdown();
  }
}

Deno.test("one connection brings answer after answer, those asked for ahead too", () =>
  listening(async (url, edge) => {
    using client = await Client.connect(url);
    await client.send(GET + GET.replace("\r\n\r\n", "\r\nIf-None-Match: *\r\n\r\n") + GET);
    const [first, second, third] = [
      await client.answer(),
      await client.answer(),
      await client.answer(),
    ];
    assert.deepEqual([first.status, second.status, third.status], [200, 304, 200]);
    assert.deepEqual(new Uint8Array(first.body), small);
    assert.equal(second.headers.get("content-length"), null);
    await edge.put(large);
    await client.send(GET);
    assert.deepEqual(new Uint8Array((await client.answer()).body), large);
  }));

Deno.test("the listener's answer for a frame has the headers of the app's", () =>
  listening(async (url, edge) => {
    using client = await Client.connect(url);
    await client.send(GET);
    const { headers } = await client.answer();
    headers.delete("date");
    const app = await edge.request("/live.jpeg");
    assert.deepEqual(Object.fromEntries(headers), Object.fromEntries(app.headers));
    await app.body?.cancel();
    const metrics = await (await edge.request("/metrics")).text();
    assert.match(metrics, /^perch_stills_sent_total 2$/m);
    assert.match(metrics, /^perch_requests_total [3-9]/m);
  }));

const WAIT = "GET /live.jpeg?wait=20 HTTP/1.1\r\nHost: a\r\nIf-None-Match: ";

Deno.test("a request that waits is answered with the next frame, and its connection goes on", () =>
  listening(async (url, edge) => {
    using client = await Client.connect(url);
    await client.send(`${WAIT}"none"\r\n\r\n`);
    const first = await client.answer();
    assert.deepEqual(
      new Uint8Array(first.body),
      small,
      "who has another frame is answered at once",
    );
    const { waits } = edge.edge.deps.limits;
    await client.send(`${WAIT}${first.headers.get("etag")}\r\n\r\n`);
    while (waits.seated === 0) await setImmediate();
    assert.equal(edge.edge.deps.hub.cameras[0].viewers, 1);
    await edge.put(large);
    const { status, body } = await client.answer();
    assert.equal(status, 200);
    assert.deepEqual(new Uint8Array(body), large);
    assert.equal(waits.seated, 0);
    await client.send(GET);
    assert.equal((await client.answer()).status, 200);
  }));

Deno.test("a wait ends with 304 when time is up, and with its client", async () => {
  const clock = new FakeClock();
  await listening(async (url, edge) => {
    const { waits } = edge.edge.deps.limits;
    const { etag } = edge.edge.deps.hub.cameras[0].latest.value!;
    using patient = await Client.connect(url);
    await patient.send(`${WAIT}${etag}\r\n\r\n`);
    const leaving = await Client.connect(url);
    await leaving.send(`${WAIT}${etag}\r\n\r\n`);
    while (waits.seated < 2) await setImmediate();
    leaving[Symbol.dispose]();
    while (waits.seated > 1) await setImmediate();
    for (let s = 0; s <= 20; s++) await clock.tick(1000);
    assert.equal((await patient.answer()).status, 304);
    assert.equal(waits.seated, 0);
  }, { clock });
});

Deno.test("a head that comes byte by byte is a head", () =>
  listening(async (url) => {
    using client = await Client.connect(url);
    for (const byte of GET) await client.send(byte);
    assert.equal((await client.answer()).status, 200);
  }));

Deno.test("an upload in pieces is one frame, and the connection goes on", () =>
  listening(async (url, edge) => {
    using client = await Client.connect(url);
    const half = large.length >> 1;
    await client.send(put(large.length), large.subarray(0, half));
    await client.send(large.subarray(half), put(small.length), small);
    assert.equal((await client.answer()).status, 204);
    const { status, headers } = await client.answer();
    assert.equal(status, 204);
    assert.equal(headers.get("etag"), edge.edge.deps.hub.cameras[0].latest.value?.etag);
    assert.equal(edge.edge.deps.hub.cameras[0].latest.seq, 3);
  }));

Deno.test("what several clients send in small pieces, in turn, stays apart", () =>
  listening(async (url) => {
    const digested = (jpeg: Uint8Array, target: string) => {
      const digest = createHash("sha256").update(jpeg).digest("base64");
      const head = put(jpeg.length).replace("/live.jpeg", target);
      const line = `\r\nContent-Digest: sha-256=:${digest}:\r\n\r\n`;
      return Buffer.concat([Buffer.from(head.replace("\r\n\r\n", line)), jpeg]);
    };
    const sends = [
      digested(large, "/live.jpeg"),
      digested(small, "/live.jpeg"),
      digested(large, "/cams/cam/live.jpeg?by=app"),
      digested(large, "/cams/cam/live.jpeg").toString("latin1").replace("HTTP/1.1", "HTTP/1.0"),
      GET,
      GET.replace("/live.jpeg", "/health"),
    ].map((bytes) => Buffer.from(bytes as string, "latin1"));
    const wanted = [204, 204, 204, 204, 200, 200];
    for (const size of [7, 500, 5000]) {
      const clients = await Promise.all(sends.map(() => Client.connect(url)));
      const longest = Math.max(...sends.map(({ length }) => length));
      for (let at = 0; at < longest; at += size) {
        // The end of what the short ones send comes last, when most has been read for others.
        await Promise.all(clients.map((client, i) => {
          const offset = at - (longest - sends[i].length);
          return client.send(sends[i].subarray(Math.max(0, offset), Math.max(0, offset + size)));
        }));
      }
      const answers = await Promise.all(clients.map((client) => client.answer()));
      assert.deepEqual(answers.map(({ status }) => status), wanted, `pieces of ${size} bytes`);
      for (const client of clients) client[Symbol.dispose]();
    }
  }, { env: { PERCH_MAX_UPLOADS_PER_S: "1000" } }));

/** The kind of the next message on a viewer's socket, the edge's own texts left out. */
async function nextKind(client: Client): Promise<"picture" | "pong" | "other"> {
  for (;;) {
    const [kind, short] = await client.take(2);
    const length = short < 126 ? short : (await client.take(2)).readUInt16BE();
    await client.take(length);
    if (kind !== 0x81) return kind === 0x82 ? "picture" : kind === 0x8a ? "pong" : "other";
  }
}

Deno.test("half a message on one socket is not mixed with what comes on another", () =>
  listening(async (url, edge) => {
    const open = async () => {
      const client = await Client.connect(url);
      await client.send(
        "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDAwMDAwMDAwMDAwMDAwMA==\r\n\r\n",
      );
      assert.equal((await client.answer()).status, 101);
      assert.equal(await nextKind(client), "picture");
      return client;
    };
    using one = await open();
    using other = await open();
    const acknowledged = Uint8Array.of(0x81, 0x83, 0, 0, 0, 0, ...Buffer.from("ack"));
    await one.send(acknowledged.subarray(0, 4));
    await other.send(Uint8Array.of(0x89, 0x80, 0, 0, 0, 0));
    assert.equal(await nextKind(other), "pong");
    await edge.put(large);
    await one.send(acknowledged.subarray(4));
    assert.equal(await nextKind(one), "picture");
  }));

Deno.test("an upload's own headers are read: time of capture, count, digest", () =>
  listening(async (url, edge) => {
    using client = await Client.connect(url);
    const capturedAt = systemClock.now() - 1000;
    const head = (n: number) =>
      put(small.length).replace(
        "\r\n\r\n",
        `\r\nPerch-Captured: ${capturedAt}\r\nPerch-Seq: run:${n}\r\n\r\n`,
      );
    await client.send(head(2), small, head(1), small);
    assert.equal((await client.answer()).status, 204);
    assert.equal((await client.answer()).status, 409);
    assert.equal(edge.edge.deps.hub.cameras[0].latest.value?.capturedAt, capturedAt);
    const digest = "\r\nContent-Digest: sha-256=:AAAA:\r\n\r\n";
    await client.send(put(small.length).replace("\r\n\r\n", digest), small);
    assert.equal((await client.answer()).status, 400);
  }));

Deno.test("an upload that is refused is let pass, and the next request is answered", () =>
  listening(async (url, edge) => {
    using client = await Client.connect(url);
    await client.send(put(large.length, "not-a-token-at-all"), large, GET);
    assert.equal((await client.answer()).status, 401);
    const { status, body } = await client.answer();
    assert.equal(status, 200);
    assert.deepEqual(new Uint8Array(body), small);
    assert.equal(edge.edge.deps.hub.cameras[0].latest.seq, 1);
  }));

Deno.test("an upload whose connection breaks leaves the old frame", () =>
  listening(async (url, edge) => {
    const client = await Client.connect(url);
    await client.send(put(large.length), large.subarray(0, 100));
    client[Symbol.dispose]();
    using other = await Client.connect(url);
    await other.send(GET);
    assert.deepEqual(new Uint8Array((await other.answer()).body), small);
    assert.equal(edge.edge.deps.hub.cameras[0].latest.seq, 1);
  }));

Deno.test("a stream is the head, then frame after frame, until the edge stops", () =>
  listening(async (url, edge) => {
    using client = await Client.connect(url);
    await client.send("GET /stream.mjpeg HTTP/1.1\r\nHost: a\r\n\r\n");
    const { status, headers } = await client.answer();
    assert.equal(status, 200);
    assert.equal(headers.get("connection"), "close");
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    const boundary = /boundary=(\S+)$/.exec(headers.get("content-type")!)![1];
    const head = Buffer.from(`--${boundary}\r\nContent-Type: image/jpeg\r\n\r\n`);
    const first = Buffer.concat([head, small, Buffer.from("\r\n"), head]);
    assert.deepEqual(await client.take(first.length), first);
    await edge.put(large);
    assert.deepEqual(new Uint8Array(await client.take(large.length)), large);
    await edge.stop();
    while (!client.ended) await client.take(1_000_000);
  }));

Deno.test("a stream counts as a viewer until its client hangs up", () =>
  listening(async (url, edge) => {
    const [camera] = edge.edge.deps.hub.cameras;
    const client = await Client.connect(url);
    await client.send("GET /stream.mjpeg HTTP/1.1\r\nHost: a\r\n\r\n");
    await client.answer();
    assert.equal(camera.viewers, 1);
    client[Symbol.dispose]();
    while (camera.viewers > 0) await camera.demand.next(camera.demand.seq);
    assert.equal(edge.edge.deps.limits.gate.seated, 0);
  }));

Deno.test("a client that goes before its stream has begun stays no viewer", async () => {
  const edge = await TestEdge.start();
  await edge.put(small);
  const { fetch } = edge.edge;
  const asked = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  Object.assign(edge.edge, {
    fetch: async (request: Request, info: RequestInfo) => {
      asked.resolve();
      await info.completed;
      gone.resolve();
      return await fetch(request, info);
    },
  });
  const server = await edge.listen("perch");
  const client = await Client.connect(server.url);
  await client.send("GET /stream.mjpeg?fps=60 HTTP/1.1\r\nHost: a\r\n\r\n");
  await asked.promise;
  client[Symbol.dispose]();
  await gone.promise;
  const [camera] = edge.edge.deps.hub.cameras;
  while (camera.demand.seq < 2) await camera.demand.next(camera.demand.seq);
  while (camera.viewers > 0) await camera.demand.next(camera.demand.seq);
  assert.equal(edge.edge.deps.limits.gate.seated, 0);
  await edge.stop();
  await server.shutdown();
});

Deno.test("a stream that is refused is answered, and its connection goes on", () =>
  listening(async (url) => {
    using client = await Client.connect(url);
    await client.send("GET /cams/nobody/stream.mjpeg HTTP/1.1\r\nHost: a\r\n\r\n", GET);
    const { status, body } = await client.answer();
    assert.equal(status, 404);
    assert.match(JSON.parse(body.toString()).detail, /^No camera "nobody"/);
    assert.equal((await client.answer()).status, 200);
  }));

Deno.test("a viewer that reads nothing keeps one frame waiting, and gets the newest then", () =>
  listening(async (url, edge) => {
    using client = await Client.connect(url);
    await client.send("GET /stream.mjpeg HTTP/1.1\r\nHost: a\r\n\r\n");
    const camera = edge.edge.deps.hub.cameras[0];
    while (camera.viewers === 0) await camera.demand.next(camera.demand.seq);
    const noise = new Uint8Array(1_000_000);
    const big = new Uint8Array([...small.subarray(0, 2), 0xff, 0xfe, 0xff, 0xff]);
    const filled = Buffer.concat([big, noise.subarray(0, 65533), small.subarray(2)]);
    for (let i = 0; i < 200; i++) {
      await edge.put(filled);
      await setImmediate();
    }
    const sent = camera.sentBytes / filled.length;
    await edge.put(large);
    assert(sent < 150, `${sent} of 200 frames are on their way to somebody who reads none`);
    assert(camera.sentBytes / filled.length < sent + 1, "nothing more while one is waiting");
    let tail = Buffer.alloc(0);
    while (!tail.includes(Buffer.from(large))) {
      tail = Buffer.concat([tail.subarray(-large.length), await client.some()]);
      assert(!client.ended);
    }
  }, { env: { PERCH_STRIP_METADATA: "false", PERCH_MAX_UPLOADS_PER_S: "10000" } }));

Deno.test("a client that asks and asks and reads nothing is answered as far as it reads", () =>
  listening(async (url, edge) => {
    const noise = new Uint8Array(65_533);
    const big = new Uint8Array([...small.subarray(0, 2), 0xff, 0xfe, 0xff, 0xff]);
    await edge.put(Buffer.concat([big, noise, small.subarray(2)]));
    const { sent } = edge.edge.deps.stills;
    using client = await Client.connect(url);
    const asked = 1500;
    await client.send(GET.repeat(asked));
    using other = await Client.connect(url);
    for (let i = 0; i < 20; i++) {
      await other.send(GET);
      await other.answer();
    }
    assert(sent.value < 1000, `${sent.value} answers for somebody who reads none`);
    for (let i = 0; i < asked; i++) assert.equal((await client.answer()).status, 200);
  }, { env: { PERCH_STRIP_METADATA: "false" } }));

Deno.test("what is not for the listener is answered by Deno's server, with the client's address", () =>
  listening(async (url, edge) => {
    const chunked =
      `PUT /live.jpeg HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${TEST_TOKEN}\r\n` +
      "Content-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n\r\n" +
      `${large.length.toString(16)}\r\n`;
    using camera = await Client.connect(url);
    await camera.send(chunked, large, "\r\n0\r\n\r\n");
    assert.equal((await camera.answer()).status, 204);
    assert.equal(edge.edge.deps.hub.cameras[0].latest.value?.size, large.length);
    using client = await Client.connect(url);
    await client.send("HEAD /live.jpeg HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert.match((await client.take(15)).toString(), /^HTTP\/1\.1 200/);
    using page = await Client.connect(url);
    await page.send("GET /status.json HTTP/1.1\r\nHost: a\r\n\r\n");
    assert.equal(JSON.parse((await page.answer()).body.toString()).cam, "cam");
  }));

Deno.test("limits count the client's address on every road, not the loopback's", async () => {
  const seen: string[] = [];
  const edge = await TestEdge.start();
  const { fetch } = edge.edge;
  Object.assign(edge.edge, {
    fetch: (request: Request, info: { remoteAddr: Deno.NetAddr }) => {
      seen.push(`${info.remoteAddr.hostname}:${info.remoteAddr.port}`);
      return fetch(request, { remoteAddr: info.remoteAddr, completed: Promise.resolve() });
    },
  });
  const server = await edge.listen("perch");
  const { hostname, port } = new URL(server.url);
  for (const path of ["/health", "/live.jpeg?wait=1"]) {
    const conn = await Deno.connect({ hostname, port: Number(port) });
    await conn.write(new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`));
    await conn.read(new Uint8Array(1000));
    assert.equal(seen.pop(), `127.0.0.1:${conn.localAddr.port}`);
    conn.close();
  }
  await edge.stop();
  await server.shutdown();
});

Deno.test("a head that does not come to its end is given up, and a silent connection later", async () => {
  const clock = new FakeClock();
  await listening(async (url, edge) => {
    using slow = await Client.connect(url);
    await slow.send(GET.slice(0, -2));
    using silent = await Client.connect(url);
    using busy = await Client.connect(url);
    await busy.send(GET);
    await busy.answer(); // the listener has seen what was sent before
    const ended = async (client: Client) => {
      await client.take(1);
      return client.ended;
    };
    for (let ms = 0; ms <= HEAD_MS; ms += 1000) await clock.tick(1000);
    assert(await ended(slow));
    await busy.send(GET);
    assert.equal((await busy.answer()).status, 200);
    for (let ms = 0; ms <= IDLE_MS; ms += 10_000) await clock.tick(10_000);
    assert(await ended(silent));
    assert(edge.edge.deps.hub.cameras[0].latest.value);
  }, { clock });
});

Deno.test("a head that comes after a long silence has its time from its first byte on", async () => {
  const clock = new FakeClock();
  await listening(async (url) => {
    using client = await Client.connect(url);
    await client.send(GET);
    await client.answer();
    for (let s = 0; s < 60; s++) await clock.tick(1000);
    await client.send(GET.slice(0, -2));
    using other = await Client.connect(url);
    await other.send(GET);
    await other.answer(); // the listener has seen what was sent before
    await clock.tick(1000);
    await client.send(GET.slice(-2));
    assert.equal((await client.answer()).status, 200);
  }, { clock });
});

Deno.test("an upload that comes too slowly is answered with 408", async () => {
  const clock = new FakeClock();
  await listening(async (url) => {
    using client = await Client.connect(url);
    await client.send(put(large.length), large.subarray(0, 10));
    using other = await Client.connect(url);
    await other.send(GET);
    await other.answer();
    for (let ms = 0; ms <= 11_000; ms += 1000) await clock.tick(1000);
    const { status, headers } = await client.answer();
    assert.equal(status, 408);
    assert.equal(headers.get("retry-after"), "1");
    for (let ms = 0; ms <= 11_000; ms += 1000) await clock.tick(1000);
    await client.take(1);
    assert(client.ended, "who goes on so is hung up on");
  }, { clock });
});

Deno.test("a client that asks for one answer only is hung up on behind it", () =>
  listening(async (url) => {
    using client = await Client.connect(url);
    await client.send(GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
    const { status, headers } = await client.answer();
    assert.deepEqual([status, headers.get("connection")], [200, "close"]);
    await client.take(1);
    assert(client.ended);
  }));

Deno.test("whatever bytes come, the picture that was there is served to the next", () =>
  listening(async (url, edge) => {
    const ws = "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDAwMDAwMDAwMDAwMDAwMA==\r\n\r\n";
    const right = [
      GET,
      `${WAIT}"none"\r\n\r\n${GET}`,
      "GET /stream.mjpeg?fps=5 HTTP/1.1\r\nHost: a\r\n\r\n",
      `${ws}\x82\x90\x01\x02\x03\x04${"a".repeat(16)}\x89\x80\x01\x02\x03\x04`,
      put(small.length, "not-a-token-at-all") + "x".repeat(small.length),
      "POST /report HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ].map((text) => Buffer.from(text, "latin1"));
    const inputs = fc.sample(
      fc.tuple(fc.nat(right.length - 1), edits).map(([i, changes]) => mutate(right[i], changes)),
      { numRuns: 600, seed: 7 },
    );
    for (const input of inputs) {
      const client = await Client.connect(url);
      await client.send(input).catch(() => {}); // hung up on in the middle
      client[Symbol.dispose]();
    }
    using client = await Client.connect(url);
    await client.send(GET);
    assert.deepEqual(new Uint8Array((await client.answer()).body), small);
    const { gate, waits } = edge.edge.deps.limits;
    while (gate.seated + waits.seated > 0) await setImmediate();
    assert.deepEqual(edge.lines.filter((line) => line.includes("failed")), []);
  }));
