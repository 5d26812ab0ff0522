// Where the site begins, and the page's address, which names the moment that is shown, so that it can be
// copied, kept and opened again.

/**
 * With a slash at its end. By where this script came from: a proxy may show the edge below a path of its
 * own, of which the edge knows nothing.
 */
export const SITE: string = new URL("../", import.meta.url).href;

/** Ms for which a picture is looked at before the address names it: browsers count these changes. */
const RESTS_MS = 500;

/** Nothing yet: the pass of a share link is in the address, which the browser keeps as a cookie. */
let named: number | undefined | "nothing" = "nothing";
let timer: ReturnType<typeof setTimeout> | undefined;

/** @param version Of the picture of the past that is looked at; undefined for the live one. */
export function nameMoment(version: number | undefined): void {
  if (version === named) return;
  clearTimeout(timer);
  timer = setTimeout(() => {
    const url = new URL(location.href);
    url.searchParams.delete("share");
    url.searchParams.delete("at");
    if (version !== undefined) url.searchParams.set("at", String(version));
    if (url.href !== location.href) history.replaceState(null, "", url);
  }, named === "nothing" ? 0 : RESTS_MS);
  named = version;
}
