// Which road is taken, over real connections.

import assert from "node:assert/strict";
import { FakeClock } from "../../shared/testing/fake_clock.ts";
import { readFrameHeader } from "../../shared/wire_frame.ts";
import type { CapturedFrame } from "../capture.ts";
import { createAutoTransport } from "./auto.ts";
import { systemConnect } from "./connection.ts";
import { EdgeClient } from "./edge_client.ts";

const NEVER = new AbortController().signal;
const frame = (n: number): CapturedFrame => ({
  jpeg: new Uint8Array(2000).fill(n),
  capturedAt: 1700000000123.5,
  takenAt: 0,
  n,
});

/** How the frames came to an edge, after `sends` of them. */
async function roads(
  edge: { readonly wants?: "ws"; readonly passes: boolean },
  sends: number,
): Promise<string[]> {
  const came: string[] = [];
  const demand = { type: "demand", interval: 100, viewers: 1 };
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    if (request.method === "PUT") {
      came.push("put");
      const headers = new Headers({ etag: '"1"', "perch-interval": "100" });
      if (edge.wants) headers.set("perch-transport", edge.wants);
      return new Response(null, { status: 204, headers });
    }
    if (!request.headers.has("upgrade")) return Response.json(demand);
    if (!edge.passes) return new Response(null, { status: 400 });
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(JSON.stringify(demand));
    socket.onmessage = ({ data }) => {
      came.push("ws");
      const { version: seq } = readFrameHeader(new Uint8Array(data))!;
      socket.send(JSON.stringify({ type: "ack", seq, version: seq }));
    };
    return response;
  });
  const address = {
    url: `http://127.0.0.1:${server.addr.port}`,
    token: "a-token-only-for-tests",
    cam: "cam",
    session: "s",
  };
  const transport = createAutoTransport(new EdgeClient(address, systemConnect), new FakeClock());
  for (let n = 1; n <= sends; n++) await transport.send(frame(n), NEVER);
  transport.close();
  await server.shutdown();
  return came;
}

Deno.test("pictures go by requests where the edge asks for nothing else", async () => {
  assert.deepEqual(await roads({ passes: true }, 3), ["put", "put", "put"]);
});

Deno.test("pictures go over one socket from the edge's first answer on that asks for it", async () => {
  assert.deepEqual(await roads({ wants: "ws", passes: true }, 3), ["put", "ws", "ws"]);
});

Deno.test("pictures go by requests again where the edge's socket does not open", async () => {
  assert.deepEqual(await roads({ wants: "ws", passes: false }, 4), ["put", "put", "put"]);
});
