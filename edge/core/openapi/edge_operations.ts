// Requests that are about the edge as a whole, for its OpenAPI description.

import { z } from "zod";
import type { Operation } from "./operations.ts";

const HEALTH = { "text/plain": "text", "application/json": "Health" } as const;
const FORM = "application/x-www-form-urlencoded";

const RECORDS = { "application/octet-stream": "binary" } as const;
const CAMS: Operation["query"] = {
  cams: { schema: z.string(), text: "camera ids, comma separated" },
  w: { schema: z.number().int(), text: "pixels across" },
};

/** By method and path. */
export const EDGE_OPERATIONS: Readonly<Record<string, Operation>> = {
  "GET /cams": {
    summary: "How all cameras are; for browsers a page that shows them",
    who: "viewer",
    answers: {
      200: {
        description: "by Accept",
        content: { "application/json": "Cameras", "text/html": "text" },
      },
    },
  },
  "DELETE /cams/{cam}": {
    summary: "Forget a camera that is not used any more, and its pictures",
    who: "publisher",
    answers: { 204: { description: "gone, or there was none" }, 503: { description: "not now" } },
  },
  "GET /live.stream": {
    summary: "Pictures and states of one camera or several as records, without end",
    who: "viewer",
    query: CAMS,
    answers: {
      200: { description: "records", content: RECORDS },
      404: { description: "no such camera" },
      422: { description: "too many cameras, or a width that is not made" },
      429: { description: "too many from this address" },
      503: { description: "at capacity" },
    },
  },
  "GET /live": {
    summary: "Pictures that are newer than those named, and all states, as records",
    who: "viewer",
    query: {
      ...CAMS,
      have: { schema: z.string(), text: "versions the client has, in the order of `cams`" },
      wait: { schema: z.number().min(0).max(30), text: "seconds to hold the request for news" },
    },
    answers: {
      200: { description: "records", content: RECORDS },
      404: { description: "no such camera" },
      422: { description: "too many cameras, or a bad value" },
      429: { description: "too many held from this address" },
      503: { description: "too many held" },
    },
  },
  "GET /ws": {
    summary:
      "Pictures of one camera or several over one WebSocket, the next after the last was drawn",
    who: "viewer",
    query: { cams: { schema: z.string(), text: "camera ids, comma separated" } },
    answers: {
      101: { description: "the socket" },
      403: { description: "off without PERCH_VIEWER_SOCKETS=true, or a page of another site" },
      404: { description: "no such camera" },
      422: { description: "too many cameras" },
      426: { description: "not a WebSocket request" },
      503: { description: "at capacity" },
    },
  },
  "GET /health": {
    summary: "Whether all is well; `?live` asks for the process alone",
    who: "anybody",
    query: { live: { schema: z.string(), text: "present: whether the process answers" } },
    answers: {
      200: { description: "`ok`", content: HEALTH },
      503: { description: "what is wrong, in one line", content: HEALTH },
    },
  },
  "GET /metrics": {
    summary: "Counters for Prometheus",
    who: "viewer",
    answers: { 200: { description: "text format 0.0.4", content: { "text/plain": "text" } } },
  },
  "GET /openapi.json": {
    summary: "This description",
    who: "anybody",
    answers: { 200: { description: "OpenAPI 3.1", content: { "application/json": "object" } } },
  },
  "GET /sign-in": {
    summary: "The page that asks for the view token of a private cam",
    who: "anybody",
    query: { next: { schema: z.string(), text: "path to go on to" } },
    answers: { 200: { description: "a page", content: { "text/html": "text" } } },
  },
  "POST /sign-in": {
    summary: "Give the view token once; the browser keeps a cookie",
    who: "anybody",
    body: { type: FORM, schema: "object" },
    answers: {
      303: { description: "signed in" },
      400: { description: "not a form" },
      401: { description: "not the token" },
      429: { description: "too many tries" },
    },
  },
  "POST /sign-out": {
    summary: "Forget the cookie",
    who: "anybody",
    answers: { 303: { description: "signed out" } },
  },
  "POST /share": {
    summary: "Make a link to one camera that ends by itself",
    who: "viewer",
    body: { type: "application/json", schema: "Share" },
    answers: {
      200: { description: "the link", content: { "application/json": "SharedLink" } },
      422: { description: "no camera id, or hours out of bounds" },
    },
  },
  "POST /": {
    summary: "The older Flask cam's upload, with PERCH_LEGACY_UPLOAD=true",
    who: "anybody",
    query: { password: { schema: z.string(), text: "a publish token" } },
    body: { type: "image/jpeg", schema: "binary" },
    answers: {
      200: { description: "taken" },
      400: { description: "wrong password, or not a whole JPEG" },
    },
  },
  "GET /test": {
    summary: "The older Flask cam's test page, with PERCH_LEGACY_UPLOAD=true",
    who: "viewer",
    answers: { 200: { description: "a page", content: { "text/html": "text" } } },
  },
};
