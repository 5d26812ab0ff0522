// PUT or POST /live.jpeg: a camera's newest frame. On refusal the old frame stays.

import type { Context, Handler, Next } from "hono";
import { z } from "zod";
import { startOfJpeg } from "../../../shared/jpeg/markers.ts";
import { HEADER, parseSeq } from "../../../shared/wire.ts";
import type { CameraHub } from "../cameras/camera.ts";
import type { EdgeDeps } from "../edge.ts";
import { FRAMES } from "../ingest/bodies.ts";
import { ingest, type IngestResult, type LiveFrame, type Upload } from "../ingest/ingest.ts";
import { camOf, publishedCamera, readTexts, route, whole } from "./request.ts";
import { problem } from "../problem.ts";

const headersSchema = z.object({
  [HEADER.captured]: whole(0, 1e15).optional().describe("Unix ms at which it was taken"),
  [HEADER.age]: whole(0, 1e15).default(0)
    .describe("ms from then until it was sent, by a clock that is never set"),
  [HEADER.seq]: z.string().transform(parseSeq).refine((seq) => seq, "<session>:<number>").optional()
    .describe("`<session>:<n>`, so that a late request is known as late"),
  // Some proxies make every entity tag a weak one.
  [HEADER.last]: z.string().regex(/^(W\/)?"\d{1,15}"$/, "the ETag of an answer to an upload")
    .transform((etag) => Number(etag.split('"')[1])).optional()
    .describe("the `ETag` of the last answer, so that instances know of each other"),
});

/** A picture among other parts. */
const FORM = /^multipart\/[\w.+-]+$/;

/**
 * Content types that JPEGs are sent with, the first of several; some programs call everything an encoded
 * form. `inspectJpeg` decides whether it is a JPEG.
 */
const TYPE = /^$|jpe?g|\*|octet-stream|^binary$|^application\/x-www-form-urlencoded$/;

function typeOf({ req }: Context): string {
  return (req.header("content-type") ?? "").split(/[;,]/)[0].trim().toLowerCase();
}

export function putFrame({ hub, billsRequests }: EdgeDeps, { receive }: Uploads): Handler {
  return route({
    summary: "Send a camera's newest picture; the first JPEG of a form will do",
    headers: headersSchema,
    body: "image/jpeg",
    answers: {
      204: ["taken", [], {
        ETag: "its version",
        [HEADER.interval]: "ms to wait before the next picture",
        [HEADER.viewers]: "people watching now",
        [HEADER.transport]: "`ws` where pictures had better come over `/publish`",
      }],
    },
    problems: [400, 408, 409, 413, 415, 422, 503],
  }, async (context) => {
    const type = typeOf(context);
    if (!TYPE.test(type) && !FORM.test(type)) {
      const wanted = "image/jpeg, or multipart/form-data with the JPEG as a file";
      return problem(415, `Content-Type is ${type}, wanted ${wanted}.`);
    }
    const said = readTexts(headersSchema, (name) => context.req.header(name), 400);
    const camera = publishedCamera(camOf(context), hub);
    const frame = await receive(context, camera, {
      ageMs: said[HEADER.age],
      capturedAt: said[HEADER.captured],
      seq: said[HEADER.seq],
      last: said[HEADER.last],
    });
    if (frame instanceof Response) return frame;
    const { interval, viewers } = camera.demand.value!;
    return new Response(null, {
      status: 204,
      headers: {
        etag: frame.etag,
        [HEADER.interval]: String(interval),
        [HEADER.viewers]: String(viewers),
        ...(billsRequests ? { [HEADER.transport]: "ws" } : {}),
      },
    });
  });
}

/** What takes uploads, whichever way they come, and counts them. */
export type Uploads = ReturnType<typeof uploadsOf>;

export function uploadsOf({ bodies, clock, config, hub, lag, log, metrics }: EdgeDeps) {
  const { maxFrameBytes, stripMetadata } = config;
  const refused = metrics.counter("perch_frames_refused_total", "Uploads refused.");
  const slow = metrics.counter("perch_uploads_too_slow_total", "Uploads given up as too slow.");
  const frames = metrics.counter("perch_frames_received_total", "Frames taken from cameras.");
  const bytes = metrics.counter("perch_frame_bytes_received_total", "Bytes of frames taken.");
  return { take, receive, countRefused, refused };

  function take(camera: CameraHub, upload: Upload): IngestResult {
    const ageMs = Math.max(upload.ageMs, lag.waited(clock.monotonic()));
    const isFirst = camera.contact.sinceUploadMs === Infinity;
    const result = ingest(camera, { ...upload, ageMs }, { now: clock.now(), stripMetadata });
    if (result.ok) {
      frames.value++;
      bytes.value += result.frame.size;
      if (isFirst) log.info("the first picture of a camera", { cam: camera.cam });
    } else if (result.status !== 409 && result.status !== 503) camera.refusal = result.detail;
    return result;
  }

  /** Publishes a request's body, or gives the problem to answer with. */
  async function receive(
    context: Context,
    camera: CameraHub,
    said: Omit<Upload, "buffer">,
  ): Promise<LiveFrame | Response> {
    const startedAt = clock.monotonic();
    const share = { kind: FRAMES, of: camera.cam };
    const body = await bodies.accept(context.req.raw, maxFrameBytes, share, camera.partTail);
    if (body instanceof Response) {
      if (body.status === 408) slow.value++;
      if (body.status === 413) camera.refusal = `larger than ${maxFrameBytes} bytes`;
      return body;
    }
    const from = FORM.test(typeOf(context)) ? startOfJpeg(body.jpeg, 0) : 0;
    if (from > 0 && from === body.jpeg.length) {
      const detail = "no JPEG (FF D8 FF) is in it, wanted one as a file, not as text";
      camera.refusal = detail;
      return problem(400, `Read the form: ${detail}.`);
    }
    // What stands behind it in the form is a tail like any other.
    const buffer = body.with((bytes) => from === 0 ? bytes : bytes.subarray(from));
    if (!camera.contact.receiving) await hub.find(camera.cam);
    // On a slow line it grows old while it comes.
    const ageMs = said.ageMs + clock.monotonic() - startedAt;
    const result = take(camera, { ...said, ageMs, buffer });
    if (result.ok) return result.frame;
    const { status, detail, offset, retryAfter } = result;
    return problem(status, detail, { retryAfter, members: { offset } });
  }

  /** To stand before a route that takes uploads. */
  async function countRefused(context: Context, next: Next): Promise<void> {
    await next();
    if (context.res.status >= 400) refused.value++;
  }
}
