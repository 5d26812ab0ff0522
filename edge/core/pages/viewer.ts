// The pages as they are sent: what the build made, filled in for a request.

import type { Context } from "hono";
import { DEFAULT_CAM } from "../../../shared/frame.ts";
import { HEADER } from "../../../shared/wire.ts";
import { isOwner } from "../access/viewers.ts";
import type { EdgeDeps } from "../edge.ts";
import { problemException } from "../problem.ts";
import { rootOf, siteOf } from "../routes/request.ts";
import { frameAncestors, type Markup, pagePolicy, renderTemplate } from "./page.ts";

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
      const detail = "Show the page: it was never built here, run `deno task build` once.";
      throw problemException(503, detail, { retryAfter: 60 });
    });
    this.#files.set(name, file);
    return file;
  }

  /** What the build called its files, by their plain names. */
  async names(): Promise<Readonly<Record<string, string>>> {
    return JSON.parse(await this.#text("assets.json"));
  }

  /** Whether the edge has heard of a camera; for whoever asks again later a header says it too. */
  async known(context: Context, cam: string): Promise<"yes" | "no"> {
    const { hub } = this.#deps;
    // The store is asked for strangers only: a page must not wait for a store that hangs.
    const camera = hub.known(cam) ?? await hub.find(cam);
    if (!camera) return "no";
    context.header(HEADER.state, camera.state);
    return "yes";
  }

  /** Who watches: `public` cams have no others, private ones an `owner` and `guest`s. */
  role(context: Context): "public" | "owner" | "guest" {
    if (this.#deps.config.viewToken === undefined) return "public";
    return isOwner(context) ? "owner" : "guest";
  }

  /**
   * Answers with a page.
   *
   * @param embedded Whether it may be framed by who `PERCH_EMBED_ORIGINS` names.
   */
  async send(
    context: Context,
    template: string,
    values: Readonly<Record<string, Markup>> & { readonly cam: string },
    embedded = false,
  ): Promise<Response> {
    const { title: site, viewToken, historyMs, trustedProxies, embedOrigins } = this.#deps.config;
    const root = rootOf(context);
    const files = Object.entries(await this.names())
      .map(([name, file]) => [name, `${root}assets/${file}`]);
    const title = values.cam === DEFAULT_CAM ? site : `${values.cam} · ${site}`;
    const url = `${siteOf(context, trustedProxies)}cams/${values.cam}`;
    const page = renderTemplate(await this.#text(template), {
      ...Object.fromEntries(files),
      ...{ root, site, title, url },
      description: `Live picture from ${title}`,
      image: `${url}/live.jpeg`,
      role: this.role(context),
      history: String(historyMs),
      ...values,
    });
    return context.html(page, undefined, {
      "cache-control": viewToken ? "private, no-cache" : "no-cache",
      "content-security-policy": pagePolicy(embedded ? frameAncestors(embedOrigins) : "'none'"),
      vary: "Accept, User-Agent, Cookie",
    });
  }

  async #text(name: string): Promise<string> {
    return new TextDecoder().decode(await this.file(name));
  }
}
