// The pages' own files: the same for everybody, and not secret.

import { type Context, Hono } from "hono";
import { etag } from "hono/etag";
import { renderManifest } from "../pages/page.ts";
import type { ViewerPages } from "../pages/viewer.ts";

/** A name with a hash never changes its content. */
const FOR_EVER = "public, max-age=31536000, immutable";

/** `/assets/…`, `/embed.js`, `/manifest.webmanifest` and `/favicon.ico`. */
export function assetRoutes(pages: ViewerPages, title: string): Hono {
  const routes = new Hono();
  const send = async (context: Context, name: string, cacheControl: string) => {
    const file = await (await pages.assets()).file(name);
    if (!file) return context.notFound();
    return context.body(file.bytes, 200, {
      "content-type": file.type,
      "cache-control": cacheControl,
    });
  };
  routes.get("/assets/:name", (context) => send(context, context.req.param("name"), FOR_EVER));
  routes.get("/embed.js", etag(), async (context) => {
    const { names } = await pages.assets();
    context.header("access-control-allow-origin", "*");
    return send(context, names["embed.js"], "public, max-age=300");
  });
  routes.get("/manifest.webmanifest", etag(), async (context) => {
    const { names } = await pages.assets();
    return context.body(renderManifest(names, title), 200, {
      "content-type": "application/manifest+json",
      "cache-control": "no-cache",
    });
  });
  routes.get("/favicon.ico", async (context) => {
    const { names } = await pages.assets();
    return context.redirect(`/assets/${names["icon-180.png"]}`, 302);
  });
  return routes;
}
