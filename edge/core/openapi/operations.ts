// What each request does, in words and schemas: the part of the OpenAPI description that people write.

import { z } from "zod";
import { costReportSchema } from "../cost.ts";
import { cameraStatusSchema, demandSchema, HEADER, reportSchema } from "../../../shared/wire.ts";
import { WIDTHS } from "../../../shared/widths.ts";

const unixMs = z.number().int().describe("Unix time in milliseconds");

const keyframe: z.ZodType = z.object({
  version: z.number().int(),
  size: z.number().int(),
  width: z.number().int(),
  height: z.number().int(),
  capturedAt: unixMs,
  receivedAt: unixMs,
});

/** Schemas by the name they have in the description. */
export const SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  Problem: z.looseObject({
    title: z.string(),
    status: z.number().int(),
    detail: z.string().describe("what was done, what was found, what is wanted"),
    offset: z.number().int().optional().describe("where in the picture the fault is, in bytes"),
  }),
  Demand: demandSchema,
  Report: reportSchema,
  Status: cameraStatusSchema.extend({ now: unixMs, cost: costReportSchema.optional() }),
  Cameras: z.object({ now: unixMs, cams: z.array(cameraStatusSchema) }),
  Keyframes: z.object({
    cam: z.string(),
    now: unixMs,
    frames: z.array(keyframe).describe("newest first"),
  }),
  Share: z.object({ cam: z.string(), hours: z.number().positive() }),
  SharedLink: z.object({ url: z.url(), until: unixMs }),
  Health: z.object({
    ok: z.boolean(),
    line: z.string().describe("`ok`, or what is wrong"),
    cams: z.array(cameraStatusSchema).optional(),
  }),
};

/** One answer: what it means, and its body by content type: a schema's name, or `binary`. */
export interface Answer {
  readonly description: string;
  readonly content?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request. */
export interface Operation {
  readonly summary: string;
  /** Who may: with a publish token, with the view token where the cam is private, or anybody. */
  readonly who: "publisher" | "viewer" | "anybody";
  readonly query?: Readonly<Record<string, { readonly schema: z.ZodType; readonly text: string }>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: { readonly type: string; readonly schema: string };
  readonly answers: Readonly<Record<number, Answer>>;
}

const JPEG = { "image/jpeg": "binary" } as const;
const MJPEG = { "multipart/x-mixed-replace": "binary" } as const;
const NONE_YET: Answer = { description: "no such camera, or no picture yet" };
const BAD_QUERY: Answer = { description: "a query value is out of bounds" };
const NOT_NOW: Answer = { description: "not now; `Retry-After` says when to try again" };
const PAST = { 422: BAD_QUERY, 503: NOT_NOW } as const;
const seconds = (max: number) => z.number().min(0).max(max);
const width = {
  w: { schema: z.union(WIDTHS.map((one) => z.literal(one))), text: "a smaller picture, in pixels" },
};
const range = {
  from: { schema: unixMs, text: "oldest, included" },
  to: { schema: unixMs, text: "newest, included" },
  limit: { schema: z.number().int().min(1).max(5000).default(1000), text: "at most so many" },
};
const fps = { fps: { schema: z.number().min(0.01).max(60), text: "pictures a second" } };

/** Requests about a camera, by method and path below `/cams/{cam}`. */
export const CAMERA_OPERATIONS: Readonly<Record<string, Operation>> = {
  "PUT /live.jpeg": {
    summary: "Send a camera's newest picture",
    who: "publisher",
    headers: {
      [HEADER.captured]: "Unix ms at which it was taken",
      [HEADER.seq]: "`<session>:<n>`, so that a late request is known as late",
      [HEADER.last]: "the `ETag` of the last answer, so that instances know of each other",
    },
    body: { type: "image/jpeg", schema: "binary" },
    answers: {
      204: {
        description: "taken",
        headers: {
          ETag: "its version",
          [HEADER.interval]: "ms to wait before the next picture",
          [HEADER.viewers]: "people watching now",
        },
      },
      400: { description: "not a whole JPEG, or a header is malformed" },
      409: { description: "older than the newest of its session" },
      413: { description: "larger than PERCH_MAX_FRAME_BYTES" },
      415: { description: "not image/jpeg" },
      422: { description: "more than 100 million pixels" },
      429: { description: "more than PERCH_MAX_UPLOADS_PER_S" },
      503: NOT_NOW,
    },
  },
  "PUT /report": {
    summary: "Say how a camera is when it has no picture",
    who: "publisher",
    body: { type: "application/json", schema: "Report" },
    answers: {
      204: { description: "kept" },
      413: { description: "too large" },
      422: { description: "of another shape" },
    },
  },
  "GET /demand": {
    summary: "How fast pictures are wanted: a long poll for cameras",
    who: "publisher",
    query: {
      interval: { schema: z.number().min(0), text: "the interval known already, in ms" },
      wait: { schema: seconds(60), text: "seconds to hold the answer while that is right" },
    },
    answers: {
      200: { description: "what is wanted", content: { "application/json": "Demand" } },
      422: BAD_QUERY,
    },
  },
  "GET /publish": {
    summary: "The same over one WebSocket: pictures up, demand and acknowledgements down",
    who: "publisher",
    query: { session: { schema: z.string(), text: "names this run of the camera program" } },
    answers: {
      101: { description: "the socket" },
      422: BAD_QUERY,
      426: { description: "not a WebSocket request" },
      503: NOT_NOW,
    },
  },
  "GET /live.jpeg": {
    summary: "The newest picture",
    who: "viewer",
    query: {
      wait: {
        schema: seconds(30),
        text: "with If-None-Match: seconds to hold the answer until there is a newer one",
      },
      ...width,
    },
    headers: { "If-None-Match": "the ETag of the picture known already" },
    answers: {
      200: {
        description: "the picture",
        content: JPEG,
        headers: {
          ETag: "its version",
          Age: "seconds since it came",
          [HEADER.state]: "live, idle, stale or offline",
          [HEADER.captured]: "Unix ms at which it was taken",
        },
      },
      304: { description: "the one that is known" },
      404: NONE_YET,
      422: BAD_QUERY,
    },
  },
  "GET /stream.mjpeg": {
    summary: "Pictures as they come, as MJPEG; a slow reader skips",
    who: "viewer",
    query: {
      ...fps,
      ...width,
      length: { schema: z.literal(1), text: "give each part a Content-Length" },
    },
    answers: {
      200: { description: "the stream", content: MJPEG },
      404: NONE_YET,
      422: BAD_QUERY,
      503: NOT_NOW,
    },
  },
  "GET /frames": {
    summary: "Which pictures of the past are kept",
    who: "viewer",
    query: range,
    answers: {
      200: { description: "the index", content: { "application/json": "Keyframes" } },
      404: NONE_YET,
      ...PAST,
    },
  },
  "GET /frames/{file}": {
    summary: "One picture of the past: `<version>.jpeg`",
    who: "viewer",
    query: width,
    answers: {
      200: { description: "the picture; it never changes", content: JPEG },
      304: { description: "the one that is known" },
      404: { description: "not kept" },
      ...PAST,
    },
  },
  "GET /timelapse.mjpeg": {
    summary: "The past replayed as MJPEG, oldest first",
    who: "viewer",
    query: { ...range, ...fps },
    answers: {
      200: { description: "the replay", content: MJPEG },
      404: { description: "nothing kept in that time" },
      ...PAST,
    },
  },
  "GET /timelapse.avi": {
    summary: "The same as a file to keep",
    who: "viewer",
    query: { ...range, ...fps },
    answers: {
      200: { description: "an AVI of MJPEG", content: { "video/x-msvideo": "binary" } },
      404: { description: "nothing kept in that time" },
      ...PAST,
    },
  },
  "GET /status.json": {
    summary: "How the camera is",
    who: "viewer",
    answers: {
      200: {
        description: "its state; for its publisher also the cost",
        content: { "application/json": "Status" },
      },
      404: NONE_YET,
    },
  },
  "GET /embed": {
    summary: "The picture alone, for a frame in another page",
    who: "viewer",
    answers: { 200: { description: "a page", content: { "text/html": "text" } } },
  },
  "GET /": {
    summary: "The page; the stream for clients that show pictures only",
    who: "viewer",
    answers: {
      200: { description: "by Accept and User-Agent", content: { "text/html": "text", ...MJPEG } },
    },
  },
};
