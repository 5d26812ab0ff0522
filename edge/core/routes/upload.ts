// PUT /live.jpeg: a camera's newest frame. On refusal the old frame stays.

import type { Context, Handler } from "hono";
import { HEADER, parseSeq } from "../../../shared/wire.ts";
import type { EdgeDeps } from "../deps.ts";
import { ingest, type Upload } from "../ingest/ingest.ts";
import type { LiveFrame } from "../ingest/live_frame.ts";
import { problem } from "../problem.ts";
import { camOf, publishedCamera } from "./request.ts";

/** What the camera says of its frame. */
type Particulars = Omit<Upload, "buffer">;

/** Publishes a request's body as the newest frame of `cam`, or gives the problem to answer with. */
export type ReceiveFrame = (
  context: Context,
  cam: string,
  particulars: Particulars,
) => Promise<LiveFrame | Response>;

/** Takes a frame: 204 with the wanted interval, or a problem. */
export function putFrame(deps: EdgeDeps): Handler {
  const receive = frameReceiver(deps);
  const refused = deps.metrics.counter("perch_frames_refused_total", "Uploads refused.");

  return async function putFrame(context) {
    const cam = camOf(context);
    const particulars = readParticulars(context);
    const frame = particulars instanceof Response
      ? particulars
      : await receive(context, cam, particulars);
    if (frame instanceof Response) {
      refused.value++;
      return frame;
    }
    const { interval, viewers } = deps.hub.known(cam)!.demand.value!;
    return new Response(null, {
      status: 204,
      headers: {
        etag: frame.etag,
        [HEADER.interval]: String(interval),
        [HEADER.viewers]: String(viewers),
      },
    });
  };
}

function readParticulars({ req }: Context): Particulars | Response {
  const type = req.header("content-type");
  if (type?.split(";")[0].trim().toLowerCase() !== "image/jpeg") {
    return problem(415, `Content-Type is ${type ?? "not sent"}, wanted image/jpeg.`);
  }
  const captured = req.header(HEADER.captured);
  if (captured !== undefined && !/^\d{1,15}$/.test(captured)) {
    return problem(400, `${HEADER.captured} is no whole number of Unix milliseconds.`);
  }
  const seqText = req.header(HEADER.seq);
  const seq = seqText === undefined ? undefined : parseSeq(seqText);
  if (seqText !== undefined && !seq) {
    return problem(400, `${HEADER.seq} is not <session>:<number>.`);
  }
  const lastText = req.header(HEADER.last);
  const last = lastText === undefined ? undefined : /^"(\d{1,15})"$/.exec(lastText)?.[1];
  if (lastText !== undefined && last === undefined) {
    return problem(400, `${HEADER.last} is not the ETag of an answer to an upload.`);
  }
  return {
    capturedAt: captured === undefined ? undefined : Number(captured),
    seq,
    last: last === undefined ? undefined : Number(last),
  };
}

/** Makes a {@link ReceiveFrame} that counts what it took. */
export function frameReceiver(deps: EdgeDeps): ReceiveFrame {
  const { bodies, config, hub, clock, metrics } = deps;
  const frames = metrics.counter("perch_frames_received_total", "Frames taken from cameras.");
  const slow = metrics.counter("perch_uploads_too_slow_total", "Uploads given up as too slow.");
  const bytes = metrics.counter("perch_frame_bytes_received_total", "Bytes of frames taken.");

  return async function receiveFrame({ req }, cam, particulars) {
    const camera = publishedCamera(cam, hub);
    if (camera instanceof Response) return camera;
    const { maxFrameBytes } = config;
    const body = await bodies.accept(req.raw, maxFrameBytes, camera.partTail);
    if (body instanceof Response) {
      if (body.status === 408) slow.value++;
      return body;
    }
    if (!camera.contact.receiving) await hub.find(cam);
    const { stripMetadata } = config;
    const upload = { ...particulars, buffer: body };
    const result = ingest(camera, upload, { now: clock.now(), stripMetadata });
    if (!result.ok) {
      const { status, detail, offset, retryAfter } = result;
      return problem(status, detail, { retryAfter, members: { offset } });
    }
    frames.value++;
    bytes.value += result.frame.size;
    return result.frame;
  };
}
