// What a route says of itself, and what it reads of a request: its query by the schema that describes
// it, which camera, who asks, where from, and what the client has or wants.

import type { Context, Handler, MiddlewareHandler } from "hono";
import { accepts } from "hono/accepts";
import { z } from "zod";
import { DEFAULT_CAM, isCamId } from "../../../shared/frame.ts";
import { WIDTHS } from "../../../shared/widths.ts";
import type { CameraHub } from "../cameras/camera.ts";
import { type Hub, MAX_CAMERAS } from "../cameras/hub.ts";
import { trustedHop } from "../limits/limits.ts";
import { problemException } from "../problem.ts";

/** A body: the schema of JSON, or the content type of what has none. */
export type Body = string | z.ZodType;

/** What an answer means, its bodies, and what its headers say. */
export type Answer = string | readonly [string, readonly Body[], Readonly<Record<string, string>>?];

/** A request, or what a middleware adds to the requests behind it. */
export interface Operation<Query extends z.ZodObject = z.ZodObject> {
  readonly summary?: string;
  /** What it takes to be let in, each alone: names in `SECURITY_SCHEMES`. None = nothing. */
  readonly security?: readonly (keyof typeof SECURITY_SCHEMES)[];
  readonly query?: Query;
  readonly headers?: z.ZodObject;
  readonly body?: Body;
  readonly answers?: Readonly<Record<number, Answer>>;
  /** Statuses of the problem documents that it may answer with, besides 422 for a query. */
  readonly problems?: readonly number[];
}

export const SECURITY_SCHEMES = {
  publishToken: { type: "http", scheme: "bearer" },
  viewToken: { type: "http", scheme: "bearer" },
  viewTokenAsPassword: { type: "http", scheme: "basic" },
} as const;

/** Queries that each route remembers, and how long one of them may be. */
const MAX_KNOWN = 20;
const MAX_KNOWN_CHARACTERS = 2000;

export const operations: WeakMap<Handler, Operation> = new WeakMap();

export function describe<Described extends Handler | MiddlewareHandler>(
  operation: Operation,
  handler: Described,
): Described {
  operations.set(handler, operation);
  return handler;
}

/** A handler that says what it does. What it gets as `query` reads that: 422 where it is not as said. */
export function route<Query extends z.ZodObject>(
  operation: Operation<Query>,
  handle: (context: Context, query: () => z.output<Query>) => Response | Promise<Response>,
): Handler {
  const { query = z.object({}) as Query } = operation;
  // A crowd asks for the same: what one query says is read once.
  const known = new Map<string, z.output<Query>>();
  return describe(operation, (context) =>
    handle(context, () => {
      const { url } = context.req;
      const search = url.slice(url.indexOf("?") + 1 || url.length);
      let said = known.get(search);
      if (said === undefined) {
        said = readTexts(query, (name) => context.req.query(name));
        if (known.size >= MAX_KNOWN) known.clear();
        if (search.length <= MAX_KNOWN_CHARACTERS) known.set(search, said);
      }
      return said;
    }));
}

/** What `schema` makes of texts. @throws 422, or `status`, at the first that is not as wanted. */
export function readTexts<Schema extends z.ZodObject>(
  schema: Schema,
  text: (name: string) => string | undefined,
  status: 400 | 422 = 422,
): z.output<Schema> {
  const given: Record<string, string | undefined> = {};
  for (const name in schema.shape) given[name] = text(name);
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const { path: [name], message } = result.error.issues[0];
  const got = given[String(name)];
  const shown = got === undefined ? "nothing" : JSON.stringify(got.slice(0, 40));
  throw problemException(status, `Read ${String(name)}: got ${shown}, wanted ${message}.`);
}

/** What `schema` makes of a JSON body. @throws 422 where it has another shape. */
export async function readJson<Schema extends z.ZodType>(
  { req }: Context,
  what: string,
  schema: Schema,
): Promise<z.output<Schema>> {
  const result = schema.safeParse(await req.json().catch(() => undefined));
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0];
  throw problemException(422, `Read the ${what}: ${path.join(".") || "body"}: ${message}.`);
}

/** Digits only: `Number` would also read nothing at all, `0x10` and `1e400`. */
const numeric = (text: unknown) =>
  /^\d{1,16}(\.\d{1,6})?$/.test(String(text)) ? Number(text) : text;

export function number(min: number, max: number) {
  const wanted = `a number from ${min} to ${max}`;
  return z.preprocess(numeric, z.number(wanted).min(min, wanted).max(max, wanted));
}

/** As `number`, for what is counted: a count of one and a half is a mistake. */
export function whole(min: number, max: number) {
  const wanted = `a whole number from ${min} to ${max}`;
  return z.preprocess(numeric, z.int(wanted).min(min, wanted).max(max, wanted));
}

export function oneOf(numbers: readonly number[]) {
  return z.preprocess(numeric, z.literal(numbers, `one of ${numbers.join(", ")}`));
}

/** A header of answers that no cache keeps. */
export const NO_STORE = { "cache-control": "no-store" } as const;

export const unixMs = z.int().describe("Unix time in milliseconds");

/** `?cams=a,b`: each once; too many are refused before anybody looks at one. */
export const cams = z.string().default(DEFAULT_CAM)
  .transform((names) => [...new Set(names.split(","))])
  .refine(({ length }) => length <= MAX_CAMERAS, `at most ${MAX_CAMERAS} cameras`)
  .describe("camera ids, comma separated");

/** `?wait=`, where a viewer is answered when there is news. */
export const wait = number(0, 30).default(0)
  .describe("seconds to hold the answer until there is a newer picture than the one known");

/** `?w=`, on every road that has pictures. */
export const width = oneOf(WIDTHS).optional().describe("a smaller picture, pixels across");

const camsQuery = z.object({ cams });

/** The cameras that `?cams=` names, for who decides whether the client may see them. */
export function camsOf({ req }: Context): string[] {
  return readTexts(camsQuery, (name) => req.query(name)).cams;
}

/** The id of the camera a request names. It may be no valid id. */
export function camOf(context: Context): string {
  return context.req.param("cam") ?? DEFAULT_CAM;
}

/** The camera a request names. @throws 404 where nobody knows it. */
export async function cameraOf(context: Context, hub: Hub): Promise<CameraHub> {
  return (await camerasOf([camOf(context)], hub))[0];
}

/** As `cameraOf`, for several. */
export async function camerasOf(names: readonly string[], hub: Hub): Promise<CameraHub[]> {
  const cameras: CameraHub[] = [];
  for (const cam of names) {
    // As a rule: a promise less for each who polls.
    const camera = hub.fresh(cam) ?? (isCamId(cam) ? await hub.find(cam) : undefined);
    const detail = `No camera ${JSON.stringify(cam)} has sent a frame here yet.`;
    if (!camera) throw problemException(404, detail);
    cameras.push(camera);
  }
  return cameras;
}

/** The camera that a publisher speaks for, made if new. @throws 404 where it can have no such name, 503. */
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

/** Requests and sockets of a camera that wait for what is asked of it: one, and what lines that broke left. */
const MAX_LISTENING = 64;

/** As `publishedCamera`, for what stays. */
export function listeningCamera(cam: string, hub: Hub): CameraHub {
  const camera = publishedCamera(cam, hub);
  const { listening } = camera.contact;
  if (listening < MAX_LISTENING) return camera;
  const detail =
    `Tell camera ${cam} what is wanted: ${listening} of its requests wait already, the most here.`;
  throw problemException(429, detail, { retryAfter: 5 });
}

/** @throws 503 from the end on: another instance, or this one started again, does it. */
export function refuseAtEnd(hub: Hub): void {
  if (!hub.closed) return;
  throw problemException(503, "The edge is shutting down: ask again.", { retryAfter: 1 });
}

/** Says of a picture whether the client has it already. */
type Known = (picture: { readonly etag: string; readonly receivedAt: number }) => boolean;

/**
 * What the client has: it names its tag, or, where it names none, a time that the picture is not newer
 * than, in whole seconds. Its headers are read once, however many pictures are asked about.
 */
export function knownBy(
  { req }: { readonly req: { header(name: string): string | undefined } },
): Known {
  const tags = req.header("if-none-match");
  // With its quotes it is there whole, as a weak one too, or not at all.
  if (tags !== undefined) return ({ etag }) => tags.includes(etag) || tags.trim() === "*";
  const since = Date.parse(req.header("if-modified-since") ?? "");
  return ({ receivedAt }) => Math.floor(receivedAt / 1000) * 1000 <= since;
}

/** The first of the encodings that the client takes; undefined where it takes none of them. */
export function encodingOf(context: Context, ...encodings: string[]): string | undefined {
  const match = (taken: readonly { type: string; q: number }[]) =>
    encodings.find((one) => taken.some(({ type, q }) => type === one && q > 0)) ?? "";
  return accepts(context, {
    header: "Accept-Encoding",
    supports: encodings,
    default: "",
    match,
  }) || undefined;
}

/** The address that was asked for. @throws 400 where it is none: the server takes whatever `Host` says. */
export function urlOf({ req }: Context): URL {
  const url = URL.parse(req.url);
  if (url) return url;
  const got = JSON.stringify(req.url.slice(0, 100));
  throw problemException(400, `Read the address: got ${got}, wanted a valid host.`);
}

/**
 * The way from the address that was asked for to where the site begins: nobody need tell the edge below
 * which path a proxy shows it.
 */
export function rootOf({ req }: Context): string {
  return "../".repeat(req.path.split("/").length - 2) || "./";
}

export function originOf(context: Context, trustedProxies: number): string {
  const { protocol, host } = urlOf(context);
  const hop = trustedHop(context.req.header("x-forwarded-proto"), trustedProxies);
  return `${hop === "https" || hop === "http" ? `${hop}:` : protocol}//${host}`;
}

/**
 * The path that a proxy has put before the edge's own, with a slash at its end, for what has to be told
 * as a whole: cookies, and addresses for others. `/` where none says so.
 */
export function pathOf(context: Context, trustedProxies: number): string {
  const prefix = trustedHop(context.req.header("x-forwarded-prefix"), trustedProxies);
  return /^(\/[\w.~-]+)+\/?$/.test(prefix) ? `${prefix.replace(/\/$/, "")}/` : "/";
}

export function siteOf(context: Context, trustedProxies: number): string {
  return originOf(context, trustedProxies) + pathOf(context, trustedProxies);
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
