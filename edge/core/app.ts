// Every route of the edge on one screen.

import { type Context, Hono, type MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { secureHeaders } from "hono/secure-headers";
import { HEADER } from "../../shared/wire.ts";
import { publisherOnly } from "./access/publishers.ts";
import { ownerOnly, viewerOnly } from "./access/viewers.ts";
import type { EdgeDeps } from "./deps.ts";
import { Passes } from "./access/passes.ts";
import { getOpenapi } from "./openapi.ts";
import { onError, problem } from "./problem.ts";
import { historyLimit } from "./routes/admit.ts";

import { addressOf, camOf, camsOf, describe, type Operation } from "./routes/request.ts";
import { deleteCamera, getCams, getDemand, getStatus, putReport } from "./routes/cameras.ts";
import { getHealth } from "./routes/health.ts";
import { getFilm, getFrame, getFrames, getTimelapse } from "./routes/history.ts";
import { countRefused, putFrame } from "./routes/upload.ts";
import { getLive } from "./routes/live.ts";
import { getTestPage, postLegacy } from "./routes/legacy.ts";
import { getMetrics } from "./routes/metrics.ts";
import { assetRoutes, getEmbed, getRoot } from "./routes/pages.ts";
import { getPublish } from "./routes/publish.ts";
import { getLiveRecords, getLiveStream } from "./routes/records.ts";
import { getSocket } from "./routes/socket.ts";
import { getSignIn, postShare, postSignIn, postSignOut } from "./routes/sign_in.ts";
import { getStream } from "./routes/stream.ts";
import { ViewerPages } from "./pages/viewer.ts";

/** The default camera's resources are at the root, every camera's under its own path. */
const BASES = ["", "/cams/:cam"] as const;

/** Bodies that are no frames. */
const MAX_REPORT_BYTES = 64 * 1024;

/** On every answer. Framing and sources are each page's own policy; HTTPS is the proxy's business. */
const SECURE_HEADERS = {
  xContentTypeOptions: true,
  referrerPolicy: "same-origin",
  crossOriginOpenerPolicy: "same-origin",
  crossOriginResourcePolicy: false,
  originAgentCluster: false,
  strictTransportSecurity: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xFrameOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
  removePoweredBy: false,
} as const;

const VIEWER: Operation = {
  security: ["viewToken", "viewTokenAsPassword", "publishToken"],
  problems: [401, 429],
};

/** The edge as a request handler. */
export function createApp(deps: EdgeDeps): Hono {
  const { config, limits } = deps;
  const app = new Hono();
  const publisher = describe(
    { security: ["publishToken"], problems: [401, 403, 404, 429] },
    publisherOnly(deps),
  );
  const passes = config.viewToken && new Passes(config.viewToken, config.shareKey);
  const viewerOf = (camsOf: (context: Context) => readonly (string | undefined)[]) =>
    describe(
      config.viewToken ? VIEWER : {},
      viewerOnly(deps, passes, camsOf),
    );
  const viewer = viewerOf((context) => [camOf(context)]);
  const viewerOfAll = viewerOf(() => [undefined]);
  const pages = new ViewerPages(deps);
  const form = smallBody(deps);
  const seldom = historyLimit(limits);
  const refusals = countRefused(deps);
  const stream = getStream(deps);
  const live = getLive(deps);

  // A header that is set on the answer to a handshake makes it another answer, which is none: these
  // stand before whatever sets one. Deno 2.5 closes its port for good over it.
  const viewerOfCams = viewerOf(camsOf);
  for (const base of BASES) app.get(`${base}/publish`, publisher, getPublish(deps));
  app.get("/ws", viewerOfCams, getSocket(deps));
  if (config.corsOrigins.length > 0) app.use(viewerCors(config.corsOrigins));
  // What an embedded camera asks for, on pages that may frame it: without their cookies.
  const embedders = [...config.corsOrigins, ...config.embedOrigins].filter((one) => one !== "none");
  const embedding = viewerCors(embedders);
  // Headers that are set on an answer make Hono build it anew, so only who needs these has them set.
  const corsWhereAsked: MiddlewareHandler = (context, next) =>
    context.req.header("origin") === undefined ? next() : embedding(context, next);
  for (const road of ["/live", "/live.stream", "/cams/:cam/embed"]) app.use(road, corsWhereAsked);
  // Asked for by crowds, so these bring their own security headers for the same reason.
  app.get("/live", viewerOfCams, getLiveRecords(deps));
  app.get("/live.stream", viewerOfCams, getLiveStream(deps));
  for (const base of BASES) {
    if (config.viewToken) app.get(`${base}/live.jpeg`, viewer, live);
    else app.get(`${base}/live.jpeg`, live);
  }
  // No browser shows what a camera is answered.
  for (const base of BASES) {
    app.on(["PUT", "POST"], `${base}/live.jpeg`, publisher, refusals, putFrame(deps));
  }
  app.use(secureHeaders(SECURE_HEADERS));
  app.use(headLength);
  for (const base of BASES) {
    app.put(`${base}/report`, publisher, form, putReport(deps));
    app.get(`${base}/demand`, publisher, getDemand(deps));
    app.get(`${base}/stream.mjpeg`, viewer, stream);
    app.get(`${base}/frames`, viewer, seldom, getFrames(deps));
    app.get(`${base}/frames/:file`, viewer, seldom, getFrame(deps));
    app.get(`${base}/timelapse.mjpeg`, viewer, seldom, getTimelapse(deps));
    app.get(`${base}/timelapse.avi`, viewer, seldom, getFilm(deps));
    app.get(`${base}/status.json`, viewer, getStatus(deps));
    app.get(`${base}/embed`, viewer, getEmbed(pages));
    app.get(base || "/", viewer, getRoot(deps, pages, stream));
  }
  app.delete("/cams/:cam", publisher, deleteCamera(deps));
  app.get("/cams", viewerOfAll, getCams(deps, pages));
  if (passes) {
    app.get("/sign-in", getSignIn(pages));
    app.post("/sign-in", form, postSignIn(deps, passes, pages));
    app.post("/sign-out", postSignOut(deps, passes));
    app.post("/share", viewerOfAll, ownerOnly, form, postShare(deps, passes));
  }
  if (config.legacyUpload) {
    app.post("/", refusals, postLegacy(deps));
    app.get("/test", viewer, getTestPage(deps));
  }
  app.get("/health", getHealth(deps));
  app.get("/metrics", viewerOfAll, getMetrics(deps));
  app.get("/openapi.json", getOpenapi(config.title, app));
  app.route("/", assetRoutes(pages));

  app.notFound(({ req }) => noRoute(app, req.method, req.path));
  app.onError(onError(deps.log));
  return app;
}

/** The answer where no route is: which methods the path has, or where pictures go. */
function noRoute(app: Hono, method: string, path: string): Response {
  const methods = ["GET", "PUT", "POST", "DELETE"].filter((method) =>
    app.router.match(method, path)[0].some(([[, route]]) => route.method === method)
  );
  const allow = methods.join(", ").replace("GET", "GET, HEAD");
  if (allow !== "" && !allow.includes(method)) {
    return problem(405, `${method} is nothing for ${path}: send ${allow}.`, { headers: { allow } });
  }
  const sends = method === "PUT" || method === "POST";
  const road = sends ? ": pictures go to /live.jpeg or /cams/<id>/live.jpeg" : "";
  return problem(404, `There is nothing at ${path}${road}.`);
}

/** Tells HEAD the length of what GET has, which Hono drops; of what the server may compress nobody knows it. */
const headLength: MiddlewareHandler = async (context, next) => {
  await next();
  const { req, res } = context;
  if (req.method !== "HEAD" || !res.body || req.header("accept-encoding")) return;
  const { byteLength } = await res.clone().arrayBuffer();
  context.header("content-length", String(byteLength));
};

/** Reads a body that is no frame, for the route to take apart. */
function smallBody({ bodies, limits }: EdgeDeps): MiddlewareHandler {
  return describe({ problems: [400, 408, 413, 429, 503] }, async function smallBody(context, next) {
    const { req } = context;
    const address = limits.viewerAddress(addressOf(context, limits));
    const body = await bodies.accept(req.raw, MAX_REPORT_BYTES, undefined, { address });
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
