import assert from "node:assert/strict";
import { roadOf } from "./road.ts";

function road(target: string, headers: Record<string, string> = {}) {
  const head = { method: "GET", target, headers: new Map(Object.entries(headers)) } as const;
  return roadOf({ ...head, bytes: 0, bodyBytes: 0 }, 1000);
}

function upload(target: string, bodyBytes: number) {
  return roadOf({ method: "PUT", target, headers: new Map(), bytes: 0, bodyBytes }, 1000);
}

const still = { socket: false, plain: true, keepable: false };
const app = { socket: false, plain: false, keepable: false };
const stream = { socket: false, plain: true, keepable: true };
const socket = { socket: true, plain: true, keepable: true };

Deno.test("frames, streams, sockets and uploads are served here", () => {
  assert.deepEqual(road("/live.jpeg"), { cam: "cam", ...still });
  assert.deepEqual(road("/cams/nest/live.jpeg?1700000000000"), { cam: "nest", ...still });
  assert.deepEqual(road("/stream.mjpeg?fps=2"), { cam: "cam", ...stream, plain: false });
  assert.deepEqual(road("/cams/nest/stream.mjpeg"), { cam: "nest", ...stream });
  assert.deepEqual(road("/ws"), { cam: "cam", ...socket });
  assert.deepEqual(road("/ws?cams=nest"), { cam: "nest", ...socket });
  for (const query of ["cams=a,b", "cams=a&w=320", "w=320", "cams=A", "share=abc", ""]) {
    assert.deepEqual(road(`/ws?${query}`), { cam: "cam", ...socket, plain: false }, query);
  }
  assert.deepEqual(upload("/cams/nest/live.jpeg", 1000), { cam: "nest", ...app });
});

Deno.test("a frame with a width, a wait, a share link or a last request is the app's", () => {
  for (const query of ["w=320", "wait=31", "wait=1.5", "a=1&wait=5", "share=abc"]) {
    assert.deepEqual(road(`/live.jpeg?${query}`), { cam: "cam", ...app });
  }
  assert.deepEqual(road("/live.jpeg", { connection: "Close" }), { cam: "cam", ...app });
});

Deno.test("a wait for a newer frame and nothing else is held here", () => {
  for (const waitS of [0, 1, 20, 30]) {
    assert.deepEqual(road(`/live.jpeg?wait=${waitS}`), { cam: "cam", ...app, waitS });
  }
});

Deno.test("everything else is served elsewhere", () => {
  const targets = ["/", "/health", "/ws/", "/live.jpeg/", "//live.jpeg", "/cams/NEST/live.jpeg"];
  for (const target of [...targets, "/cams/a%2f/live.jpeg", "/cams//live.jpeg", "/publish"]) {
    assert.equal(road(target), undefined, target);
  }
  assert.equal(upload("/stream.mjpeg", 10), undefined);
  assert.equal(upload("/ws", 10), undefined);
  assert.equal(upload("/live.jpeg", 1001), undefined, "refused by who counts while it reads");
});
