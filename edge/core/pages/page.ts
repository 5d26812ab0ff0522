// What the pages say: pure text, so that it can be tested without a browser.

import { html } from "hono/html";
import { ageText } from "../../../shared/age_text.ts";
import type { CameraState, CameraStatus } from "../../../shared/wire.ts";

/** Text, which is escaped where it is put in, or markup that `html` made. */
export type Markup = string | ReturnType<typeof html>;

/**
 * Replaces `{{name}}` in a template.
 *
 * @throws Where the template names a value that is not given.
 */
export function renderTemplate(template: string, values: Readonly<Record<string, Markup>>): string {
  return template.replace(/\{\{\s*([\w.-]+)\s*\}\}/g, (_, name: string) => {
    if (name in values) return String(html`${values[name]}`);
    throw new Error(`The template wants {{${name}}}, which is not given`);
  });
}

/**
 * Nothing but our own files runs or is loaded.
 *
 * @param ancestors Who may frame the page, in the words of `frame-ancestors`.
 */
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
  if (origins.includes("none")) return "'none'";
  return ["'self'", ...origins.filter((origin) => /^[^\s;,]+$/.test(origin))].join(" ");
}

/** The same words as the page with script uses. */
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
export function wallMarkup(cameras: readonly CameraStatus[]): Markup {
  return html`${cameras.map(tile)}`;
}

function tile({ cam, state, version, ageMs }: CameraStatus): Markup {
  const empty = version === undefined;
  const old = ageMs !== undefined && (state === "stale" || state === "offline");
  const picture = empty
    ? html`<span class="picture"></span>`
    : html`<img class="picture" src="cams/${cam}/live.jpeg" alt="Newest picture from ${cam}">`;
  const words = empty
    ? "Waiting for the first picture"
    : old && `Last picture ${ageText(ageMs)} ago`;
  const notice = words && html`<span class="notice">${words}</span>`;
  const label = empty ? "No picture yet" : LABELS[state];
  const badge = html`<span class="badge"><span class="dot"></span><span>${label}</span></span>`;
  const caption = html`<span class="caption"><span>${cam}</span>${badge}</span>`;
  const looks = empty ? "empty" : state;
  return html`<li><a class="tile" href="cams/${cam}" data-state="${looks}">${picture}${notice}${caption}</a></li>`;
}
