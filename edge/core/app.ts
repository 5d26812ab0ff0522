// Every route of the edge on one screen, and what holds for all answers.

import { type Context, Hono, type MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { DEFAULT_CAM } from "../../shared/frame.ts";
import { HEADER } from "../../shared/wire.ts";
import { publisherOnly } from "./access/publishers.ts";
import { ownerOnly, Passes, viewerOnly } from "./access/viewers.ts";
import type { EdgeDeps } from "./edge.ts";
import { FORMS, hasBody } from "./ingest/bodies.ts";
import { getOpenapi } from "./openapi.ts";
import { onError, problem } from "./problem.ts";

import { camOf, camsOf, describe, type Operation } from "./routes/request.ts";
import { deleteCamera, getCams, getDemand, getStatus, putReport } from "./routes/cameras.ts";
import { getHealth, getMetrics } from "./routes/health.ts";
import { getDay, getFilm, getFrame, getFrames, getTimelapse } from "./routes/history.ts";
import { putFrame, uploadsOf } from "./routes/upload.ts";
import { getLive } from "./routes/live.ts";
import { getTestPage, postLegacy } from "./routes/legacy.ts";
import { assetRoutes, getEmbed, getRoot } from "./routes/pages.ts";
import { getPublish } from "./routes/publish.ts";
import { getLiveRecords, getLiveStream, getStream } from "./routes/streams.ts";
import { getSocket } from "./routes/socket.ts";
import { getSignIn, postShare, postSignIn, postSignOut } from "./routes/sign_in.ts";
import { viewerPages } from "./pages/page.ts";

/** The default camera's resources are at the root, every camera's under its own path. */
const ofCamera = (path: string) => [path || "/", `/cams/:cam${path}`];

/** Bodies that are no frames. */
const MAX_REPORT_BYTES = 64 * 1024;

const VIEWER: Operation = {
  security: ["viewToken", "viewTokenAsPassword", "publishToken"],
  problems: [401, 429],
};

/** What a home may tell beside a request; more of it is for its own `clientAddress`. */
interface RequestInfo {
  /** Settled when the connection's part in it is over. */
  readonly completed?: Promise<void>;
}

export type Fetch = (request: Request, info?: RequestInfo) => Promise<Response>;

export function createFetch(deps: EdgeDeps): Fetch {
  const app = createApp(deps);
  return async (request, info) => {
    const response = await app.fetch(request, info);
    deps.cost.answered(request, response);
    if (request.method === "HEAD") return withoutBody(response);
    const { status } = response;
    // Of a request that has become a socket nothing may be asked.
    if (status === 101 || status === 204 || !hasBody(request)) return response;
    return await deps.bodies.answer(request, response);
  };
}

export function createApp(deps: EdgeDeps): Hono {
  const { config, limits } = deps;
  const app = new Hono();
  const publisher = describe(
    { security: ["publishToken"], problems: [401, 403, 404, 429] },
    publisherOnly(deps),
  );
  const passes = config.viewToken && new Passes(config.viewToken, config.shareKey);
  // Everybody may watch a public cam: nothing stands before its routes, which crowds ask.
  const viewerOf = (camsOf: (context: Context) => readonly (string | undefined)[]) =>
    passes ? [describe(VIEWER, viewerOnly(deps, passes, camsOf))] : [];
  const viewer = viewerOf((context) => [camOf(context)]);
  const viewerOfAll = viewerOf(() => [undefined]);
  const pages = viewerPages(deps);
  const form = smallBody(deps);
  const limitHistory = describe({ problems: [429] }, async function limitHistory(context, next) {
    return limits.tooMuchPast(context) ?? await next();
  });
  const uploads = uploadsOf(deps);
  const stream = getStream(deps);

  // Setting a header builds the answer anew, and a handshake does not survive that (Deno 2.5 even closes
  // its port for good): these come before whatever sets one.
  const viewerOfCams = viewerOf(camsOf);
  app.on("GET", ofCamera("/publish"), publisher, getPublish(deps, uploads));
  app.on("GET", ["/ws"], ...viewerOfCams, getSocket(deps));
  if (config.corsOrigins.length > 0) app.use(viewerCors(config.corsOrigins));
  // What an embedded camera asks for, on pages that may frame it: without their cookies.
  const embedders = [...config.corsOrigins, ...config.embedOrigins].filter((one) => one !== "none");
  const embedding = viewerCors(embedders);
  // Headers that are set on an answer make Hono build it anew, so only who needs these has them set.
  const corsWhereAsked: MiddlewareHandler = (context, next) =>
    context.req.header("origin") === undefined ? next() : embedding(context, next);
  for (const road of ["/live", "/live.stream", "/cams/:cam/embed"]) app.use(road, corsWhereAsked);
  // Asked for by crowds, so these bring their own security headers for the same reason.
  app.on("GET", ["/live"], ...viewerOfCams, getLiveRecords(deps));
  app.on("GET", ["/live.stream"], ...viewerOfCams, getLiveStream(deps));
  app.on("GET", ofCamera("/live.jpeg"), ...viewer, getLive(deps));
  // No browser shows what a camera is answered.
  app.on(
    ["PUT", "POST"],
    ofCamera("/live.jpeg"),
    publisher,
    uploads.countRefused,
    putFrame(deps, uploads),
  );
  app.use(finish);
  app.on("PUT", ofCamera("/report"), publisher, form, putReport(deps));
  app.on("GET", ofCamera("/demand"), publisher, getDemand(deps));
  app.on("GET", ofCamera("/stream.mjpeg"), ...viewer, stream);
  app.on("GET", ofCamera("/frames"), ...viewer, limitHistory, getFrames(deps));
  app.on("GET", ofCamera("/frames/:file"), ...viewer, limitHistory, getFrame(deps));
  app.on("GET", ofCamera("/day.jpeg"), ...viewer, limitHistory, getDay(deps));
  app.on("GET", ofCamera("/timelapse.mjpeg"), ...viewer, limitHistory, getTimelapse(deps));
  app.on("GET", ofCamera("/timelapse.avi"), ...viewer, limitHistory, getFilm(deps));
  app.on("GET", ofCamera("/status.json"), ...viewer, getStatus(deps));
  app.on("GET", ofCamera("/embed"), ...viewer, getEmbed(pages));
  app.on("GET", ofCamera(""), ...viewer, getRoot(deps, pages, stream));
  app.delete("/cams/:cam", publisher, deleteCamera(deps));
  app.on("GET", ["/cams"], ...viewerOfAll, getCams(deps, pages));
  if (passes) {
    app.get("/sign-in", getSignIn(pages));
    app.post("/sign-in", form, postSignIn(deps, passes, pages));
    app.post("/sign-out", postSignOut(deps, passes));
    app.on("POST", ["/share"], ...viewerOfAll, ownerOnly, form, postShare(deps, passes));
    app.on("POST", ["/cams/:cam/forget"], ...viewerOfAll, ownerOnly, deleteCamera(deps));
  }
  if (config.legacyUpload) {
    app.post("/", uploads.countRefused, postLegacy(deps, uploads));
    app.on("GET", ["/test"], ...viewer, getTestPage(deps));
  }
  app.get("/health", getHealth(deps));
  app.on("GET", ["/metrics"], ...viewerOfAll, getMetrics(deps));
  app.get("/openapi.json", getOpenapi(config.title, app, deps.notes));
  app.route("/", assetRoutes(pages, config.title));

  app.notFound(async (context) => {
    const { req } = context;
    const page = /^(GET|HEAD)$/.test(req.method) && req.header("accept")?.includes("text/html");
    if (!page) return noRoute(app, req.method, req.path);
    context.status(404);
    return await pages.send(context, "missing.html", { cam: DEFAULT_CAM, path: req.path });
  });
  app.onError(onError(deps.log));
  return app;
}

/** The answer where no route is: which methods the path has, or where pictures go. */
function noRoute(app: Hono, method: string, path: string): Response {
  const methods = ["GET", "PUT", "POST", "DELETE"].filter((method) =>
    app.router.match(method, path)[0].some(([[, route]]) => route.method === method)
  );
  const allow = methods.join(", ").replace("GET", "GET, HEAD");
  const sends = method === "PUT" || method === "POST";
  const road = sends ? ": pictures go to /live.jpeg or /cams/<id>/live.jpeg" : "";
  if (allow !== "" && !allow.includes(method)) {
    const detail = `${path} does not take ${method}: send ${allow}${road.replace(":", ";")}.`;
    return problem(405, detail, { headers: { allow } });
  }
  return problem(404, `There is nothing at ${path}${road}.`);
}

/**
 * On every answer. Framing and sources are each page's own policy; HTTPS is the proxy's business. HEAD is
 * told the length of what GET has, which Hono drops; of what the server may compress nobody knows it.
 */
const finish: MiddlewareHandler = async (context, next) => {
  await next();
  const { req, res } = context;
  res.headers.set("x-content-type-options", "nosniff");
  res.headers.set("referrer-policy", "same-origin");
  res.headers.set("cross-origin-opener-policy", "same-origin");
  if (req.method !== "HEAD" || !res.body || req.header("accept-encoding")) return;
  const { byteLength } = await res.clone().arrayBuffer();
  res.headers.set("content-length", String(byteLength));
};

/** Of an answer that has no body and tells no length Deno would say that the length is 0. */
function withoutBody(response: Response): Response {
  if (response.headers.has("content-length") || response.status === 304) return response;
  return new Response(new ReadableStream({ start: (body) => body.close() }), response);
}

/** Reads a body that is no frame, for the route to take apart. */
function smallBody({ bodies, limits }: EdgeDeps): MiddlewareHandler {
  return describe({ problems: [400, 408, 413, 429, 503] }, async function smallBody(context, next) {
    const { req } = context;
    const share = { kind: FORMS, of: limits.viewerAddress(context) };
    const body = await bodies.accept(req.raw, MAX_REPORT_BYTES, share);
    if (body instanceof Response) return body;
    req.raw = new Request(req.raw, { body: body.jpeg });
    await next();
  });
}

/** Lets pages of other origins read frames and states; publishing stays closed to them. */
function viewerCors(origins: readonly string[]): MiddlewareHandler {
  return cors({
    origin: origins.includes("*") ? "*" : [...origins],
    allowMethods: ["GET", "HEAD"],
    allowHeaders: ["Authorization", "If-None-Match", "If-Modified-Since"],
    exposeHeaders: ["ETag", "Age", HEADER.state, HEADER.captured],
  });
}
