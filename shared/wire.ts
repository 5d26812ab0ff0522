// What travels between camera, edge and viewer: paths, header names, and the schema of every message.

import { z } from "zod";
import { CAM_PATTERN } from "./frame.ts";
import { plain } from "./log.ts";

/** Names of the headers that are Perch's own. */
export const HEADER = {
  /** Unix ms at which the camera took the picture. */
  captured: "Perch-Captured",
  /** Ms from then until it is sent, measured by what no clock that is set can change. */
  age: "Perch-Age",
  /** `<session>:<n>`: the camera's own count, so that a late request is known as late. */
  seq: "Perch-Seq",
  /** The `ETag` that the camera's last frame got: an edge that does not know it was left out. */
  last: "Perch-Last",
  /** Ms the camera should wait before the next frame. */
  interval: "Perch-Interval",
  /** People watching now, everywhere. */
  viewers: "Perch-Viewers",
  /** `ws` where the edge's host bills requests: pictures had better come over one WebSocket. */
  transport: "Perch-Transport",
  /** `live`, `idle`, `stale` or `offline`. */
  state: "Perch-State",
} as const;

/**
 * The path of a resource of a camera.
 *
 * @param resource For instance `live.jpeg`.
 */
export function camPath(cam: string, resource: string): string {
  return `/cams/${cam}/${resource}`;
}

/** Whether a camera's picture may be believed to be now. */
export type CameraState = "live" | "idle" | "stale" | "offline";

/** What the edge asks of a camera. */
export const demandSchema = z.object({
  /** Ms between frames. */
  interval: z.number().int().nonnegative(),
  /** People watching now, everywhere. */
  viewers: z.number().int().nonnegative(),
});
export type Demand = z.output<typeof demandSchema>;

/** Words that people are shown. */
const words = (most: number) => z.string().max(most).transform(plain);

/**
 * What a camera says of itself when it has no picture to send, or while `running` of those that it
 * sends: `PUT /cams/:cam/report`.
 */
export const reportSchema = z.object({
  state: z.enum(["starting", "running", "failing"]),
  /** One line: what is wrong and what to check. */
  error: words(500).optional(),
  /** The last lines the camera program wrote. */
  detail: z.array(words(500)).max(50).optional(),
  /** What people call the camera. One that nobody sees is none. */
  name: z.string().min(1).max(120)
    .transform((name) => /[^\s\p{C}]/u.test(name) ? plain(name) : undefined).optional(),
  /** Its time zone, as in `Europe/Zurich`. */
  zone: z.string().max(64).regex(/^[\w+/-]+$/).optional(),
});
export type Report = z.output<typeof reportSchema>;

/** What a camera tells of itself, whatever it is doing. */
export type About = Pick<Report, "name" | "zone">;

/** `Perch-Seq`: a session (one run of the camera program) and its count. */
export interface CameraSeq {
  readonly session: string;
  readonly n: number;
}

/** Reads `Perch-Seq`; undefined where it is not `<session>:<n>`. */
export function parseSeq(text: string): CameraSeq | undefined {
  const match = /^([A-Za-z0-9_-]{1,64}):(\d{1,15})$/.exec(text);
  return match ? { session: match[1], n: Number(match[2]) } : undefined;
}

/** Messages from the edge to a camera on the publish socket. */
export const publishDownSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("demand"), ...demandSchema.shape }),
  z.object({ type: z.literal("ack"), seq: z.number(), version: z.number() }),
  z.object({
    type: z.literal("refused"),
    seq: z.number(),
    status: z.number().int(),
    detail: z.string(),
  }),
]);
export type PublishDown = z.output<typeof publishDownSchema>;

/** A camera's state as `/status.json` and `/cams` tell it. Times are Unix ms, ages are ms. */
export const cameraStatusSchema = z.object({
  cam: z.string().regex(CAM_PATTERN),
  state: z.enum(["live", "idle", "stale", "offline"]),
  version: z.number().optional(),
  /** Since the newest picture was taken. */
  ageMs: z.number().optional(),
  capturedAt: z.number().optional(),
  receivedAt: z.number().optional(),
  size: z.number().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  /** Frames a second received, over the last ten. */
  fps: z.number(),
  /** Asked of the camera now. */
  intervalMs: z.number(),
  viewers: z.number(),
  /** What the camera reported last, if it is in trouble. */
  lastError: z.string().optional(),
  /** What people call it, where the camera has told. */
  name: z.string().optional(),
  /** Its time zone. */
  zone: z.string().optional(),
});
export type CameraStatus = z.output<typeof cameraStatusSchema>;

/** When the edge said something. */
export interface Said {
  /** Its wall clock, Unix ms: ages are counted from it, not from the phone's clock. */
  readonly now: number;
  /** Ms that only grow. Where the difference to `now` is another than before, its wall clock was set. */
  readonly upMs: number;
}

/** First message on the socket: which camera has which number in frame headers. */
export interface HelloMessage extends Said {
  readonly type: "hello";
  readonly cams: readonly { readonly camera: number; readonly status: CameraStatus }[];
}

/** Sent when a camera's state, error, wanted interval or viewer count changes, and every ten seconds. */
export interface StatusMessage extends Said {
  readonly type: "status";
  readonly status: CameraStatus;
}

/** Text messages from the edge on a viewer's WebSocket. Frames themselves are binary (wire_frame.ts). */
export type ViewerMessage = HelloMessage | StatusMessage;
