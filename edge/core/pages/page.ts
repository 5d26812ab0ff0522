// What people are shown: the built pages, filled in for a request; and what chats and search engines are told
// of one: words, and the very picture that it opens with.

import type { Context } from "hono";
import { html } from "hono/html";
import { ageText } from "../../../shared/age_text.ts";
import { DEFAULT_CAM, type FrameMeta } from "../../../shared/frame.ts";
import { widthFor } from "../../../shared/widths.ts";
import { type CameraState, type CameraStatus, HEADER } from "../../../shared/wire.ts";
import { isOwner } from "../access/viewers.ts";
import type { EdgeDeps } from "../edge.ts";
import { problemException } from "../problem.ts";
import { encodingOf, rootOf, siteOf } from "../routes/request.ts";

export type ViewerPages = ReturnType<typeof viewerPages>;

export function viewerPages(deps: EdgeDeps) {
  const { title: site, viewToken, historyMs, embedOrigins } = deps.config;
  /** Read at the first request and kept: another build must not be mixed in. */
  const files = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();
  return { camera, file, names, known, role, send, wall };

  /** A file that the build made, by its name there. @throws 503 where the page was never built. */
  function file(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const file = files.get(name) ?? deps.readAsset(name).catch(() => {
      files.delete(name);
      const detail = "Show the page: it was never built here, run `deno task build` once.";
      throw problemException(503, detail, { retryAfter: 60 });
    });
    files.set(name, file);
    return file;
  }

  async function text(name: string): Promise<string> {
    return new TextDecoder().decode(await file(name));
  }

  /** What the build called its files, by their plain names. */
  async function names(): Promise<Readonly<Record<string, string>>> {
    return JSON.parse(await text("assets.json"));
  }

  /** Whether the edge has heard of a camera; for whoever asks again later a header says it too. */
  async function known(context: Context, cam: string): Promise<"yes" | "no"> {
    // The store is asked for strangers only: a page must not wait for a store that hangs.
    const camera = deps.hub.known(cam) ?? await deps.hub.find(cam);
    if (!camera) return "no";
    context.header(HEADER.state, camera.state);
    return "yes";
  }

  /** Who watches: `public` cams have no others, private ones an `owner` and `guest`s. */
  function role(context: Context): "public" | "owner" | "guest" {
    if (viewToken === undefined) return "public";
    return isOwner(context) ? "owner" : "guest";
  }

  /** Answers with a page; `embedded` = which whoever `PERCH_EMBED_ORIGINS` names may frame. */
  async function send(
    context: Context,
    template: string,
    values: Readonly<Record<string, Markup>> & { readonly cam: string },
    embedded = false,
  ): Promise<Response> {
    const root = rootOf(context);
    const assets = Object.entries(await names()).map(([name, file]) => {
      return [name, `${root}assets/${file}`];
    });
    const page = renderTemplate(await text(template), {
      ...Object.fromEntries(assets),
      ...{ root, site, ...called(values.cam), role: role(context) },
      history: String(historyMs),
      ...values,
    });
    const packed = encodingOf(context, "gzip");
    if (packed) context.header("content-encoding", packed);
    const body = new Response(page).body!;
    const sent = packed ? body.pipeThrough(new CompressionStream("gzip")) : body;
    return context.body(sent, undefined, {
      "content-type": "text/html; charset=UTF-8",
      "cache-control": viewToken ? "private, no-cache" : "no-cache",
      "content-security-policy": pagePolicy(embedded ? frameAncestors(embedOrigins) : "'none'"),
      vary: "Accept, Accept-Encoding, User-Agent, Cookie",
    });
  }

  /** What people call a camera, and its page. */
  function called(cam: string): { readonly name: string; readonly title: string } {
    const told = deps.hub.known(cam)?.about?.name;
    const name = told ?? (cam === DEFAULT_CAM ? site : cam);
    return { name, title: name === site ? site : `${name} · ${site}` };
  }

  /** Answers with the page of one camera, which opens with `moment`, else live. */
  async function camera(
    context: Context,
    values: Readonly<Record<"cam" | "known", string>> & { readonly nav: Markup },
    moment?: FrameMeta,
  ): Promise<Response> {
    const { cam } = values;
    const { title } = called(cam);
    const preview = await previewMarkup(context, deps, cam, title, `cams/${cam}`, moment);
    return await send(context, "index.html", {
      ...values,
      preview,
      at: `${moment?.version ?? ""}`,
    });
  }

  /** Answers with the page of all cameras; `missing` was asked for, and is not there. */
  async function wall(
    context: Context,
    cameras: readonly CameraStatus[],
    missing?: string,
  ): Promise<Response> {
    const heading = missing === undefined ? site : `There is no camera called ${missing} here`;
    if (missing !== undefined) context.status(404);
    const cams = cameras.map(({ cam }) => cam);
    const [cam = DEFAULT_CAM] = cams;
    return await send(context, "wall.html", {
      cam,
      preview: await previewMarkup(context, deps, cam, site, "cams"),
      cams: cams.join(","),
      heading,
      missing: missing ?? "",
      tiles: wallMarkup(cameras, rootOf(context)),
    });
  }
}

/** As wide as chats show a picture, pixels: no more is sent. */
const WIDTH = widthFor(900)!;

/**
 * The words of the page's head. The picture's address changes with the picture, so that chats do not show
 * the first one for ever. Where the page was opened by a share link it carries that pass, and ends with it.
 */
async function previewMarkup(
  context: Context,
  { config, hub, images }: EdgeDeps,
  cam: string,
  title: string,
  page: string,
  moment?: FrameMeta,
): Promise<Markup> {
  const camera = hub.known(cam);
  const share = context.req.query("share");
  const address = (path: string, query: Readonly<Record<string, unknown>>) => {
    const given = Object.entries({ ...query, share }).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
    return `${siteOf(context, config.trustedProxies)}${path}${search.size > 0 ? `?${search}` : ""}`;
  };
  const url = address(page, { at: moment?.version });
  const description = moment
    ? `The picture of ${timeText(moment.receivedAt, camera?.about?.zone)}`
    : `Live picture from ${title}`;
  const words = html`
    <meta name="description" content="${description}">
    <meta property="og:type" content="website">
    <meta property="og:title" content="${title}">
    <meta property="og:description" content="${description}">
    <meta property="og:url" content="${url}">
    ${share === undefined ? "" : html`<meta name="robots" content="noindex">`}
  `;
  const picture = moment ?? camera?.latest.value;
  if (!picture) return words;
  const { version, width, height } = picture;
  const smaller = images && width > WIDTH && await images.ready().then(() => true, () => false);
  const size = smaller ? { width: WIDTH, height: Math.round(height * WIDTH / width) } : picture;
  const file = moment ? `frames/${version}.jpeg` : "live.jpeg";
  const query = { v: moment ? undefined : version, w: smaller ? WIDTH : undefined };
  return html`
    ${words}
    <meta property="og:image" content="${address(`cams/${cam}/${file}`, query)}">
    <meta property="og:image:width" content="${size.width}">
    <meta property="og:image:height" content="${size.height}">
    <meta name="twitter:card" content="summary_large_image">
  `;
}

/** `21 November 2026 at 07:42 (Europe/Zurich)`: whoever reads it may be anywhere. */
function timeText(at: number, zone = "UTC"): string {
  try {
    const style = { dateStyle: "long", timeStyle: "short", timeZone: zone } as const;
    return `${new Date(at).toLocaleString("en-GB", style)} (${zone})`;
  } catch {
    // A zone that is none.
    return timeText(at);
  }
}

/** Text, which is escaped where it is put in, or markup that `html` made. */
export type Markup = string | ReturnType<typeof html>;

/** Replaces `{{name}}` in a template. @throws Where one is not given. */
export function renderTemplate(template: string, values: Readonly<Record<string, Markup>>): string {
  return template.replace(/\{\{\s*([\w.-]+)\s*\}\}/g, (_, name: string) => {
    if (name in values) return String(html`${values[name]}`);
    throw new Error(`The template wants {{${name}}}, which is not given`);
  });
}

/** Nothing but our own files runs or is loaded; `ancestors` may frame it. */
export function pagePolicy(ancestors: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob: data:",
    "media-src 'self' blob:",
    "connect-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    `frame-ancestors ${ancestors}`,
  ].join("; ");
}

/** `PERCH_EMBED_ORIGINS` in the words of `frame-ancestors`. */
export function frameAncestors(origins: readonly string[]): string {
  return origins.includes("none") ? "'none'" : ["'self'", ...origins].join(" ");
}

const LABELS: Readonly<Record<CameraState, string>> = {
  live: "Live",
  idle: "Idle",
  stale: "Not live",
  offline: "Offline",
};

/**
 * The cameras as plain HTML, for browsers that run no script: each camera's newest picture and, in
 * words and colour, whether to believe it.
 */
export function wallMarkup(cameras: readonly CameraStatus[], root = "./"): Markup {
  return html`${cameras.map((camera) => tile(camera, root))}`;
}

function tile({ cam, name = cam, state, version, ageMs }: CameraStatus, root: string): Markup {
  const at = `${root}cams/${cam}`;
  const empty = version === undefined;
  const old = ageMs !== undefined && (state === "stale" || state === "offline");
  const alt = `Newest picture from ${name}`;
  const picture = empty
    ? html`<span class="picture"></span>`
    : html`<img class="picture" src="${at}/live.jpeg" alt="${alt}">`;
  const words = empty
    ? "Waiting for the first picture"
    : old && `Last picture ${ageText(ageMs)} ago`;
  const notice = words && html`<span class="notice">${words}</span>`;
  const label = empty ? "No picture yet" : LABELS[state];
  const badge = html`<span class="badge"><span class="dot"></span><span>${label}</span></span>`;
  const age = ageMs !== undefined && html`<span class="age">${ageText(ageMs)}</span>`;
  const caption =
    html`<span class="caption"><span class="called">${name}</span>${age}${badge}</span>`;
  const looks = empty ? "empty" : state;
  return html`<li><a class="tile" href="${at}" data-state="${looks}"><span class="shot">${picture}${notice}</span>${caption}</a></li>`;
}
