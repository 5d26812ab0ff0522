import assert from "node:assert/strict";
import { FakeClock } from "../../../shared/testing/fake_clock.ts";
import { baseline } from "../../../shared/testing/jpegs.ts";
import { TEST_TOKEN } from "../../../shared/testing/processes.ts";
import { TestEdge } from "../../../shared/testing/test_edge.ts";
import { Bodies, FRAMES } from "./bodies.ts";
import { FrameBuffer } from "./ingest.ts";

/** A body that is fed by the test. */
function fedBody() {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (given) => void (controller = given),
    cancel: () => void (cancelled = true),
  });
  return {
    body,
    send: (bytes: number | Uint8Array) => controller.enqueue(new Uint8Array(bytes as number)),
    end: () => controller.close(),
    fail: (error: Error) => controller.error(error),
    get cancelled() {
      return cancelled;
    },
  };
}

const MAX_BYTES = 2_000_000;

/** Reads a fed body, and lets time go on by the second. */
function read(fed: ReturnType<typeof fedBody>, length?: number) {
  const clock = new FakeClock();
  const bodies = new Bodies(clock);
  const request = new Request("http://edge.test/live.jpeg", {
    method: "PUT",
    body: fed.body,
    headers: length === undefined ? {} : { "content-length": `${length}` },
  });
  const result = bodies.accept(request, MAX_BYTES, { kind: FRAMES }, new Uint8Array(4));
  const second = async (send = 0) => {
    if (send > 0) fed.send(send);
    await new Promise((resolve) => setTimeout(resolve, 0));
    await clock.tick(1000);
    bodies.tick();
  };
  return { bodies, result, second };
}

/** The problem that a body is refused with. */
async function refusal(
  result: Promise<FrameBuffer | Response>,
): Promise<{ status: number; detail: string }> {
  const response = await result;
  assert(response instanceof Response);
  return await response.json();
}

Deno.test("a body that comes fast enough is read, however long it takes", async () => {
  const fed = fedBody();
  const { bodies, result, second } = read(fed);
  for (let i = 0; i < 120; i++) await second(2000);
  fed.end();
  const body = await result;
  assert(body instanceof FrameBuffer);
  assert.equal(body.jpeg.length, 240_000);
  assert.equal(bodies.size, 0);
});

Deno.test("a body that drips is given up after ten seconds", async () => {
  const fed = fedBody();
  const { bodies, result, second } = read(fed, 50_000);
  for (let i = 0; i < 10; i++) await second(100);
  const { status, detail } = await refusal(result);
  assert.equal(status, 408);
  assert.match(detail, /1000 bytes, then less .*10240 bytes in 10 s/);
  assert(fed.cancelled);
  assert.equal(bodies.size, 0);
});

Deno.test("a body that stops in the middle is given up in the period after", async () => {
  const fed = fedBody();
  const { result, second } = read(fed);
  await second(1_000_000);
  for (let i = 1; i < 20; i++) {
    assert(!fed.cancelled, `after ${i} s`);
    await second();
  }
  assert.equal((await refusal(result)).status, 408);
});

Deno.test("a body that breaks is told by its own error, and let go of", async () => {
  const fed = fedBody();
  const { bodies, result, second } = read(fed);
  await second(100);
  fed.fail(new Error("connection reset"));
  const { status, detail } = await refusal(result);
  assert.deepEqual([status, /connection reset/.test(detail)], [400, true]);
  assert.equal(bodies.size, 0);
});

Deno.test("a body without a length takes memory for its bytes, not for its pieces", async () => {
  const rooms = new Set<number>();
  let left = 100_000;
  const body = new ReadableStream({
    type: "bytes",
    pull(controller) {
      const { view } = controller.byobRequest!;
      const bytes = new Uint8Array(view!.buffer);
      // What the last piece left there says that the memory is the same.
      rooms.add(bytes[0]);
      bytes[0] = 7;
      if (left === 0) controller.close();
      controller.byobRequest!.respond(left && 1);
      left--;
    },
  });
  const request = new Request("http://edge.test/", { method: "PUT", body });
  const bodies = new Bodies(new FakeClock());
  const buffer = await bodies.accept(request, MAX_BYTES, { kind: FRAMES }, new Uint8Array(4));
  assert(buffer instanceof FrameBuffer);
  assert.deepEqual([buffer.jpeg.length, buffer.bytes.length], [100_000, 100_036]);
  assert.deepEqual([...rooms], [0, 7]);
});

Deno.test("a body that is too large is refused while it comes, and let go of", async () => {
  const fed = fedBody();
  const { bodies, result, second } = read(fed);
  await second(MAX_BYTES);
  await second(1);
  assert.equal((await refusal(result)).status, 413);
  assert(!fed.body.locked);
  assert.equal(bodies.size, 0);
});

/** A request over a real connection, of which the head and whatever else is written by hand. */
async function byHand(edge: TestEdge, head: string) {
  const server = edge.listen();
  const { hostname, port } = new URL(server.url);
  const line = await Deno.connect({ hostname, port: Number(port) });
  const write = (text: string | Uint8Array) =>
    line.write(typeof text === "string" ? new TextEncoder().encode(text) : text);
  await write(`${head}\r\nHost: edge.test\r\n`);
  let said = "";
  let open = true;
  const listening = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of line.readable) said += decoder.decode(chunk, { stream: true });
  })().catch(() => {}).finally(() => open = false);
  return {
    write,
    said: () => said,
    open: () => open,
    async [Symbol.asyncDispose]() {
      // The reader has closed the line where it ended.
      if (open) line.close();
      await listening;
      await server[Symbol.asyncDispose]();
    },
  };
}

const VIEW_TOKEN = { PERCH_VIEW_TOKEN: "view-token-0123456789" };
const FORM =
  "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\ntoken=";

Deno.test("a form that drips is given up after ten seconds", async () => {
  await using edge = await TestEdge.start(VIEW_TOKEN);
  await using client = await byHand(edge, "POST /sign-in HTTP/1.1");
  const { bodies } = edge.edge.deps;
  await client.write(FORM);
  await edge.until(() => bodies.size === 1);
  for (let i = 0; i < 9; i++) {
    await client.write("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".repeat(64));
    await edge.clock.tick(1000);
  }
  assert.equal(bodies.size, 1);
  await edge.clock.tick(1000);
  await edge.until(() => client.said() !== "");
  assert.match(client.said(), /^HTTP\/1.1 408 [^]*all of it within 10 s/);
  assert.equal(bodies.size, 0);
  const [head, answer] = client.said().split("\r\n\r\n");
  assert.match(head, new RegExp(`content-length: ${answer.length}\\b`), "the whole answer");
});

Deno.test("an address has so many forms under way and no more, another one goes on", async () => {
  await using edge = await TestEdge.start({ ...VIEW_TOKEN, PERCH_TRUST_PROXY: "1" });
  const post = (address: string, body: BodyInit) =>
    edge.request("/sign-in", { method: "POST", body, headers: { "x-forwarded-for": address } });
  const never = () => new ReadableStream<Uint8Array>();
  const { bodies } = edge.edge.deps;
  const held = Array.from({ length: 32 }, () => post("203.0.113.1", never()));
  await edge.until(() => bodies.size === 32);
  const refused = await post("203.0.113.1", new URLSearchParams({ token: "x" }));
  assert.deepEqual([refused.status, refused.headers.get("retry-after")], [429, "1"]);
  const form = new URLSearchParams({ token: VIEW_TOKEN.PERCH_VIEW_TOKEN });
  assert.equal((await post("203.0.113.2", form)).status, 303);
  await edge.clock.tick(10_000);
  for (const answer of held) assert.equal((await answer).status, 408);
});

Deno.test("uploads that hang silence no camera: a new one takes the place of which least has come", async () => {
  await using edge = await TestEdge.start();
  const jpeg = await baseline(64, 48);
  const { bodies } = edge.edge.deps;
  const hang = async (cam: string) => {
    const before = bodies.size;
    const bodiesOfIt = Array.from({ length: 16 }, fedBody);
    const held = bodiesOfIt.map(({ body }) => edge.put(body, {}, `/cams/${cam}/live.jpeg`));
    await edge.until(() => bodies.size === before + 16);
    // Of all but the second one a little comes.
    for (const [i, fed] of bodiesOfIt.entries()) if (i !== 1) fed.send(100);
    return held;
  };
  const held = await hang("cam");
  assert.equal((await edge.put(jpeg)).status, 204);
  const { status, detail } = await (await held[1]).json();
  assert.deepEqual([status, bodies.size], [408, 15]);
  assert.match(detail, /^Read the body: 0 bytes, .*16 of this camera/);
  const slow = fedBody();
  const late = edge.put(slow.body);
  await edge.until(() => bodies.size === 16);
  slow.send(jpeg.subarray(0, 200));
  const more = Array.from({ length: 40 }, () => edge.put(fedBody().body));
  let answered = 0;
  for (const answer of [...held, ...more]) answer.then(() => answered++);
  await edge.until(() => answered === 41);
  slow.send(jpeg.subarray(200));
  slow.end();
  assert.equal((await late).status, 204, "one that goes on arrives");

  for (const cam of ["garden", "door", "roof"]) await hang(cam);
  more.push(edge.put(fedBody().body));
  await edge.until(() => bodies.size === 64);
  assert.equal((await edge.put(jpeg, {}, "/cams/street/live.jpeg")).status, 204);
  assert.equal((await edge.put(jpeg)).status, 204);
  await edge.clock.tick(10_000);
  for (const answer of [...held, ...more]) assert.equal((await answer).status, 408);
  assert.equal(bodies.size, 0);
});

Deno.test("of bodies that nobody wants only so many are waited for", async () => {
  await using edge = await TestEdge.start(VIEW_TOKEN);
  const { bodies } = edge.edge.deps;
  const headers = { "transfer-encoding": "chunked" };
  const nowhere = () =>
    edge.request("/nowhere", { method: "POST", body: new ReadableStream<Uint8Array>(), headers });
  const held = Array.from({ length: 64 }, nowhere);
  await edge.until(() => bodies.size === 64);
  const cut = await nowhere();
  assert.deepEqual([cut.status, cut.headers.get("connection")], [404, "close"]);
  const signedIn = await edge.request("/sign-in", {
    method: "POST",
    body: new Blob([`token=${VIEW_TOKEN.PERCH_VIEW_TOKEN}`]).stream(),
    headers: { ...headers, "content-type": "application/x-www-form-urlencoded" },
  });
  assert.equal(signedIn.status, 303, "one that was read is not cut");
  await edge.clock.tick(10_000);
  await Promise.all(held);
  assert.equal(bodies.size, 0);
});

for (
  const [head, status] of [
    ["PUT /live.jpeg HTTP/1.1\r\nContent-Length: 10000000000", 401],
    ["PUT /live.jpeg HTTP/1.1\r\nTransfer-Encoding: chunked", 401],
    ["POST /sign-in HTTP/1.1\r\nContent-Length: 10000000000", 413],
    ["POST /nowhere HTTP/1.1\r\nTransfer-Encoding: chunked", 404],
    ["GET /health?live HTTP/1.1\r\nContent-Length: 10000000000", 413],
    [
      "GET /stream.mjpeg HTTP/1.1\r\nAuthorization: Bearer view-token-0123456789\r\nTransfer-Encoding: chunked",
      413,
    ],
  ] as const
) {
  Deno.test(`a body that nobody wants is answered ${status} and has an end: ${head}`, async () => {
    await using edge = await TestEdge.start(VIEW_TOKEN);
    await edge.put(await baseline(64, 48));
    await using client = await byHand(edge, head);
    const chunked = head.includes("chunked");
    const piece = new Uint8Array(65_536 + (chunked ? 9 : 0));
    if (chunked) {
      piece.set(new TextEncoder().encode("10000\r\n"));
      piece.set([13, 10], piece.length - 2);
    }
    await client.write("\r\n");
    const sending = (async () => {
      while (client.open()) await client.write(piece);
    })().catch(() => {});
    await edge.until(() => !client.open());
    // A client that goes on sending may be cut off before it reads.
    assert.match(client.said(), new RegExp(`^(HTTP/1.1 ${status} |$)`));
    await sending;
    assert.equal(edge.edge.deps.limits.gate.seated, 0);
  });
}

Deno.test("a picture that is refused is answered in peace, also without a declared length", async () => {
  await using edge = await TestEdge.start({ PERCH_MAX_FRAME_BYTES: "100000" });
  await using server = edge.listen();
  const pieces = () => new Blob([new Uint8Array(3_000_000)]);
  for (const body of [() => pieces().stream(), pieces]) {
    for (const [authorization, status] of [["Bearer wrong", 401], [`Bearer ${TEST_TOKEN}`, 413]]) {
      const answer = await fetch(`${server.url}/live.jpeg`, {
        method: "PUT",
        body: body(),
        headers: { "authorization": `${authorization}`, "content-type": "image/jpeg" },
      });
      assert.equal(answer.status, status);
      assert.equal((await answer.json()).status, status);
    }
  }
});

Deno.test("a frame whose camera is forgotten while it comes is not answered as taken", async () => {
  await using edge = await TestEdge.start();
  const jpeg = await baseline(64, 48);
  await edge.put(jpeg);
  const fed = fedBody();
  const upload = edge.put(fed.body);
  const { bodies } = edge.edge.deps;
  await edge.until(() => bodies.size === 1);
  const headers = { authorization: `Bearer ${TEST_TOKEN}` };
  const forgotten = await edge.request("/cams/cam", { method: "DELETE", headers });
  assert.equal(forgotten.status, 204);
  fed.send(jpeg);
  fed.end();
  const { status, headers: told } = await upload;
  assert.deepEqual([status, told.get("retry-after")], [503, "1"]);
  assert.equal((await edge.put(jpeg)).status, 204, "sent again it is taken");
  assert.equal((await edge.request("/live.jpeg")).status, 200);
});

for (const protocol of ["HTTP/1.1", "HTTP/1.0", "chunks"]) {
  for (
    const [how, hangUp] of [
      ["half of its line", (line: Deno.TcpConn) => line.closeWrite()],
      ["its line", (line: Deno.TcpConn) => line.close()],
    ] as const
  ) {
    Deno.test(`a picture is taken where ${how} is closed right behind it, by ${protocol}`, async () => {
      await using edge = await TestEdge.start();
      await using server = edge.listen();
      const { hostname, port } = new URL(server.url);
      const jpeg = await baseline(640, 480);
      const isChunked = protocol === "chunks";
      const request = new Blob([
        `PUT /live.jpeg ${isChunked ? "HTTP/1.1" : protocol}\r\nHost: edge.test\r\n`,
        `Authorization: Bearer ${TEST_TOKEN}\r\n`,
        ...isChunked
          ? [`Transfer-Encoding: chunked\r\n\r\n${jpeg.length.toString(16)}\r\n`]
          : [`Content-Length: ${jpeg.length}\r\n\r\n`],
        jpeg,
        ...isChunked ? ["\r\n0\r\n\r\n"] : [],
      ]);
      const taken = (sent: number) =>
        edge.edge.deps.metrics.render().includes(`received_total ${sent}\n`);
      for (let sent = 1; sent <= 20; sent++) {
        const line = await Deno.connect({ hostname, port: Number(port) });
        await request.stream().pipeTo(line.writable, { preventClose: true });
        await hangUp(line);
        await edge.until(() => taken(sent));
      }
    });
  }
}
