// GET /live.stream and GET /live: what the page shows of one camera or several, over one connection.
// As a stream while its line is fast; where it is not, the page asks again for each picture.

import type { Context, Handler } from "hono";
import type { CameraHub } from "../cameras/camera.ts";
import type { EdgeDeps } from "../deps.ts";
import type { LiveFrame } from "../ingest/live_frame.ts";
import { helloRecord, recordStream } from "../viewers/records.ts";
import { admitViewer, admitWait, freeWhenSent, hold, passEnded } from "./admit.ts";
import { widthQuery } from "./rendition.ts";
import { camerasOf, numberQuery, pollerOf } from "./request.ts";

const MAX_WAIT_S = 30;

const HEADERS = {
  "content-type": "application/octet-stream",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  // nginx would otherwise collect records before it passes them on.
  "x-accel-buffering": "no",
};

/** Streams records of `?cams=a,b` without end: `hello`, then pictures and states as they come. */
export function getLiveStream(deps: EdgeDeps): Handler {
  return async function getLiveStream(context) {
    const cameras = await camerasOf(context, deps.hub);
    const width = await widthQuery(context, deps.renditions);
    if (context.req.method === "HEAD") return new Response(null, { headers: HEADERS });
    const place = admitViewer(context, deps);
    if (place instanceof Response) return place;
    freeWhenSent(context, place);
    const watched = cameras.map((camera) => ({
      camera,
      ...deps.feeds.hold(camera.latest, width, camera.camera),
    }));
    const { fanOut, clock } = deps;
    const stream = recordStream({ watched, fanOut, place, clock });
    return new Response(stream, { headers: HEADERS });
  };
}

/**
 * Answers with records: `hello`, and each picture that is newer than what `?have=<version>,<version>`
 * names, in the order of `?cams=`. Where there is none it is held for `?wait=` seconds, or until a
 * state changes.
 */
export function getLiveRecords(deps: EdgeDeps): Handler {
  const { clock, feeds, hub, limits } = deps;
  let same: { parts: readonly unknown[]; response: Response } = {
    parts: [],
    response: new Response(),
  };

  return async function getLiveRecords(context) {
    const { req } = context;
    const cameras = await camerasOf(context, hub);
    const have = versions(context);
    const waitMs = (numberQuery(context, "wait", 0, MAX_WAIT_S) ?? 0) * 1000;
    const width = await widthQuery(context, deps.renditions);
    if (req.method === "HEAD") return new Response(null, { headers: HEADERS });
    const newest = () => cameras.map(({ latest }) => latest.value);
    const news = () =>
      newest().filter((frame, i) => frame !== undefined && frame.version > (have[i] ?? 0));
    const poller = pollerOf(context, limits);
    if (waitMs > 0 && news().length === 0) {
      const place = admitWait(context, deps);
      if (place instanceof Response) return place;
      // Who waits watches: a camera at rest must hear of it.
      const answered = cameras.map((camera) => camera.viewers.wait(poller));
      const over = await hold(context, deps, place, cameras, () => news().length > 0, waitMs, true);
      for (const one of answered) one();
      if (over) return passEnded();
    } else for (const camera of cameras) camera.viewers.poll(poller);
    let frames = news() as LiveFrame[];
    if (width !== undefined) {
      frames = await Promise.all(
        frames.map((frame) => feeds.scaled(frame, width, hub.known(frame.cam)!.camera)),
      );
    }
    return answer(cameras, frames.map(({ record }) => record));
  };

  /** All who are answered in one millisecond with the same get the same: 300 are woken by one frame. */
  function answer(
    cameras: readonly CameraHub[],
    records: readonly Uint8Array<ArrayBuffer>[],
  ): Response {
    const now = clock.now();
    const parts = [now, ...cameras.flatMap((one) => [one, one.statusChanges.seq]), ...records];
    if (parts.length !== same.parts.length || parts.some((part, i) => part !== same.parts[i])) {
      const body = joined([helloRecord(cameras, now), ...records]);
      const headers = { ...HEADERS, "content-length": String(body.length) };
      same = { parts, response: new Response(body, { headers }) };
    }
    return same.response.clone();
  }
}

function joined(records: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(records.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const record of records) {
    bytes.set(record, at);
    at += record.length;
  }
  return bytes;
}

/** What the client has, in the order of its cameras. */
function versions(context: Context): number[] {
  const texts = (context.req.query("have") ?? "").split(",");
  return texts.map((text) => /^\d{1,15}$/.test(text) ? Number(text) : 0);
}
