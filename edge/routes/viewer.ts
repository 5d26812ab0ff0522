// `GET /` and `GET /cams/:cam` as a page, its assets, and the manifest that installs it.

import { type Context, type Handler, Hono } from "hono";
import { etag } from "hono/etag";
import { type Assets, loadAssets } from "../assets.ts";
import { renderManifest, renderPage } from "../page.ts";

/** What the page needs of the edge. */
export interface ViewerDeps {
  readonly config: { readonly title: string };
  /** Reads a built asset by its name in `client/dist`. */
  readonly readAsset: (name: string) => Promise<Uint8Array<ArrayBuffer>>;
}

/** Nothing but our own files runs or is loaded; `frame-ancestors` keeps the page out of frames. */
export const PAGE_POLICY: string = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The built page, read at the first request and kept. */
export class ViewerPages {
  #assets: Promise<Assets> | undefined;
  readonly #deps: ViewerDeps;

  constructor(deps: ViewerDeps) {
    this.#deps = deps;
  }

  /** What the build made. */
  assets(): Promise<Assets> {
    return this.#assets ??= loadAssets(this.#deps.readAsset).catch((cause) => {
      this.#assets = undefined;
      throw cause;
    });
  }

  /** The page of a camera. */
  async page(context: Context, cam: string, several: boolean): Promise<Response> {
    const assets = await this.assets();
    const html = renderPage(await assets.template("index.html"), assets.names, {
      cam,
      title: this.#deps.config.title,
      origin: originOf(context),
      several,
    });
    return context.html(html, 200, {
      "cache-control": "no-cache",
      "content-security-policy": PAGE_POLICY,
      "referrer-policy": "same-origin",
      "x-content-type-options": "nosniff",
      vary: "Accept, User-Agent",
    });
  }
}

/** `/assets/…` and `/manifest.webmanifest`: the same for everybody, and not secret. */
export function assetRoutes(pages: ViewerPages, title: string): Hono {
  const routes = new Hono();
  routes.use(etag());
  routes.get("/assets/:name", assetHandler(pages));
  routes.get("/manifest.webmanifest", async (context) => {
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

function assetHandler(pages: ViewerPages): Handler {
  return async function asset(context) {
    const name = context.req.param("name") ?? "";
    const file = await (await pages.assets()).file(name);
    if (!file) return context.notFound();
    return context.body(file.bytes, 200, {
      "content-type": file.type,
      "cache-control": "public, max-age=31536000, immutable",
      "x-content-type-options": "nosniff",
    });
  };
}

/** Scheme and host as the viewer typed them, behind a proxy that ends TLS too. */
export function originOf(context: Context): string {
  const url = new URL(context.req.url);
  const forwarded = context.req.header("x-forwarded-proto")?.split(",")[0].trim();
  const scheme = forwarded === "https" || forwarded === "http"
    ? forwarded
    : url.protocol.slice(0, -1);
  return `${scheme}://${url.host}`;
}
