// What chats and search engines are told of a page: words, and the very picture that it opens with.

import type { Context } from "hono";
import { html } from "hono/html";
import type { FrameMeta } from "../../../shared/frame.ts";
import { widthFor } from "../../../shared/widths.ts";
import type { EdgeDeps } from "../edge.ts";
import { siteOf } from "../routes/request.ts";
import type { Markup } from "./page.ts";

/** As wide as chats show a picture, pixels: no more is sent. */
const WIDTH = widthFor(900)!;

interface Previewed {
  readonly cam: string;
  readonly title: string;
  /** The picture of the past that the page opens with; else the live one. */
  readonly moment?: FrameMeta;
  /** Where the page is, from where the site begins. Default: the camera's own. */
  readonly page?: string;
}

/**
 * The words of the page's head. The picture's address changes with the picture, so that chats do not show
 * the first one for ever. Where the page was opened by a share link it carries that pass, and ends with it.
 */
export async function previewMarkup(
  context: Context,
  { config, hub, images }: EdgeDeps,
  { cam, title, moment, page = `cams/${cam}` }: Previewed,
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
