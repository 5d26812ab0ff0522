// The pages: one camera, all of them, one within another site's page, and the way in to private ones.

import type { Context } from "hono";
import type { StatusCode } from "hono/utils/http-status";
import { type CameraStatus, HEADER } from "../../../shared/wire.ts";
import { type Assets, loadAssets } from "./assets.ts";
import { isOwner } from "../access/viewers.ts";
import { isCamId } from "../../../shared/frame.ts";
import type { Hub } from "../cameras/hub.ts";
import { originOf } from "../routes/request.ts";
import { problemException } from "../problem.ts";
import { frameAncestors, pagePolicy, pageValues, renderTemplate } from "./page.ts";
import { wallMarkup } from "./wall_markup.ts";

/** What the pages need of the edge. */
export interface ViewerDeps {
  readonly hub: Hub;
  readonly config: {
    readonly title: string;
    readonly viewToken?: unknown;
    readonly embedOrigins: readonly string[];
    readonly historyMs: number;
    readonly trustedProxies: number;
  };
  /** Reads a built asset by its name in `client/dist`. */
  readonly readAsset: (name: string) => Promise<Uint8Array<ArrayBuffer>>;
}

/** The built pages, read at the first request and kept. */
export class ViewerPages {
  #assets: Promise<Assets> | undefined;
  readonly #deps: ViewerDeps;

  constructor(deps: ViewerDeps) {
    this.#deps = deps;
  }

  /** What the build made. */
  assets(): Promise<Assets> {
    return this.#assets ??= loadAssets(this.#deps.readAsset).catch((error) => {
      this.#assets = undefined;
      throw problemException(503, `Show the page: ${error.message}.`, { retryAfter: 60 });
    });
  }

  /** The page of a camera. */
  async page(context: Context, cam: string, several: boolean): Promise<Response> {
    if (!isCamId(cam)) return context.notFound();
    const nav = several && this.#role(context) !== "guest" ? `<a href="/cams">All cameras</a>` : "";
    const known = await this.#known(context, cam);
    return await this.#send(context, "index.html", { cam, known }, { markup: { nav } });
  }

  /** The page of all cameras. */
  wall(context: Context, cameras: readonly CameraStatus[]): Promise<Response> {
    const cams = cameras.map(({ cam }) => cam);
    return this.#send(
      context,
      "wall.html",
      { cam: cams[0] ?? "cam", cams: cams.join(",") },
      { markup: { tiles: wallMarkup(cameras) } },
    );
  }

  /** The page of a camera for an iframe. */
  async embed(context: Context, cam: string): Promise<Response> {
    if (!isCamId(cam)) return context.notFound();
    const share = context.req.query("share");
    const query = share === undefined ? "" : `?share=${encodeURIComponent(share)}`;
    const known = await this.#known(context, cam);
    const ancestors = frameAncestors(this.#deps.config.embedOrigins);
    return await this.#send(context, "embed.html", { cam, query, known }, { ancestors });
  }

  /** The page that asks for the view token. */
  signIn(
    context: Context,
    next: string,
    note: string,
    status: StatusCode = 200,
  ): Promise<Response> {
    return this.#send(context, "sign_in.html", { cam: "cam", next, note }, { status });
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

  async #send(
    context: Context,
    template: string,
    values: Readonly<Record<string, string>> & { readonly cam: string },
    options: {
      readonly markup?: Readonly<Record<string, string>>;
      readonly ancestors?: string;
      readonly status?: StatusCode;
    } = {},
  ): Promise<Response> {
    const { title, viewToken, historyMs, trustedProxies } = this.#deps.config;
    const assets = await this.assets();
    const origin = originOf(context, trustedProxies);
    const known = pageValues(assets.names, { cam: values.cam, title, origin });
    const html = renderTemplate(
      await assets.template(template),
      { ...known, role: this.#role(context), history: String(historyMs), ...values },
      options.markup,
    );
    context.status(options.status ?? 200);
    return context.html(html, undefined, {
      "cache-control": viewToken ? "private, no-cache" : "no-cache",
      "content-security-policy": pagePolicy(options.ancestors ?? "'none'"),
      vary: "Accept, User-Agent, Cookie",
    });
  }
}
