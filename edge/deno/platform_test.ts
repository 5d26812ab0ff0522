import assert from "node:assert/strict";
import { acceptSocket } from "./platform.ts";

const HANDSHAKE = "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDAwMDAwMDAwMDAwMDAwMA==\r\n\r\n";

Deno.test("a client that leaves during the handshake is told as closed", async () => {
  const asked = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const loopback = { hostname: "127.0.0.1", port: 0, onListen() {} };
  const server = Deno.serve(loopback, async (request) => {
    asked.resolve();
    await left.promise;
    const { socket, response } = acceptSocket(request, 20);
    socket.onclose = () => closed.resolve();
    return response;
  });
  const client = await Deno.connect({ hostname: "127.0.0.1", port: server.addr.port });
  await client.write(new TextEncoder().encode(HANDSHAKE));
  await asked.promise;
  client.close();
  left.resolve();
  await closed.promise;
  await server.shutdown();
});

Deno.test("a socket that opens in time stays open, and is closed once", async () => {
  const events: string[] = [];
  const closed = Promise.withResolvers<void>();
  const loopback = { hostname: "127.0.0.1", port: 0, onListen() {} };
  const server = Deno.serve(loopback, (request) => {
    const { socket, response } = acceptSocket(request);
    socket.onopen = () => {
      events.push("open");
      socket.send(new Uint8Array([7]));
    };
    socket.onmessage = ({ data }) => events.push(`${data instanceof ArrayBuffer}`);
    socket.onclose = () => {
      events.push("close");
      closed.resolve();
    };
    return response;
  });
  const client = new WebSocket(`ws://127.0.0.1:${server.addr.port}`);
  client.onmessage = () => {
    client.send(new Uint8Array([8]));
    client.close();
  };
  await closed.promise;
  assert.deepEqual(events, ["open", "true", "close"]);
  await server.shutdown();
});
