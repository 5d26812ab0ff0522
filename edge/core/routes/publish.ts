// GET /publish: a camera's WebSocket. Frames up, one in flight; demand and acknowledgements down.

import type { Handler } from "hono";
import type { PublishDown } from "../../../shared/wire.ts";
import { FRAME_HEADER_BYTES, readFrameHeader } from "../../../shared/wire_frame.ts";
import type { CameraHub } from "../cameras/camera.ts";
import type { EdgeDeps } from "../deps.ts";
import { ingest } from "../ingest/ingest.ts";
import { FrameBuffer } from "../ingest/live_frame.ts";
import type { PlatformSocket } from "../platform.ts";
import { problem } from "../problem.ts";
import { camOf, publishedCamera } from "./request.ts";
import { notSocket } from "./socket.ts";

const UNSUPPORTED_DATA = 1003;
const MESSAGE_TOO_BIG = 1009;
const GOING_AWAY = 1001;

/** Upgrades to a camera's socket; `?session=` names the run of the camera program. */
export function getPublish(deps: EdgeDeps): Handler {
  const { config, hub, clock, limits, metrics } = deps;
  const frames = metrics.counter("perch_frames_received_total", "Frames taken from cameras.");
  const bytes = metrics.counter("perch_frame_bytes_received_total", "Bytes of frames taken.");
  const refused = metrics.counter("perch_frames_refused_total", "Uploads refused.");

  return async function getPublish(context) {
    const wrong = notSocket(context);
    if (wrong) return wrong;
    const session = context.req.query("session") ?? "";
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(session)) {
      return problem(422, "Read session: wanted 1 to 64 letters, digits, dashes or underscores.");
    }
    const camera = publishedCamera(camOf(context), hub);
    if (camera instanceof Response) return camera;
    if (!camera.contact.receiving) await hub.find(camera.cam);
    const { socket, response } = deps.acceptSocket(context.req.raw);
    serve(socket, camera, session);
    return response;
  };

  function serve(socket: PlatformSocket, camera: CameraHub, session: string): void {
    const say = (message: PublishDown) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    };
    let stopListening = () => {};
    socket.onopen = () => {
      say({ type: "demand", ...camera.demand.value! });
      const hangUp = camera.contact.listen();
      const stopTelling = camera.demand.onSet(
        ({ value }) => say({ type: "demand", ...value }),
        () => socket.close(GOING_AWAY, "The edge is shutting down"),
      );
      stopListening = () => {
        hangUp();
        stopTelling();
      };
    };
    socket.onmessage = ({ data }) => {
      if (!(data instanceof ArrayBuffer)) return socket.close(UNSUPPORTED_DATA, "Send frames only");
      if (data.byteLength > config.maxFrameBytes + FRAME_HEADER_BYTES) {
        return socket.close(MESSAGE_TOO_BIG, `Send at most ${config.maxFrameBytes} bytes a frame`);
      }
      say(take(new Uint8Array(data), camera, session));
    };
    socket.onclose = () => stopListening();
  }

  function take(message: Uint8Array, camera: CameraHub, session: string): PublishDown {
    const header = readFrameHeader(message);
    if (!header || !Number.isSafeInteger(header.version)) {
      refused.value++;
      return { type: "refused", seq: 0, status: 400, detail: "The message has no frame header." };
    }
    const seq = header.version;
    if (limits.upload(camera.cam) > 0) {
      refused.value++;
      return { type: "refused", seq, status: 429, detail: "Too many frames a second." };
    }
    const result = ingest(camera, {
      buffer: FrameBuffer.of(message.subarray(FRAME_HEADER_BYTES), camera.partTail),
      capturedAt: header.capturedAt || undefined,
      seq: { session, n: seq },
      // A socket stays with one instance.
      last: undefined,
    }, { now: clock.now(), stripMetadata: config.stripMetadata });
    if (!result.ok) {
      refused.value++;
      return { type: "refused", seq, status: result.status, detail: result.detail };
    }
    frames.value++;
    bytes.value += result.frame.size;
    return { type: "ack", seq, version: result.frame.version };
  }
}
