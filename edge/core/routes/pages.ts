// GET / and GET /embed: the page of a camera, or its picture alone; and the pages' own files, the same
// for everybody and not secret.

import { type Context, type Handler, Hono } from "hono";
import { etag } from "hono/etag";
import { html } from "hono/html";
import { getMimeType } from "hono/utils/mime";
import { type FrameMeta, isCamId } from "../../../shared/frame.ts";
import type { EdgeDeps } from "../edge.ts";
import type { ViewerPages } from "../pages/page.ts";
import { camOf, describe, encodingOf, rootOf, route } from "./request.ts";

const GRID = html`
  <svg viewBox="0 0 24 24" aria-hidden="true">
    <path d="M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h6v6h-6z" />
  </svg>
`;

/** The page, or what `stream` answers where the client shows pictures only. */
export function getRoot(deps: EdgeDeps, pages: ViewerPages, stream: Handler): Handler {
  const { hub } = deps;
  return describe({
    summary: "The page; the stream for clients that show pictures only",
    answers: { 200: ["by Accept and User-Agent", ["text/html", "multipart/x-mixed-replace"]] },
    problems: [404, 503],
  }, async (context, next) => {
    if (wantsStream(context.req.raw.headers)) return await stream(context, next);
    let cam = camOf(context);
    if (!isCamId(cam)) return context.notFound();
    const guest = pages.role(context) === "guest";
    let known = await pages.known(context, cam);
    if (known === "no" && !guest) {
      await hub.refresh();
      const named = context.req.param("cam");
      const [only, ...more] = hub.byName.map((camera) => camera.status());
      if (only && (named !== undefined || more.length > 0)) {
        return await pages.wall(context, [only, ...more], named);
      }
      // Where none is named and there is no default one, the only one is meant.
      if (only) known = await pages.known(context, cam = only.cam);
    }
    const to = `${rootOf(context)}cams`;
    const all = html`<a href="${to}" aria-label="All cameras" title="All cameras">${GRID}</a>`;
    const nav = hub.cameras.length > 1 && !guest ? all : "";
    return await pages.camera(context, { cam, known, nav }, await momentOf(context, deps, cam));
  });
}

/** The picture of the past that `?at=` names: the newest that is not newer. Anything else opens live. */
async function momentOf(
  context: Context,
  { limits, store }: EdgeDeps,
  cam: string,
): Promise<FrameMeta | undefined> {
  const to = Number(/^\d{1,15}$/.exec(context.req.query("at") ?? "")?.[0]);
  if (Number.isNaN(to) || limits.pastFrames.take(limits.address(context)) > 0) return undefined;
  // A page is there whether or not the store answers.
  const [found] = await store.history(cam, { to, limit: 1 }).catch(() => []);
  return found;
}

/** What programs that play call themselves, unless they are told another name. */
const PLAYERS = new RegExp(
  "VLC|Lavf|mpv|MPlayer|GStreamer|souphttpsrc|omxplayer|xine|Kodi|XBMC|ExoPlayer|AndroidXMedia3|" +
    "stagefright|AppleCoreMedia|QuickTime|NSPlayer|Windows-Media-Player|Roku|stbapp|IPTV|TiviMate|Enigma2",
  "i",
);

/** Whether a request for `/` wants the MJPEG stream. Browsers, whatever else they say, ask for HTML. */
export function wantsStream(headers: Headers): boolean {
  const types = headers.get("accept")?.toLowerCase() ?? "";
  if (types.includes("text/html")) return false;
  if (/\b(image|video)\/|multipart\/x-mixed-replace/.test(types)) return true;
  // What FFmpeg and VLC ask every server for, under whatever name.
  return headers.has("icy-metadata") || PLAYERS.test(headers.get("user-agent") ?? "");
}

export function getEmbed(pages: ViewerPages): Handler {
  return route({
    summary: "The picture alone, for a frame in another page",
    answers: { 200: ["a page", ["text/html"]] },
    problems: [404, 503],
  }, async (context) => {
    const cam = camOf(context);
    if (!isCamId(cam)) return context.notFound();
    const share = context.req.query("share");
    const query = share === undefined ? "" : `?share=${encodeURIComponent(share)}`;
    const known = await pages.known(context, cam);
    return await pages.send(context, "embed.html", { cam, query, known }, true);
  });
}

/** A name with a hash never changes its content. */
const FOR_EVER = "public, max-age=31536000, immutable";

/** `/assets/…`, `/embed.js`, `/manifest.webmanifest` and `/favicon.ico`. */
export function assetRoutes(pages: ViewerPages, title: string): Hono {
  const routes = new Hono();
  const send = async (context: Context, name: string, cacheControl: string) => {
    // Only what the build named: an address must not choose a file of the disk.
    if (!Object.values(await pages.names()).includes(name)) return context.notFound();
    const encoding = name.endsWith(".png") ? undefined : encodingOf(context, "br", "gzip");
    if (encoding) context.header("content-encoding", encoding);
    return context.body(await pages.file(encoding ? `${name}.${encoding}` : name), 200, {
      "content-type": getMimeType(name)!,
      "cache-control": cacheControl,
      vary: "Accept-Encoding",
    });
  };
  routes.get("/assets/:name", (context) => send(context, context.req.param("name"), FOR_EVER));
  routes.get("/embed.js", etag(), async (context) => {
    const { "embed.js": file } = await pages.names();
    context.header("access-control-allow-origin", "*");
    return send(context, file, "public, max-age=300");
  });
  // Installs the page on a home screen.
  routes.get("/manifest.webmanifest", etag(), async (context) => {
    const names = await pages.names();
    const icons = { "icon.svg": "any", "icon-180.png": "180x180", "icon-512.png": "512x512" };
    const manifest = {
      name: title,
      // Whole characters: with half of one, browsers take nothing of it.
      short_name: [...title].slice(0, 12).join(""),
      start_url: "./",
      display: "standalone",
      background_color: "#0c0e10",
      theme_color: "#0c0e10",
      icons: Object.entries(icons).map(([name, sizes]) => {
        return { src: `assets/${names[name]}`, sizes, type: getMimeType(name) };
      }),
    };
    const headers = { "content-type": "application/manifest+json", "cache-control": "no-cache" };
    return context.json(manifest, 200, headers);
  });
  routes.get("/favicon.ico", async (context) => {
    const { "icon-180.png": file } = await pages.names();
    return context.redirect(`${rootOf(context)}assets/${file}`, 302);
  });
  return routes;
}
