// What Deno's own server does with what is too much or no request at all, and what the edge says of it.

import assert from "node:assert/strict";
import { baseline } from "../jpegs.ts";
import { putFrame, type RunningEdge, startEdge, TEST_TOKEN } from "../processes.ts";
import { statusOf } from "../clients.ts";
import { until } from "../wait.ts";

const frame = await baseline(160, 120);

/** A viewer's socket that talks too much or sends a picture is closed. */
async function sockets(edge: RunningEdge): Promise<void> {
  const closed = (send: (socket: WebSocket) => void) =>
    new Promise<CloseEvent>((resolve) => {
      const socket = new WebSocket(`${edge.url.replace("http", "ws")}/ws`);
      socket.onopen = () => send(socket);
      socket.onclose = resolve;
    });
  const flood = await closed((socket) => {
    for (let i = 0; i < 6000; i++) socket.send("ack");
  });
  // The close message is lost where the flood still fills the line when the connection ends.
  assert([0, 1008].includes(flood.code), `${flood.code}`);
  const picture = await closed((socket) => socket.send(new Uint8Array(1_000_000)));
  assert([0, 1008, 1009].includes(picture.code), `${picture.code}`);
  // A line that breaks under the flood is told here before the edge has read it all.
  const turnedOut = () => edge.metric("perch_sockets_turned_out_total");
  await until("both turned out", async () => await turnedOut() >= 2);
  await until("no viewer", async () => await edge.metric("perch_viewers_connected") === 0);
  assert.equal(await turnedOut(), 2);
}

/** Headers and bodies that are too large are refused. */
async function sizes(edge: RunningEdge): Promise<void> {
  const header = await fetch(`${edge.url}/live.jpeg`, {
    headers: { "x-long": "a".repeat(300_000) },
  })
    .then(({ status }) => status, () => "closed");
  assert([400, 431, "closed"].includes(header), `${header}`);
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(20_000)),
  });
  const upload = await fetch(`${edge.url}/live.jpeg`, {
    method: "PUT",
    headers: { authorization: `Bearer ${TEST_TOKEN}`, "content-type": "image/jpeg" },
    body: endless,
  }).then(({ status }) => status, () => "closed");
  assert([413, "closed"].includes(upload), `${upload}`);
  const report = await fetch(`${edge.url}/report`, {
    method: "PUT",
    headers: { authorization: `Bearer ${TEST_TOKEN}` },
    body: `{"state":"failing","error":"${"x".repeat(100_000)}"}`,
  });
  assert.equal(report.status, 413);
}

/** A handshake that is none takes no viewer's place. */
async function handshakes(edge: RunningEdge): Promise<void> {
  const key = "Sec-WebSocket-Key: MDAwMDAwMDAwMDAwMDAwMA==\r\n";
  const version = "Sec-WebSocket-Version: 13\r\n";
  const connection = "Connection: Upgrade\r\n";
  const heads = [
    "",
    connection,
    connection + version,
    connection + key,
    version + key,
    `Connection: keep-alive\r\n${version}${key}`,
    `${connection}Sec-WebSocket-Version: 8\r\n${key}`,
    `${connection}${version}Sec-WebSocket-Key: \r\n`,
    `${connection}${version}Sec-WebSocket-Key: short\r\n`,
  ];
  for (const path of ["/ws", "/publish?session=a"]) {
    for (const headers of heads) {
      const status = await statusOf(
        edge.url,
        `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TEST_TOKEN}\r\n` +
          `Upgrade: websocket\r\n${headers}\r\n`,
      );
      assert.equal(status, 426, headers);
    }
  }
  assert.equal(await edge.metric("perch_viewers_connected"), 0);
}

Deno.test("what is too much or no request is refused, costs nothing, and is logged as one JSON object a line", async (t) => {
  const env = { PERCH_LOG: "json", PERCH_MAX_FRAME_BYTES: "100000" };
  await using edge = await startEdge({ env });
  await putFrame(edge.url, frame);
  for (const refused of [sockets, sizes, handshakes]) {
    await t.step(refused.name, () => refused(edge));
  }
  assert.equal((await fetch(`${edge.url}/live.jpeg`)).status, 200);
  await edge.stop();
  assert(!edge.output.includes("failed"), edge.output);
  assert(edge.lines.length >= 2);
  for (const line of edge.lines) {
    const { time, level, message } = JSON.parse(line);
    assert(!Number.isNaN(Date.parse(time)));
    assert.match(level, /^(info|warn|error)$/);
    assert.equal(typeof message, "string");
  }
});

Deno.test({
  name: "an edge that ran out of file descriptors takes connections again, as often as it happens",
  ignore: Deno.build.os === "windows", // has no such limit
}, async () => {
  await using edge = await startEdge({
    wrap: ["sh", "-c", 'ulimit -n 200 && exec "$@"', "sh"],
  });
  const { hostname, port } = new URL(edge.url);
  for (let flood = 1; flood <= 2; flood++) {
    const seen = edge.lines.length;
    const crowd: Deno.TcpConn[] = [];
    while (crowd.length < 300) {
      const one = await Deno.connect({ hostname, port: Number(port) }).catch(() => undefined);
      if (!one) break; // nobody listens any more
      crowd.push(one);
    }
    await edge.line(/no connections are accepted; trying again/, seen);
    for (const one of crowd) one.close();
    await edge.line(/listening on/, seen);
    assert.equal((await putFrame(edge.url, frame)).status, 204);
    assert.equal((await fetch(`${edge.url}/live.jpeg`)).status, 200);
  }
});
