// The pages: one camera, all of them, one within another site's page, and the way in to private ones.

import type { Context } from "hono";
import { html } from "hono/html";
import type { StatusCode } from "hono/utils/http-status";
import { getMimeType } from "hono/utils/mime";
import { DEFAULT_CAM, isCamId } from "../../../shared/frame.ts";
import { type CameraStatus, HEADER } from "../../../shared/wire.ts";
import { isOwner } from "../access/viewers.ts";
import type { EdgeDeps } from "../edge.ts";
import { problemException } from "../problem.ts";
import { originOf, pathOf, rootOf } from "../routes/request.ts";
import {
  type AssetNames,
  frameAncestors,
  type Markup,
  pagePolicy,
  renderTemplate,
  wallMarkup,
} from "./page.ts";

/** The built pages. */
export class ViewerPages {
  readonly #deps: EdgeDeps;
  /** Read at the first request and kept: another build must not be mixed in. */
  readonly #files = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();

  constructor(deps: EdgeDeps) {
    this.#deps = deps;
  }

  /**
   * A file that the build made, by its name there.
   *
   * @throws 503 where the page was never built.
   */
  file(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const file = this.#files.get(name) ?? this.#deps.readAsset(name).catch(() => {
      this.#files.delete(name);
      throw problemException(
        503,
        "Show the page: it was never built here, run `deno task build` once.",
        { retryAfter: 60 },
      );
    });
    this.#files.set(name, file);
    return file;
  }

  /** What the build called its files. */
  async names(): Promise<AssetNames> {
    return JSON.parse(await this.#text("assets.json"));
  }

  /** The page of a camera. */
  async page(context: Context, cam: string, several: boolean): Promise<Response> {
    if (!isCamId(cam)) return context.notFound();
    const others = several && this.#role(context) !== "guest";
    const nav = others ? html`<a href="${rootOf(context)}cams">All cameras</a>` : "";
    const known = await this.#known(context, cam);
    return await this.#send(context, "index.html", { cam, known, nav });
  }

  /** The page of all cameras. */
  wall(context: Context, cameras: readonly CameraStatus[]): Promise<Response> {
    const cams = cameras.map(({ cam }) => cam);
    const values = { cam: cams[0] ?? DEFAULT_CAM, cams: cams.join(",") };
    return this.#send(context, "wall.html", { ...values, tiles: wallMarkup(cameras) });
  }

  /** The page of a camera for an iframe. */
  async embed(context: Context, cam: string): Promise<Response> {
    if (!isCamId(cam)) return context.notFound();
    const share = context.req.query("share");
    const query = share === undefined ? "" : `?share=${encodeURIComponent(share)}`;
    const known = await this.#known(context, cam);
    const ancestors = frameAncestors(this.#deps.config.embedOrigins);
    return await this.#send(context, "embed.html", { cam, query, known }, ancestors);
  }

  /** The page that asks for the view token. */
  signIn(
    context: Context,
    next: string,
    note: string,
    status: StatusCode = 200,
  ): Promise<Response> {
    context.status(status);
    return this.#send(context, "sign_in.html", { cam: DEFAULT_CAM, next, note });
  }

  /** The web app manifest: installs the page on a home screen. */
  async manifest(context: Context): Promise<Response> {
    const { title } = this.#deps.config;
    const names = await this.names();
    const icon = (name: string, sizes: string) => ({
      src: `assets/${names[name]}`,
      sizes,
      type: getMimeType(name),
    });
    const manifest = {
      name: title,
      // Whole characters: with half of one, browsers take nothing of it.
      short_name: [...title].slice(0, 12).join(""),
      start_url: "./",
      display: "standalone",
      background_color: "#0c0e10",
      theme_color: "#0c0e10",
      icons: [
        icon("icon.svg", "any"),
        icon("icon-180.png", "180x180"),
        icon("icon-512.png", "512x512"),
      ],
    };
    return context.json(manifest, 200, {
      "content-type": "application/manifest+json",
      "cache-control": "no-cache",
    });
  }

  /** Whether the edge has heard of the camera; for who asks again later a header says it too. */
  async #known(context: Context, cam: string): Promise<"yes" | "no"> {
    const { hub } = this.#deps;
    // The store is asked for strangers only: a page must not wait for a store that hangs.
    const camera = hub.known(cam) ?? await hub.find(cam);
    if (!camera) return "no";
    context.header(HEADER.state, camera.state);
    return "yes";
  }

  /** Who watches: `public` cams have no others, private ones an `owner` and `guest`s. */
  #role(context: Context): string {
    if (this.#deps.config.viewToken === undefined) return "public";
    return isOwner(context) ? "owner" : "guest";
  }

  async #text(name: string): Promise<string> {
    return new TextDecoder().decode(await this.file(name));
  }

  async #send(
    context: Context,
    template: string,
    values: Readonly<Record<string, Markup>> & { readonly cam: string },
    ancestors = "'none'",
  ): Promise<Response> {
    const { title: site, viewToken, historyMs, trustedProxies } = this.#deps.config;
    const root = rootOf(context);
    const files = Object.entries(await this.names()).map((
      [name, file],
    ) => [name, `${root}assets/${file}`]);
    const title = values.cam === DEFAULT_CAM ? site : `${values.cam} · ${site}`;
    const begin = originOf(context, trustedProxies) + pathOf(context, trustedProxies);
    const url = `${begin}cams/${values.cam}`;
    const page = renderTemplate(await this.#text(template), {
      ...Object.fromEntries(files),
      root,
      site,
      title,
      description: `Live picture from ${title}`,
      url,
      image: `${url}/live.jpeg`,
      role: this.#role(context),
      history: String(historyMs),
      ...values,
    });
    return context.html(page, undefined, {
      "cache-control": viewToken ? "private, no-cache" : "no-cache",
      "content-security-policy": pagePolicy(ancestors),
      vary: "Accept, User-Agent, Cookie",
    });
  }
}
