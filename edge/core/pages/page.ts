// The HTML of the viewer page from its template: pure text, so that it can be tested without a
// browser.

import { DEFAULT_CAM } from "../../../shared/frame.ts";

/** Which file name in `client/dist` an asset has now, by its plain name. */
export type AssetNames = Readonly<Record<string, string>>;

/** What every page is about. */
export interface PageSubject {
  readonly cam: string;
  /** `PERCH_TITLE`. */
  readonly title: string;
  /** Scheme and host as the viewer sees them, for instance `https://cam.example`. */
  readonly origin: string;
}

/** The values that every template may name. */
export function pageValues(assets: AssetNames, subject: PageSubject): Record<string, string> {
  const { cam, origin } = subject;
  const files = Object.entries(assets).map(([name, file]) => [name, `/assets/${file}`]);
  const title = cam === DEFAULT_CAM ? subject.title : `${cam} · ${subject.title}`;
  return {
    ...Object.fromEntries(files),
    cam,
    title,
    site: subject.title,
    description: `Live picture from ${title}`,
    url: `${origin}/cams/${cam}`,
    image: `${origin}/cams/${cam}/live.jpeg`,
  };
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

/** The web app manifest: installs the page on a home screen. */
export function renderManifest(assets: AssetNames, title: string): string {
  const icon = (name: string, sizes: string, type: string) => ({
    src: `/assets/${assets[name]}`,
    sizes,
    type,
  });
  return JSON.stringify({
    name: title,
    short_name: title.slice(0, 12),
    start_url: "/",
    display: "standalone",
    background_color: "#0c0e10",
    theme_color: "#0c0e10",
    icons: [
      icon("icon.svg", "any", "image/svg+xml"),
      icon("icon-180.png", "180x180", "image/png"),
      icon("icon-512.png", "512x512", "image/png"),
    ],
  });
}

/**
 * Replaces `{{name}}` in a template.
 *
 * @param values Text, escaped.
 * @param markup HTML, put in as it is.
 * @throws Where the template names a value that is not given.
 */
export function renderTemplate(
  template: string,
  values: Readonly<Record<string, string>>,
  markup: Readonly<Record<string, string>> = {},
): string {
  return template.replace(/\{\{\s*([\w.-]+)\s*\}\}/g, (_, name: string) => {
    const html = markup[name] ?? (name in values ? escapeHtml(values[name]) : undefined);
    if (html === undefined) throw new Error(`The template wants {{${name}}}, which is not given`);
    return html;
  });
}

/** Text that is safe between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
