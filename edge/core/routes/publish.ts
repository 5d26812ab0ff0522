// GET /publish: a camera's WebSocket. Frames up, one in flight; demand and acknowledgements down.

import type { Handler } from "hono";
import { z } from "zod";
import type { PublishDown } from "../../../shared/wire.ts";
import { FRAME_HEADER_BYTES, readFrameHeader } from "../../../shared/wire_frame.ts";
import type { CameraHub } from "../cameras/camera.ts";
import type { EdgeDeps } from "../edge.ts";
import { FrameBuffer } from "../ingest/ingest.ts";
import type { PlatformSocket } from "../platform.ts";
import { camOf, listeningCamera, route } from "./request.ts";
import { notSocket } from "./socket.ts";
import type { Uploads } from "./upload.ts";

const UNSUPPORTED_DATA = 1003;
const MESSAGE_TOO_BIG = 1009;
const GOING_AWAY = 1001;

const SESSION = "1 to 64 letters, digits, dashes or underscores";

export function getPublish(deps: EdgeDeps, { take, refused }: Uploads): Handler {
  const { config, hub, limits } = deps;

  return route({
    summary: "Send pictures over one WebSocket; demand and acknowledgements come back",
    query: z.object({
      session: z.string(SESSION).regex(/^[A-Za-z0-9_-]{1,64}$/, SESSION)
        .describe("names this run of the camera program"),
    }),
    answers: { 101: "the socket" },
    problems: [426, 503],
  }, async (context, query) => {
    const wrong = notSocket(context);
    if (wrong) return wrong;
    const { session } = query();
    const camera = listeningCamera(camOf(context), hub);
    if (!camera.contact.receiving) await hub.find(camera.cam);
    const { socket, response } = deps.acceptSocket(context.req.raw);
    serve(socket, camera, session);
    return response;
  });

  function serve(socket: PlatformSocket, camera: CameraHub, session: string): void {
    const say = (message: PublishDown) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    };
    const cleanups: (() => void)[] = [];
    socket.onopen = () => {
      say({ type: "demand", ...camera.demand.value! });
      const goAway = () => socket.close(GOING_AWAY, "The edge is shutting down");
      const tell = camera.demand.onSet(({ value }) => say({ type: "demand", ...value }), goAway);
      cleanups.push(camera.contact.listen(), tell);
    };
    socket.onmessage = ({ data }) => {
      if (!(data instanceof ArrayBuffer)) return socket.close(UNSUPPORTED_DATA, "Send frames only");
      if (data.byteLength > config.maxFrameBytes + FRAME_HEADER_BYTES) {
        return socket.close(MESSAGE_TOO_BIG, `Send at most ${config.maxFrameBytes} bytes a frame`);
      }
      say(answer(new Uint8Array(data), camera, session));
    };
    // It may be told twice.
    socket.onclose = () => cleanups.splice(0).forEach((cleanup) => cleanup());
  }

  function answer(message: Uint8Array, camera: CameraHub, session: string): PublishDown {
    const header = readFrameHeader(message);
    if (!header || !Number.isSafeInteger(header.version)) {
      return refuse(0, 400, "The message has no frame header: send its 32 bytes, then the JPEG.");
    }
    const seq = header.version;
    if (limits.uploads.take(camera.cam) > 0) return refuse(seq, 429, "Too many frames a second.");
    // What the camera's clock, which may have been set, says of it.
    const { capturedAt, receivedAt: sentAt } = header;
    const result = take(camera, {
      buffer: FrameBuffer.of(message.subarray(FRAME_HEADER_BYTES), camera.partTail),
      ageMs: sentAt > 0 ? Math.max(0, sentAt - capturedAt) : 0,
      capturedAt: capturedAt || undefined,
      seq: { session, n: seq },
    });
    return result.ok
      ? { type: "ack", seq, version: result.frame.version }
      : refuse(seq, result.status, result.detail);
  }

  function refuse(seq: number, status: number, detail: string): PublishDown {
    refused.value++;
    return { type: "refused", seq, status, detail };
  }
}
