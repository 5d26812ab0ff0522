// The camera of the bench: uploads stamped frames at a steady rate from a process of its own, and
// prints how long each upload took as one line of JSON.

import { parseArgs } from "node:util";
import { BenchCamera } from "./bench_camera.ts";
import { BenchUpload } from "./bench_upload.ts";
import { nowUs, sleepUntil } from "./libc.ts";
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
const upload = new BenchUpload({
  port: Number(values.port),
  path: values.path,
  token: values.token,
});
const put = new Samples();
let sent = 0;
let late = 0;
let refused = 0;

/** Ms until the answer. */
function send(frame: Uint8Array): number {
  const { answer, ms } = upload.put(frame);
  if (!answer.startsWith("HTTP/1.1 2") && refused++ === 0) {
    console.error(answer.split("\r\n\r\n")[0]);
  }
  return ms;
}

/** Ms until the file is another. */
function replaceFile(path: string, frame: Uint8Array): number {
  const begun = nowUs();
  Deno.writeFileSync(`${path}.new`, frame);
  Deno.renameSync(`${path}.new`, path);
  return (nowUs() - begun) / 1000;
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
  const ms = values.file ? replaceFile(values.file, frame) : send(frame);
  if (begun - startedAt >= Number(values.skip) * 1e6) put.add(ms);
  sent++;
}
const figures: PushFigures = { sent, late, refused, putMs: put.summary() };
console.log(JSON.stringify(figures));
Deno.exit(0);
