// SIGTERM, with clients in every state that could hold an answer or a connection open.

import assert from "node:assert/strict";
import { baseline } from "../jpegs.ts";
import { putFrame, startEdge, TEST_TOKEN } from "../processes.ts";
import { inOneOfThree } from "../wait.ts";

const HEAD = `Host: x\r\nAuthorization: Bearer ${TEST_TOKEN}\r\n`;
const SOCKET = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
  "Sec-WebSocket-Key: MDAwMDAwMDAwMDAwMDAwMA==\r\n";
const UPLOAD = `Content-Type: image/jpeg\r\nContent-Length: 50000\r\n\r\n\xff\xd8`;

/** What a client sends before it falls silent, without reading any answer. */
const CLIENTS: Readonly<Record<string, string>> = {
  "nothing": "",
  "half a head": `GET /live.jpeg HTTP/1.1\r\nHost`,
  "a stream": `GET /stream.mjpeg HTTP/1.1\r\n${HEAD}\r\n`,
  "a long poll": `GET /live.jpeg?wait=30 HTTP/1.1\r\n${HEAD}If-None-Match: *\r\n\r\n`,
  "a replay": `GET /timelapse.mjpeg?fps=0.1 HTTP/1.1\r\n${HEAD}\r\n`,
  "a film": `GET /timelapse.avi HTTP/1.1\r\n${HEAD}\r\n`,
  "a viewer's socket": `GET /ws HTTP/1.1\r\n${HEAD}${SOCKET}\r\n`,
  "a camera's socket": `GET /publish?session=a HTTP/1.1\r\n${HEAD}${SOCKET}\r\n`,
  "a question for demand": `GET /demand?interval=100&wait=60 HTTP/1.1\r\n${HEAD}\r\n`,
  "half an upload": `PUT /live.jpeg HTTP/1.1\r\n${HEAD}${UPLOAD}`,
  "an upload that is refused": `PUT /live.jpeg HTTP/1.1\r\nHost: x\r\n${UPLOAD}`,
  "half a form": `POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-` +
    "urlencoded\r\nContent-Length: 5000\r\n\r\ntoken=",
};

Deno.test("SIGTERM ends an edge in order at once, whatever its clients are doing", () =>
  inOneOfThree(async () => {
    const jpeg = await baseline(320, 240);
    await using edge = await startEdge({
      env: { PERCH_KEYFRAME_S: "1", PERCH_VIEW_TOKEN: "seen-by-the-owner-only" },
    });
    const { port } = new URL(edge.url);
    for (let i = 0; i < 3; i++) assert.equal((await putFrame(edge.url, jpeg)).status, 204);
    const connections = await Promise.all(
      Object.values(CLIENTS).map(async (words) => {
        const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
        const bytes = Uint8Array.from(words, (char) => char.charCodeAt(0));
        if (bytes.length > 0) await connection.write(bytes);
        return connection;
      }),
    );
    // What was sent before this is there too.
    assert.equal((await fetch(`${edge.url}/health?live`)).status, 200);
    const { code } = await edge.stop("SIGTERM");
    for (const connection of connections) connection.close();
    // It gives up with another code where something holds it for 4.5 s.
    assert.equal(code, 0, edge.output);
  }));
