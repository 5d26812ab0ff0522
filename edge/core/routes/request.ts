// What routes read of a request: which camera, who asks, where from, numbers, and what the client has
// or wants.

import type { Context } from "hono";
import type { CameraHub } from "../cameras/camera.ts";
import { DEFAULT_CAM, isCamId } from "../../../shared/frame.ts";
import type { Hub } from "../cameras/hub.ts";
import type { Limits } from "../limits/limits.ts";
import { problem, problemException } from "../problem.ts";
import { MAX_CAMERAS } from "../access/publishers.ts";

/** The id of the camera a request names. It may be no valid id. */
export function camOf(context: Context): string {
  return context.req.param("cam") ?? DEFAULT_CAM;
}

/** The camera a request names; 404 where nobody knows it. */
export async function cameraOf(context: Context, hub: Hub): Promise<CameraHub> {
  const cam = camOf(context);
  const camera = isCamId(cam) ? await hub.find(cam) : undefined;
  if (camera) return camera;
  throw unknownCamera(cam);
}

/**
 * The ids of the cameras that `?cams=a,b` names, each once; the default camera's where it is not given.
 *
 * @throws 422 where they are too many, before anybody looks at one.
 */
export function camsOf(context: Context): string[] {
  const names = new Set((context.req.query("cams") ?? DEFAULT_CAM).split(","));
  if (names.size <= MAX_CAMERAS) return [...names];
  const detail = `Read cams: got ${names.size} cameras, wanted at most ${MAX_CAMERAS}.`;
  throw problemException(422, detail);
}

/** The cameras that `?cams=` names. @throws As `camsOf`, and 404 where nobody knows one. */
export async function camerasOf(context: Context, hub: Hub): Promise<CameraHub[]> {
  const cameras: CameraHub[] = [];
  for (const name of camsOf(context)) {
    const camera = isCamId(name) ? await hub.find(name) : undefined;
    if (!camera) throw unknownCamera(name);
    cameras.push(camera);
  }
  return cameras;
}

function unknownCamera(cam: string) {
  return problemException(404, `No camera ${JSON.stringify(cam)} has sent a frame here yet.`);
}

/**
 * The camera that a publisher speaks for, made if new; 404 where it can have no such name, 503 where
 * nothing is taken any more: what is taken after the end would be answered and lost.
 */
export function publishedCamera(cam: string, hub: Hub): CameraHub | Response {
  if (hub.closed) return shuttingDown();
  const known = hub.known(cam);
  if (known) return known;
  if (!isCamId(cam)) {
    return problem(404, `Camera id ${JSON.stringify(cam)}: wanted 1 to 32 of a-z, 0-9 and dashes.`);
  }
  return hub.open(cam) ??
    problem(503, `Add camera ${cam}: there are ${MAX_CAMERAS} already, the most here.`, {
      retryAfter: 60,
    });
}

/** What is answered from the end on: another instance, or this one started again, does it. */
export function shuttingDown(): Response {
  return problem(503, "The edge is shutting down: ask again.", { retryAfter: 1 });
}

/** The address of the person behind a request, as limits count it. */
export function addressOf(context: Context, limits: Limits): string {
  return limits.address(context.req.raw, context.env);
}

/** Who polls: address and program. Two phones behind one address are two if they differ. */
export function pollerOf(context: Context, limits: Limits): string {
  const userAgent = context.req.header("user-agent") ?? "";
  return `${addressOf(context, limits)} ${userAgent.slice(0, 200)}`;
}

const NUMBER = { pattern: /^\d{1,15}(\.\d{1,6})?$/, words: "a number" };
const WHOLE = { pattern: /^\d{1,16}$/, words: "a whole number" };

/**
 * A number from the query; undefined where it is not given.
 *
 * @throws 422 where it is no number within the bounds.
 */
export function numberQuery(
  context: Context,
  name: string,
  min: number,
  max: number,
  kind = NUMBER,
): number | undefined {
  const text = context.req.query(name);
  if (text === undefined) return undefined;
  const value = kind.pattern.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  const got = JSON.stringify(text.slice(0, 40));
  throw problemException(
    422,
    `Read ${name}: got ${got}, wanted ${kind.words} from ${min} to ${max}.`,
  );
}

/** As `numberQuery`, for what is counted: a count of one and a half is a mistake. */
export function wholeQuery(
  context: Context,
  name: string,
  min: number,
  max: number,
): number | undefined {
  return numberQuery(context, name, min, max, WHOLE);
}

/** Whether a list of entity tags names `etag`. */
export function etagMatches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header === etag) return true;
  return header.split(",").some((item) => {
    const tag = item.trim();
    return tag === "*" || tag === etag || tag === `W/${etag}`;
  });
}

const PLAYERS = /\b(VLC|LibVLC|Lavf|GStreamer|mpv)\b|^souphttpsrc/i;

/** Whether a request for `/` wants the MJPEG stream. */
export function wantsStream(accept: string | undefined, userAgent: string | undefined): boolean {
  const types = (accept ?? "").toLowerCase();
  if (types.includes("text/html")) return false;
  if (/\b(image|video)\/|multipart\/x-mixed-replace/.test(types)) return true;
  return PLAYERS.test(userAgent ?? "");
}

/** The part of a request that tells. */
export interface RequestOrigin {
  readonly req: { readonly url: string; header(name: string): string | undefined };
}

/**
 * The address that was asked for.
 *
 * @throws 400 where it is none: the server takes whatever `Host` says.
 */
export function urlOf({ req }: RequestOrigin): URL {
  const url = URL.parse(req.url);
  if (url) return url;
  const got = JSON.stringify(req.url.slice(0, 100));
  throw problemException(400, `Read the address: got ${got}, wanted one with a host that can be.`);
}

/**
 * For instance `https://cam.example`.
 *
 * @param trustedProxies Reverse proxies in front whose `X-Forwarded-Proto` is believed; 0 = none.
 */
export function originOf(context: RequestOrigin, trustedProxies: number): string {
  const { protocol, host } = urlOf(context);
  const sent = trustedProxies > 0 ? context.req.header("x-forwarded-proto") ?? "" : "";
  // As with addresses: what is further left than the trusted proxies is anybody's invention.
  const hops = sent.split(",").map((hop) => hop.trim());
  const hop = hops[Math.max(0, hops.length - trustedProxies)];
  return `${hop === "https" || hop === "http" ? `${hop}:` : protocol}//${host}`;
}

/**
 * Whether a page of another site asks: then what a browser sends along by itself (cookies, the
 * password it remembers) says nothing of who wants it.
 */
export function isForeign(context: RequestOrigin, trustedProxies: number): boolean {
  const { req } = context;
  const origin = req.header("origin");
  // The browser's own word, which no page can write. Older ones leave it out.
  if (origin === undefined || req.header("sec-fetch-site") === "same-origin") return false;
  const own = originOf(context, trustedProxies);
  // Whether a proxy that nobody told of speaks HTTPS for us we cannot know: then the host decides.
  const same = trustedProxies > 0
    ? origin === own
    : URL.parse(origin)?.host === URL.parse(own)!.host;
  return !same;
}
