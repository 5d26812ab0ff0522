// The HTML of the viewer page from its template: pure text, so that it can be tested without a
// browser.

/** Which file name in `client/dist` an asset has now, by its plain name. */
export type AssetNames = Readonly<Record<string, string>>;

/** What the page is filled with. */
export interface PageValues {
  readonly cam: string;
  /** `PERCH_TITLE`. */
  readonly title: string;
  /** Scheme and host as the viewer sees them, for instance `https://cam.example`. */
  readonly origin: string;
  /** Whether a link to the page of all cameras makes sense. */
  readonly several: boolean;
}

/** The page of one camera. */
export function renderPage(template: string, assets: AssetNames, values: PageValues): string {
  const { cam, origin } = values;
  const title = cam === "cam" ? values.title : `${cam} · ${values.title}`;
  return fill(template, {
    ...Object.fromEntries(
      Object.entries(assets).map(([name, file]) => [name, `/assets/${file}`]),
    ),
    cam,
    title,
    description: `Live picture from ${title}`,
    url: `${origin}/cams/${cam}`,
    image: `${origin}/cams/${cam}/live.jpeg`,
  }, { nav: values.several ? `<a href="/cams">All cameras</a>` : "" });
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
export function fill(
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
