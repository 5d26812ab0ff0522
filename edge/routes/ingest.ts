// PUT /live.jpeg: a camera's newest frame.

import type { Handler } from "hono";
import { andThen } from "../../shared/and_then.ts";
import { HEADER, parseSeq } from "../../shared/wire.ts";
import { bodyOfRequest, type FrameBody } from "../body.ts";
import type { EdgeDeps } from "../deps.ts";
import type { Hub } from "../hub.ts";
import type { LiveFrame } from "../live_frame.ts";
import { problem } from "../problem.ts";
import { camOf } from "./cam_of.ts";
import { frameReceiver } from "./receive.ts";

/**
 * Takes an upload as the newest frame of `cam`, or gives the problem that leaves the old one in
 * place; at once where all of it has come.
 */
export type TakeUpload = (
  cam: string,
  header: (name: string) => string | undefined,
  body: FrameBody,
) => LiveFrame | Response | Promise<LiveFrame | Response>;

/** Makes a {@link TakeUpload}. */
export function uploadTaker(deps: EdgeDeps): TakeUpload {
  const receive = frameReceiver(deps);
  const refused = deps.metrics.counter("perch_frames_refused_total", "Uploads refused.");

  return function takeUpload(cam, header, body) {
    return andThen(take(cam, header, body), (result) => {
      if (result instanceof Response) refused.value++;
      return result;
    });
  };

  function take(...[cam, header, body]: Parameters<TakeUpload>) {
    const type = header("content-type");
    if (type?.split(";")[0].trim().toLowerCase() !== "image/jpeg") {
      return problem(415, `Content-Type is ${type ?? "not sent"}, wanted image/jpeg.`);
    }
    const capturedText = header(HEADER.captured);
    if (capturedText !== undefined && !/^\d{1,15}$/.test(capturedText)) {
      return problem(400, `${HEADER.captured} is no whole number of Unix milliseconds.`);
    }
    const seqText = header(HEADER.seq);
    const seq = seqText === undefined ? undefined : parseSeq(seqText);
    if (seqText !== undefined && !seq) {
      return problem(400, `${HEADER.seq} is not <session>:<number>.`);
    }
    const lastText = header(HEADER.last);
    const last = lastText === undefined ? undefined : /^"(\d{1,15})"$/.exec(lastText)?.[1];
    if (lastText !== undefined && last === undefined) {
      return problem(400, `${HEADER.last} is not the ETag of an answer to an upload.`);
    }
    const capturedAt = capturedText === undefined ? undefined : Number(capturedText);
    const upload = { capturedAt, seq, last: last === undefined ? undefined : Number(last) };
    return receive(body, cam, { ...upload, digest: header("content-digest") });
  }
}

/** The headers of the 204 for a frame that was taken: what is wanted next. */
export function uploadHeaders(frame: LiveFrame, hub: Hub): Record<string, string> {
  const { interval, viewers } = hub.open(frame.cam)!.demand.value!;
  return {
    etag: frame.etag,
    [HEADER.interval]: String(interval),
    [HEADER.viewers]: String(viewers),
  };
}

/** Takes a frame: 204 with the wanted interval, or a problem. */
export function putFrame(deps: EdgeDeps): Handler {
  const take = uploadTaker(deps);
  return async function putFrame(context) {
    const { req } = context;
    const body = context.env?.body ?? bodyOfRequest(req.raw, deps.clock);
    const frame = await take(camOf(context), (name) => req.header(name), body);
    if (frame instanceof Response) return frame;
    return new Response(null, { status: 204, headers: uploadHeaders(frame, deps.hub) });
  };
}
