// PUT /live.jpeg: a camera's newest frame.

import type { Context, Handler } from "hono";
import { isCamId } from "../../shared/frame.ts";
import { HEADER, parseSeq } from "../../shared/wire.ts";
import { bodyOfRequest } from "../body.ts";
import type { EdgeDeps } from "../deps.ts";
import { problem } from "../problem.ts";
import { camOf } from "./cam_of.ts";
import { frameReceiver } from "./receive.ts";

/** Takes a frame: 204 with the wanted interval, or a problem that leaves the old frame in place. */
export function putFrame(deps: EdgeDeps): Handler {
  const { hub } = deps;
  const receive = frameReceiver(deps);
  const refused = deps.metrics.counter("perch_frames_refused_total", "Uploads refused.");

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
    const capturedAt = capturedText === undefined ? undefined : Number(capturedText);
    const body = context.env?.body ?? bodyOfRequest(req.raw, deps.clock);
    const digest = req.header("content-digest");
    const frame = await receive(body, cam, { capturedAt, seq, digest });
    if (frame instanceof Response) return frame;
    const { interval, viewers } = hub.open(cam)!.demand.value!;
    return new Response(null, {
      status: 204,
      headers: {
        etag: frame.etag,
        [HEADER.interval]: String(interval),
        [HEADER.viewers]: String(viewers),
      },
    });
  }
}
