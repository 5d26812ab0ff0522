// From a request's body to a published frame: what PUT and the legacy upload have in common.

import type { EdgeDeps } from "../deps.ts";
import { type FrameBody, readFrameBody } from "../body.ts";
import { digestProblem } from "../digest.ts";
import { ingest, type Upload } from "../ingest.ts";
import type { LiveFrame } from "../live_frame.ts";
import { problem } from "../problem.ts";
import { MAX_CAMERAS } from "../tokens.ts";

/** Publishes a body as the newest frame of `cam`, or says why not. */
export type ReceiveFrame = (
  body: FrameBody,
  cam: string,
  upload: Omit<Upload, "buffer"> & { readonly digest: string | undefined },
) => Promise<LiveFrame | Response>;

/** Makes a {@link ReceiveFrame} that counts what it took. */
export function frameReceiver(deps: EdgeDeps): ReceiveFrame {
  const { config, hub, clock, metrics } = deps;
  const frames = metrics.counter("perch_frames_received_total", "Frames taken from cameras.");
  const slow = metrics.counter("perch_uploads_too_slow_total", "Uploads given up as too slow.");
  const bytes = metrics.counter("perch_frame_bytes_received_total", "Bytes of frames taken.");

  const receive: ReceiveFrame = async (coming, cam, upload) => {
    const camera = hub.open(cam);
    if (!camera) {
      return problem(503, `Add camera ${cam}: there are ${MAX_CAMERAS} already, the most here.`, {
        retryAfter: 60,
      });
    }
    const body = await readFrameBody(coming, config.maxFrameBytes, hub.partTail);
    if (!body.ok) {
      if (body.status === 408) slow.value++;
      return problem(body.status, body.detail, body.status === 408 ? { retryAfter: 1 } : {});
    }
    const mismatch = digestProblem(upload.digest, body.buffer.jpeg);
    if (mismatch) return problem(400, mismatch);
    if (!camera.contact.receiving) await hub.find(cam);
    const result = ingest(camera, { ...upload, buffer: body.buffer }, {
      now: clock.now(),
      stripMetadata: config.stripMetadata,
    });
    if (result.ok) return result.frame;
    return problem(result.status, result.detail, { members: { offset: result.offset } });
  };

  return async function receiveFrame(body, cam, upload) {
    const result = await receive(body, cam, upload);
    if (!(result instanceof Response)) {
      frames.value++;
      bytes.value += result.size;
    }
    return result;
  };
}
