// PUT /live.jpeg: a camera's newest frame.

import type { Context, Handler } from "hono";
import { isCamId } from "../../shared/frame.ts";
import { HEADER, parseSeq } from "../../shared/wire.ts";
import { readFrameBody } from "../body.ts";
import type { EdgeDeps } from "../deps.ts";
import { digestProblem } from "../digest.ts";
import { ingest } from "../ingest.ts";
import { problem } from "../problem.ts";
import { MAX_CAMERAS } from "../tokens.ts";
import { camOf } from "./cam_of.ts";

/** Takes a frame: 204 with the wanted interval, or a problem that leaves the old frame in place. */
export function putFrame(deps: EdgeDeps): Handler {
  const { config, hub, clock, metrics } = deps;
  const frames = metrics.counter("perch_frames_received_total", "Frames taken from cameras.");
  const bytes = metrics.counter("perch_frame_bytes_received_total", "Bytes of frames taken.");
  const refused = metrics.counter("perch_frames_refused_total", "Uploads refused.");

  return async function putFrame(context) {
    const response = await take(context);
    if (response.status !== 204) refused.value++;
    return response;
  };

  async function take(context: Context): Promise<Response> {
    const { req } = context;
    const cam = camOf(context);
    if (!isCamId(cam)) {
      return problem(
        404,
        `Camera id ${JSON.stringify(cam)}: wanted 1 to 32 of a-z, 0-9 and dashes.`,
      );
    }
    const type = req.header("content-type");
    if (type?.split(";")[0].trim().toLowerCase() !== "image/jpeg") {
      return problem(415, `Content-Type is ${type ?? "not sent"}, wanted image/jpeg.`);
    }
    const capturedText = req.header(HEADER.captured);
    if (capturedText !== undefined && !/^\d{1,15}$/.test(capturedText)) {
      return problem(400, `${HEADER.captured} is no whole number of Unix milliseconds.`);
    }
    const seqText = req.header(HEADER.seq);
    const seq = seqText === undefined ? undefined : parseSeq(seqText);
    if (seqText !== undefined && !seq) {
      return problem(400, `${HEADER.seq} is not <session>:<number>.`);
    }
    const camera = hub.open(cam);
    if (!camera) {
      return problem(503, `Add camera ${cam}: there are ${MAX_CAMERAS} already, the most here.`, {
        retryAfter: 60,
      });
    }
    const body = await readFrameBody(req.raw, config.maxFrameBytes, hub.partTail);
    if (!body.ok) return problem(body.status, body.detail);
    const mismatch = digestProblem(req.header("content-digest"), body.buffer.jpeg);
    if (mismatch) return problem(400, mismatch);
    if (!camera.latest.value) await hub.find(cam);
    const capturedAt = capturedText === undefined ? undefined : Number(capturedText);
    const result = ingest(camera, { buffer: body.buffer, capturedAt, seq }, {
      now: clock.now(),
      stripMetadata: config.stripMetadata,
    });
    if (!result.ok) {
      return problem(result.status, result.detail, { members: { offset: result.offset } });
    }
    frames.value++;
    bytes.value += result.frame.size;
    const { interval, viewers } = camera.demand.value!;
    return new Response(null, {
      status: 204,
      headers: {
        etag: result.frame.etag,
        [HEADER.interval]: String(interval),
        [HEADER.viewers]: String(viewers),
      },
    });
  }
}
