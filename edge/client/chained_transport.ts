// The second road, where WebSockets are blocked: one GET after another, each held by the edge until
// a newer frame exists, the next asked for only when the last is drawn.

import type { CameraStatus } from "../../shared/wire.ts";
import { jpegOf } from "./decode.ts";
import { unknownCamera } from "./first_picture.ts";
import { anySignal, pause } from "./signals.ts";
import {
  edgeUrl,
  SignInNeeded,
  type Transport,
  type TransportOptions,
  type TransportSink,
} from "./transport.ts";

/** How long the edge may hold a request for one camera, in seconds. */
const WAIT_S = 20;
/** How often the camera's state is asked for, in ms. */
const STATUS_EVERY_MS = 5000;
/** Pause between two looks at a camera of several, in ms: a held request each would use up the
 * six connections a browser opens to one host. */
const WALL_PAUSE_MS = 1000;
/** Requests in flight for a wall of cameras. */
const WALL_WORKERS = 4;

/** Makes the road of chained requests. */
export function chainedTransport(options: TransportOptions): Transport {
  return { name: "chained requests", run: (sink, signal) => runChained(options, sink, signal) };
}

async function runChained(
  options: TransportOptions,
  sink: TransportSink,
  outer: AbortSignal,
): Promise<void> {
  const { cams } = options;
  const failure = new AbortController();
  const signal = anySignal(outer, failure.signal);
  const single = cams.length === 1;
  const queue = [...cams];
  const seen = new Map<string, string>();
  // Where too many wait already the edge, or a cache before it, still answers who does not wait.
  let crowded = false;
  const pictures = async () => {
    for (let cam = queue.shift(); cam !== undefined && !signal.aborted; cam = queue.shift()) {
      const url = edgeUrl(options, `/cams/${cam}/live.jpeg`);
      if (single && !crowded && seen.has(cam)) url.searchParams.set("wait", String(WAIT_S));
      const found = await picture(url, cam, seen, sink, signal);
      if (found === "crowded") crowded = true;
      queue.push(cam);
      if (!single || crowded || !found) await pause(WALL_PAUSE_MS, signal);
    }
  };
  const states = async () => {
    while (!signal.aborted) {
      for (const cam of cams) {
        await state(cam, edgeUrl(options, `/cams/${cam}/status.json`), sink, signal);
      }
      await pause(STATUS_EVERY_MS, signal);
    }
  };
  const workers = Array.from({ length: Math.min(WALL_WORKERS, cams.length) }, pictures);
  try {
    await Promise.all([states(), ...workers]);
  } catch (problem) {
    if (!outer.aborted) throw problem;
  } finally {
    failure.abort();
  }
}

async function picture(
  url: URL,
  cam: string,
  seen: Map<string, string>,
  sink: TransportSink,
  signal: AbortSignal,
): Promise<boolean | "crowded"> {
  const last = seen.get(cam);
  const headers: HeadersInit = last ? { "If-None-Match": last } : {};
  const answer = await fetch(url, { headers, signal, cache: "no-store" });
  if (answer.status === 304) {
    sink.onOpen();
    return url.searchParams.has("wait");
  }
  if (answer.status === 404) {
    await answer.body?.cancel();
    sink.onOpen();
    return false;
  }
  if (url.searchParams.has("wait") && (answer.status === 503 || answer.status === 429)) {
    await answer.body?.cancel();
    return "crowded";
  }
  if (answer.status === 401) throw new SignInNeeded("This cam is private");
  if (!answer.ok) throw new Error(`GET ${url.pathname} was answered ${answer.status}`);
  sink.onOpen();
  const jpeg = await jpegOf(answer);
  const etag = answer.headers.get("ETag") ?? "";
  const version = Number(/\d+/.exec(etag)?.[0] ?? 0);
  if (etag) seen.set(cam, etag);
  const capturedAt = Number(answer.headers.get("Perch-Captured") ?? version);
  await sink.onFrame({ cam, version, capturedAt, receivedAt: version, jpeg });
  return true;
}

async function state(
  cam: string,
  url: URL,
  sink: TransportSink,
  signal: AbortSignal,
): Promise<void> {
  const answer = await fetch(url, { signal, cache: "no-store" });
  if (!answer.ok) {
    await answer.body?.cancel();
    if (answer.status === 404) sink.onStatus(unknownCamera(cam), undefined);
    return;
  }
  const { now, ...status }: CameraStatus & { now: number } = await answer.json();
  sink.onStatus(status, now);
}
