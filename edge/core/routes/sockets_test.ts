// The two WebSockets over a real server and real sockets.

import assert from "node:assert/strict";
import { baseline, concat } from "../../../shared/testing/jpegs.ts";
import { encodeAck, SocketClient } from "../../../shared/testing/clients.ts";
import { TEST_TOKEN } from "../../../shared/testing/processes.ts";
import { TestEdge } from "../../../shared/testing/test_edge.ts";
import { FRAME_HEADER_BYTES, writeFrameHeader } from "../../../shared/wire_frame.ts";

const small = await baseline(160, 120);
const large = await baseline(320, 240);

const CAMERA = { authorization: `Bearer ${TEST_TOKEN}` };
const HANDSHAKE = {
  upgrade: "websocket",
  connection: "keep-alive, Upgrade",
  "sec-websocket-version": "13",
  "sec-websocket-key": "MDAwMDAwMDAwMDAwMDAwMA==",
};

function frameMessage(
  n: number,
  jpeg: Uint8Array,
  times = { capturedAt: 0, receivedAt: 0 },
): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(FRAME_HEADER_BYTES + jpeg.length);
  writeFrameHeader(message, { camera: 0, version: n, ...times });
  message.set(jpeg, FRAME_HEADER_BYTES);
  return message;
}

Deno.test("a viewer's socket brings the newest frame of each camera, and the next one after its ack", async () => {
  const edge = await TestEdge.start();
  await edge.put(small, {}, "/cams/a/live.jpeg");
  await edge.put(large, {}, "/cams/b/live.jpeg");
  await using server = edge.listen();
  const client = new SocketClient(`${server.url}/ws?cams=a,b`);
  const hello = await client.text("hello");
  assert.equal((hello.cams as { status: { cam: string } }[])[0].status.cam, "a");
  const [first, other] = [await client.frame(), await client.frame()];
  assert.deepEqual([first.camera, first.jpeg, other.camera], [0, small, 1]);
  await edge.put(small, {}, "/cams/a/live.jpeg");
  await edge.put(large, {}, "/cams/a/live.jpeg");
  client.socket.send(encodeAck(first));
  assert.deepEqual((await client.frame()).jpeg, large);
  await client.close();
});

Deno.test(`a viewer that sends something else is shut out`, async () => {
  const edge = await TestEdge.start();
  await edge.put(small);
  await using server = edge.listen();
  const client = new SocketClient(`${server.url}/ws`);
  await client.text("hello");
  client.socket.send("give me everything");
  assert.equal(await client.closed, 1008);
  const liar = new SocketClient(`${server.url}/ws`);
  await liar.frame();
  liar.socket.send(encodeAck({ camera: 0, version: Infinity }));
  assert.equal(await liar.closed, 1008);
});

Deno.test("a viewer that acknowledges without reading costs what its line takes", async () => {
  const edge = await TestEdge.start({ PERCH_STRIP_METADATA: "false" });
  // A whole JPEG of a megabyte: comments weigh most.
  const comment = new Uint8Array(65_537);
  comment.set([0xff, 0xfe, 0xff, 0xff]);
  const head = small.subarray(0, 2);
  const heavy = [0, 1].map((n) => {
    const other = comment.with(-1, n);
    return new Blob([head, ...Array(15).fill(comment), other, small.subarray(2)]);
  });
  await edge.put(heavy[1]);
  await using server = edge.listen();
  const { hostname, port } = new URL(server.url);
  const line = await Deno.connect({ hostname, port: Number(port) });
  const handshake = "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDAwMDAwMDAwMDAwMDAwMA==\r\n\r\n";
  await line.write(new TextEncoder().encode(handshake));
  const camera = edge.edge.deps.hub.known("cam")!;
  await edge.until(() => camera.sentBytes > 0);
  const ack = new Uint8Array([0x81, 0x83, 0, 0, 0, 0, ...new TextEncoder().encode("ack")]);
  const { gate } = edge.edge.deps.limits;
  // As often as it takes to fill what lies between; then it acknowledges no more, and is looked at.
  for (let round = 0; gate.stuck === 0; round++) {
    assert.ok(round < 100, "never stuck");
    for (let i = 0; i < 12; i++) {
      await line.write(ack);
      await edge.put(heavy[i % 2]);
    }
    for (let look = 0; look < 20 && gate.stuck === 0; look++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      edge.edge.tick(0);
    }
  }
  // What the kernel holds on loopback, and two pictures.
  assert.ok(camera.sentBytes < 20_000_000, `${camera.sentBytes} bytes`);
  line.close();
});

Deno.test("a picture on a socket is as old as its camera says, whatever year that lives in", async () => {
  const edge = await TestEdge.start();
  await using server = edge.listen();
  const client = new SocketClient(`${server.url}/publish?session=s`, CAMERA);
  await client.text("demand");
  for (const [n, sentAt] of [1200, edge.clock.now() + 1200].entries()) {
    const times = { capturedAt: sentAt - 1200, receivedAt: sentAt };
    client.socket.send(frameMessage(n + 1, n ? small : large, times));
    await client.text("ack");
    assert.equal(edge.edge.deps.hub.known("cam")!.ageMs, 1200);
  }
  client.socket.send(frameMessage(3, large, { capturedAt: edge.clock.now() + 5, receivedAt: 9 }));
  await client.text("ack");
  assert.equal(edge.edge.deps.hub.known("cam")!.ageMs, 0);
  await client.close();
});

Deno.test(`viewers and cameras on sockets are told when the edge stops`, async () => {
  const edge = await TestEdge.start();
  await edge.put(small);
  await using server = edge.listen();
  const viewer = new SocketClient(`${server.url}/ws`);
  const camera = new SocketClient(`${server.url}/publish?session=s1`, CAMERA);
  await Promise.all([viewer.text("hello"), camera.text("demand")]);
  await edge.stop();
  assert.equal(await viewer.closed, 1001);
  assert.equal(await camera.closed, 1001);
});

Deno.test("sockets of a camera that is forgotten during their handshake are ended", async () => {
  await using edge = await TestEdge.start();
  await edge.put(small);
  const { deps } = edge.edge;
  const { acceptSocket } = deps;
  Object.assign(deps, {
    acceptSocket(request: Request) {
      deps.hub.forget("cam");
      return acceptSocket(request);
    },
  });
  await using server = edge.listen();
  const camera = new SocketClient(`${server.url}/publish?session=s1`, CAMERA);
  assert.equal(await camera.closed, 1001);
  await edge.put(small);
  const viewer = new SocketClient(`${server.url}/ws`);
  assert.equal(await viewer.closed, 1001);
});

Deno.test(`a camera's socket takes frames and tells demand, refusals and acks`, async () => {
  const edge = await TestEdge.start({ PERCH_FPS: "5" });
  await using server = edge.listen();
  const camera = new SocketClient(`${server.url}/cams/nest/publish?session=run1`, CAMERA);
  assert.equal((await camera.text("demand")).interval, 10_000);
  camera.socket.send(frameMessage(1, small));
  const ack = await camera.text("ack");
  assert.equal(ack.seq, 1);
  camera.socket.send(frameMessage(1, small));
  assert.equal((await camera.text("refused")).status, 409);
  camera.socket.send(frameMessage(2, small.subarray(0, 500)));
  assert.equal((await camera.text("refused")).status, 400);
  camera.socket.send(frameMessage(3, concat(small, large)));
  await camera.text("ack");
  const status = await (await edge.request("/cams/nest/status.json")).json();
  assert.equal(status.size, small.length);
  const stream = await edge.request("/cams/nest/stream.mjpeg");
  assert.deepEqual(await camera.text("demand"), { type: "demand", interval: 200, viewers: 1 });
  await stream.body!.cancel();
  assert.equal((await camera.text("demand")).interval, 10_000);
  await camera.close();
});

Deno.test(`a camera's socket is closed on text`, async () => {
  const edge = await TestEdge.start();
  await using server = edge.listen();
  const camera = new SocketClient(`${server.url}/publish?session=s`, CAMERA);
  await camera.text("demand");
  camera.socket.send("a frame, believe me");
  assert.equal(await camera.closed, 1003);
});

Deno.test("a page of another site opens a socket only where it may embed or read", async () => {
  const settings: [status: number, Record<string, string>][] = [
    [403, { PERCH_EMBED_ORIGINS: "none" }],
    [403, { PERCH_EMBED_ORIGINS: "https://a.example", PERCH_CORS_ORIGINS: "https://b.example" }],
    [101, { PERCH_EMBED_ORIGINS: "none", PERCH_CORS_ORIGINS: "https://site.example" }],
    [101, { PERCH_EMBED_ORIGINS: "https://site.example" }],
    [101, {}],
  ];
  for (const [wanted, env] of settings) {
    const edge = await TestEdge.start(env);
    await edge.put(small);
    await using server = edge.listen();
    for (const origin of ["https://site.example", server.url]) {
      const client = new SocketClient(`${server.url}/ws`, { origin });
      const opened = await client.text("hello").then(() => true, () => false);
      const own = origin.startsWith("http:");
      assert.equal(opened, own || wanted === 101, `${origin} ${JSON.stringify(env)}`);
      await client.close();
    }
  }
});

Deno.test("a viewer's socket ends with the link that opened it", async () => {
  const edge = await TestEdge.start({ PERCH_VIEW_TOKEN: "view-token-0123456789" });
  await edge.put(small);
  const made = await edge.request("/share", {
    method: "POST",
    headers: { authorization: "Bearer view-token-0123456789" },
    body: JSON.stringify({ cam: "cam", hours: 10 / 3600 }),
  });
  const { search } = new URL((await made.json()).url);
  await using server = edge.listen();
  const client = new SocketClient(`${server.url}/ws${search}`);
  await client.frame();
  await edge.clock.tick(11_000);
  assert.equal(await client.closed, 1008);
});

Deno.test("without viewers' sockets /ws says which setting is off, and cameras' sockets go on", async () => {
  const edge = await TestEdge.start({ PERCH_VIEWER_SOCKETS: "false" });
  const refused = await edge.request("/ws", { headers: HANDSHAKE });
  assert.equal(refused.status, 403);
  assert.match((await refused.json()).detail, /PERCH_VIEWER_SOCKETS=true.*\/stream\.mjpeg/);
  await using server = edge.listen();
  const camera = new SocketClient(`${server.url}/publish?session=s`, CAMERA);
  await camera.text("demand");
  await camera.close();
});

Deno.test("/ws without an upgrade says what it is, unknown cameras are 404", async () => {
  await using edge = await TestEdge.start();
  assert.equal((await edge.request("/ws")).status, 426);
  assert.equal((await edge.request("/ws?cams=nobody", { headers: HANDSHAKE })).status, 404);
});

Deno.test("the answer to a handshake is the platform's own, with nothing set on it", async () => {
  await using edge = await TestEdge.start({
    PERCH_CORS_ORIGINS: "https://other.example",
    PERCH_VIEW_TOKEN: "only-some-may-watch",
  });
  await edge.put(small);
  // Any answer whose headers cannot be changed.
  const response = Response.redirect("https://edge.test/");
  const socket = { readyState: 3, bufferedAmount: 0, send() {}, close() {} };
  Object.assign(edge.edge.deps, { acceptSocket: () => ({ socket, response }) });
  const headers = {
    ...HANDSHAKE,
    origin: "https://other.example",
    authorization: `Bearer ${TEST_TOKEN}`,
  };
  for (const path of ["/ws", "/publish?session=a", "/cams/a/publish?session=a"]) {
    assert.equal(await edge.request(path, { headers }), response, path);
  }
  assert.deepEqual(edge.lines, ["the first picture of a camera"]);
});
