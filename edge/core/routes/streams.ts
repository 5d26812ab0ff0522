// GET /stream.mjpeg: pictures as they come, for <img>, players and everything else that reads MJPEG.
// GET /live.stream and GET /live: what the page shows of one camera or several, over one connection; as a
// stream while its line is fast, and where it is not, the page asks again for each picture.

import type { Handler } from "hono";
import { z } from "zod";
import type { CameraHub } from "../cameras/camera.ts";
import type { EdgeDeps } from "../edge.ts";
import { MjpegViewer } from "../viewers/mjpeg.ts";
import { helloMessage, recordOf, RecordViewer } from "../viewers/records.ts";
import { concat } from "../../../shared/wire_frame.ts";
import { cameraOf, camerasOf, cams, number, oneOf, route, wait, width } from "./request.ts";
import { answerStream, awaitNews, NO_PLACE } from "./admit.ts";

export function getStream(deps: EdgeDeps): Handler {
  const { hub, fanOut, feeds, parts, renditions } = deps;

  return route({
    summary: "Pictures as they come, as MJPEG; a slow reader skips",
    query: z.object({
      fps: number(0.01, 60).optional().describe("pictures a second, at most"),
      w: width,
      length: oneOf([0, 1]).default(0).describe("1: give each part a Content-Length"),
    }),
    answers: { 200: ["the stream", ["multipart/x-mixed-replace"]] },
    problems: [404, 501, ...NO_PLACE],
  }, async (context, query) => {
    const camera = await cameraOf(context, hub);
    const { fps, w: width, length } = query();
    if (width !== undefined) await renditions.ready();
    return answerStream(context, deps, parts.headers, (place) => {
      const watched = { camera, ...feeds.hold(camera.displayed, width) };
      const options = { fanOut, place, parts, fps, lengths: length === 1 };
      return new MjpegViewer(watched, options).stream();
    });
  });
}

const HEADERS = {
  "content-type": "application/octet-stream",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  // nginx would otherwise collect records before it passes them on.
  "x-accel-buffering": "no",
};

/** Versions in a query; 0 for what is none. */
const versions = z.string().default("").transform((text) =>
  text.split(",").map((one) => /^\d{1,15}$/.test(one) ? Number(one) : 0)
);

export function getLiveStream(deps: EdgeDeps): Handler {
  return route({
    summary: "Pictures and states of one camera or several as records, without end",
    query: z.object({ cams, w: width }),
    answers: { 200: ["records", ["application/octet-stream"]] },
    problems: [404, ...NO_PLACE],
  }, async (context, query) => {
    const { cams, w: width } = query();
    const cameras = await camerasOf(cams, deps.hub);
    return answerStream(context, deps, HEADERS, (place) => {
      const { fanOut, clock, feeds } = deps;
      const watched = cameras.map((camera) => ({ camera, ...feeds.hold(camera.latest, width) }));
      return new RecordViewer(watched, { fanOut, place, clock }).stream();
    });
  });
}

/** Held for `?wait=` seconds where no picture is newer, or until a state changes. */
export function getLiveRecords(deps: EdgeDeps): Handler {
  const { clock, feeds, hub } = deps;
  let same = { parts: [] as readonly unknown[], response: new Response() };

  return route({
    summary: "Pictures that are newer than those named, and all states, as records",
    query: z.object({
      cams,
      have: versions.describe("versions the client has, in the order of `cams`"),
      wait,
      w: width,
    }),
    answers: { 200: ["records", ["application/octet-stream"]] },
    problems: [404, ...NO_PLACE],
  }, async (context, query) => {
    const { cams, have, wait, w: width } = query();
    const cameras = await camerasOf(cams, hub);
    if (context.req.method === "HEAD") return new Response(null, { headers: HEADERS });
    const isNews = ({ latest }: CameraHub, i: number) =>
      (latest.value?.version ?? 0) > (have[i] ?? 0);
    await awaitNews(context, deps, cameras, () => cameras.some(isNews), wait, true);
    let frames = cameras.filter(isNews).map(({ latest }) => latest.value!);
    if (width !== undefined) {
      frames = await Promise.all(frames.map((frame) => feeds.scaled(frame, width)));
    }
    return answer(cameras, frames.map(({ record }) => record));
  });

  /** All who are answered in one millisecond with the same get the same: 300 are woken by one frame. */
  function answer(
    cameras: readonly CameraHub[],
    records: readonly Uint8Array<ArrayBuffer>[],
  ): Response {
    const now = clock.now();
    const parts = [now, ...cameras.flatMap((one) => [one, one.statusChanges.seq]), ...records];
    if (parts.length !== same.parts.length || parts.some((part, i) => part !== same.parts[i])) {
      const body = concat(recordOf(helloMessage(cameras, clock)), ...records);
      const headers = { ...HEADERS, "content-length": String(body.length) };
      same = { parts, response: new Response(body, { headers }) };
    }
    return same.response.clone();
  }
}
