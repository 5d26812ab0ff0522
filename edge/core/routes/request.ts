// What routes read of a request: which camera, who asks, where from, and what the client has or wants.

import type { Context } from "hono";
import type { CameraHub } from "../cameras/camera.ts";
import { DEFAULT_CAM, isCamId } from "../../../shared/frame.ts";
import type { Hub } from "../cameras/hub.ts";
import type { Limits } from "../limits/limits.ts";
import { problemException } from "../problem.ts";
import { MAX_CAMERAS } from "../access/publishers.ts";

/** The id of the camera a request names. It may be no valid id. */
export function camOf(context: Context): string {
  return context.req.param("cam") ?? DEFAULT_CAM;
}

/** The camera a request names. @throws 404 where nobody knows it. */
export function cameraOf(context: Context, hub: Hub): Promise<CameraHub> {
  return findCamera(camOf(context), hub);
}

/** As `cameraOf`, for several. */
export async function camerasOf(names: readonly string[], hub: Hub): Promise<CameraHub[]> {
  const cameras: CameraHub[] = [];
  for (const name of names) cameras.push(await findCamera(name, hub));
  return cameras;
}

async function findCamera(cam: string, hub: Hub): Promise<CameraHub> {
  const camera = isCamId(cam) ? await hub.find(cam) : undefined;
  if (camera) return camera;
  throw problemException(404, `No camera ${JSON.stringify(cam)} has sent a frame here yet.`);
}

/**
 * The camera that a publisher speaks for, made if new.
 *
 * @throws 404 where it can have no such name, 503 where nothing is taken any more: what is taken after
 * the end would be answered and lost.
 */
export function publishedCamera(cam: string, hub: Hub): CameraHub {
  refuseAtEnd(hub);
  const known = hub.known(cam);
  if (known) return known;
  const got = JSON.stringify(cam);
  if (!isCamId(cam)) {
    throw problemException(404, `Camera id ${got}: wanted 1 to 32 of a-z, 0-9 and dashes.`);
  }
  const opened = hub.open(cam);
  if (opened) return opened;
  const detail = `Add camera ${cam}: there are ${MAX_CAMERAS} already, the most here.`;
  throw problemException(503, detail, { retryAfter: 60 });
}

/** @throws 503 from the end on: another instance, or this one started again, does it. */
export function refuseAtEnd(hub: Hub): void {
  if (!hub.closed) return;
  throw problemException(503, "The edge is shutting down: ask again.", { retryAfter: 1 });
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

/**
 * Whether the client has a picture already: it names its tag, or, where it names none, a time that the
 * picture is not newer than.
 *
 * @param picture Its tag, and what `Last-Modified` says of it, in ms: that knows seconds only.
 */
export function isKnown(
  { req }: Context,
  { etag, receivedAt }: { readonly etag: string; readonly receivedAt: number },
): boolean {
  const tags = req.header("if-none-match");
  if (tags !== undefined) {
    return tags.split(",").some((tag) => ["*", etag, `W/${etag}`].includes(tag.trim()));
  }
  const since = Date.parse(req.header("if-modified-since") ?? "");
  return Math.floor(receivedAt / 1000) * 1000 <= since;
}

/**
 * The address that was asked for.
 *
 * @throws 400 where it is none: the server takes whatever `Host` says.
 */
export function urlOf({ req }: Context): URL {
  const url = URL.parse(req.url);
  if (url) return url;
  const got = JSON.stringify(req.url.slice(0, 100));
  throw problemException(400, `Read the address: got ${got}, wanted one with a host that can be.`);
}

/**
 * The way from the address that was asked for to where the site begins: nobody need tell the edge below
 * which path a proxy shows it.
 */
export function rootOf({ req }: Context): string {
  return "../".repeat(req.path.split("/").length - 2) || "./";
}

/**
 * For instance `https://cam.example`.
 *
 * @param trustedProxies Reverse proxies in front whose `X-Forwarded-Proto` is believed; 0 = none.
 */
export function originOf(context: Context, trustedProxies: number): string {
  const { protocol, host } = urlOf(context);
  const hop = forwarded(context, "x-forwarded-proto", trustedProxies);
  return `${hop === "https" || hop === "http" ? `${hop}:` : protocol}//${host}`;
}

/**
 * The path that a proxy has put before the edge's own, with a slash at its end, for what has to be told
 * as a whole: cookies, and addresses for others. `/` where none says so.
 */
export function pathOf(context: Context, trustedProxies: number): string {
  const prefix = forwarded(context, "x-forwarded-prefix", trustedProxies);
  return /^(\/[\w.~-]+)+\/?$/.test(prefix) ? `${prefix.replace(/\/$/, "")}/` : "/";
}

/** What the outermost of the trusted proxies says: what is further left is anybody's invention. */
function forwarded({ req }: Context, name: string, trustedProxies: number): string {
  const sent = trustedProxies > 0 ? req.header(name) ?? "" : "";
  const hops = sent.split(",").map((hop) => hop.trim());
  return hops[Math.max(0, hops.length - trustedProxies)];
}

/**
 * Whether a page of another site asks: then what a browser sends along by itself (cookies, the
 * password it remembers) says nothing of who wants it.
 */
export function isForeign(context: Context, trustedProxies: number): boolean {
  const { req } = context;
  const origin = req.header("origin");
  // The browser's own word, which no page can write. Older ones leave it out.
  if (origin === undefined || req.header("sec-fetch-site") === "same-origin") return false;
  const own = originOf(context, trustedProxies);
  // Whether a proxy that nobody told of speaks HTTPS for us we cannot know: then the host decides.
  return trustedProxies > 0 ? origin !== own : URL.parse(origin)?.host !== URL.parse(own)!.host;
}
