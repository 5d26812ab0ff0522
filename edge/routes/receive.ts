// From a request's body to a published frame: what PUT and the legacy upload have in common.

import type { EdgeDeps } from "../deps.ts";
import { andThen } from "../../shared/and_then.ts";
import type { BodyResult, FrameBody } from "../body.ts";
import { digestProblem } from "../digest.ts";
import type { CameraHub } from "../camera_hub.ts";
import { ingest, type Upload } from "../ingest.ts";
import type { LiveFrame } from "../live_frame.ts";
import { problem } from "../problem.ts";
import { publishedCamera, shuttingDown } from "./cam_of.ts";

/** What came with a body. */
type Particulars = Omit<Upload, "buffer"> & { readonly digest: string | undefined };

/**
 * Publishes a body as the newest frame of `cam`, or says why not; at once where all of it has come
 * and the camera is known.
 */
export type ReceiveFrame = (
  body: FrameBody,
  cam: string,
  particulars: Particulars,
) => LiveFrame | Response | Promise<LiveFrame | Response>;

/** Makes a {@link ReceiveFrame} that counts what it took. */
export function frameReceiver(deps: EdgeDeps): ReceiveFrame {
  const { config, hub, clock, metrics } = deps;
  const frames = metrics.counter("perch_frames_received_total", "Frames taken from cameras.");
  const slow = metrics.counter("perch_uploads_too_slow_total", "Uploads given up as too slow.");
  const bytes = metrics.counter("perch_frame_bytes_received_total", "Bytes of frames taken.");

  const receive: ReceiveFrame = (body, cam, particulars) => {
    const camera = publishedCamera(cam, hub);
    if (camera instanceof Response) return camera;
    return andThen(
      body.read(config.maxFrameBytes, hub.partTail),
      (result) => publish(camera, result, particulars),
    );
  };

  function publish(camera: CameraHub, body: BodyResult, particulars: Particulars) {
    if (!body.ok) {
      if (body.status === 408) slow.value++;
      return problem(body.status, body.detail, body.status === 408 ? { retryAfter: 1 } : {});
    }
    const { buffer } = body;
    const mismatch = digestProblem(particulars.digest, buffer.jpeg);
    if (mismatch) return problem(400, mismatch);
    const known = camera.contact.receiving ? camera : hub.find(camera.cam);
    return andThen(known, () => {
      if (hub.closed) return shuttingDown();
      const result = ingest(camera, { ...particulars, buffer }, {
        now: clock.now(),
        stripMetadata: config.stripMetadata,
      });
      if (!result.ok) {
        return problem(result.status, result.detail, { members: { offset: result.offset } });
      }
      frames.value++;
      bytes.value += result.frame.size;
      return result.frame;
    });
  }

  return receive;
}
