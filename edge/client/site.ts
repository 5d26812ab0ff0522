// Where the site begins, by where this script came from: a proxy may show the edge below a path of its
// own, of which the edge knows nothing.

/** With a slash at its end. */
export const SITE: string = new URL("../", import.meta.url).href;
