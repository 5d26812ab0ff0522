// The camera of the bench: uploads stamped frames at a steady rate from a process of its own, and
// prints how long each upload took as one line of JSON.

import { parseArgs } from "node:util";
import { BenchCamera } from "./bench_camera.ts";
import { close, connect, nowUs, readWaiting, sleepUntil, writeAll } from "./libc.ts";
import { type Quantiles, Samples } from "./tally.ts";

/** What the pusher prints. */
export interface PushFigures {
  readonly sent: number;
  /** Frames left out because the one before took too long. */
  readonly late: number;
  readonly refused: number;
  readonly putMs: Quantiles;
}

const { values } = parseArgs({
  options: {
    port: { type: "string" },
    path: { type: "string", default: "/live.jpeg" },
    fps: { type: "string", default: "10" },
    size: { type: "string", default: "30720" },
    seconds: { type: "string", default: "10" },
    /** Uploads of the first seconds are not measured. */
    skip: { type: "string", default: "0" },
    token: { type: "string" },
    /** Puts each frame in place of this file instead. */
    file: { type: "string" },
  },
});
const [fps, size] = [Number(values.fps), Number(values.size)];
const camera = await BenchCamera.make(size);
const head = new TextEncoder().encode(
  `PUT ${values.path} HTTP/1.1\r\nHost: 127.0.0.1:${values.port}\r\n` +
    (values.token ? `Authorization: Bearer ${values.token}\r\n` : "") +
    `Content-Type: image/jpeg\r\nContent-Length: ${size}\r\n\r\n`,
);
const request = new Uint8Array(head.length + size);
request.set(head);
const answer = new Uint8Array(16 * 1024);
let fd = -1;
const put = new Samples();
let sent = 0;
let late = 0;
let refused = 0;

/** Reads one answer without a body. */
function readAnswer(): string {
  let length = 0;
  for (;;) {
    const got = readWaiting(fd, answer.subarray(length));
    if (got <= 0) throw new Error("the server hung up on the camera");
    length += got;
    const text = new TextDecoder().decode(answer.subarray(0, length));
    if (text.endsWith("\r\n\r\n") || !text.startsWith("HTTP/1.1 204")) return text;
  }
}

function upload(frame: Uint8Array): void {
  request.set(frame, head.length);
  if (fd < 0) fd = connect(Number(values.port));
  writeAll(fd, request);
  const text = readAnswer();
  if (!text.startsWith("HTTP/1.1 2") && refused++ === 0) console.error(text.split("\r\n\r\n")[0]);
  // Deno 2.8.3 and later close after every body (denoland/deno issue 36657): a camera connects anew.
  if (!/^connection: close/im.test(text)) return;
  close(fd);
  fd = -1;
}

function replaceFile(path: string, frame: Uint8Array): void {
  Deno.writeFileSync(`${path}.new`, frame);
  Deno.renameSync(`${path}.new`, path);
}

const startedAt = nowUs();
const until = startedAt + Number(values.seconds) * 1e6;
console.log(JSON.stringify({ pushing: true }));
for (let number = 0;; number++) {
  const due = startedAt + number * 1e6 / fps;
  if (due >= until) break;
  const now = nowUs();
  if (now > due + 1e6 / fps) {
    late++;
    continue;
  }
  sleepUntil(due);
  const begun = nowUs();
  const frame = camera.next(begun);
  if (values.file) replaceFile(values.file, frame);
  else upload(frame);
  if (begun - startedAt >= Number(values.skip) * 1e6) put.add((nowUs() - begun) / 1000);
  sent++;
}
const figures: PushFigures = { sent, late, refused, putMs: put.summary() };
console.log(JSON.stringify(figures));
Deno.exit(0);
