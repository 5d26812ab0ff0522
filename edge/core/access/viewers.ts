// Who may watch.

import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { EdgeDeps } from "../edge.ts";
import type { Pass } from "../limits/viewer_gate.ts";
import { isForeign, originOf, pathOf, rootOf, urlOf } from "../routes/request.ts";
import type { Passes, Share } from "./passes.ts";
import { problem } from "../problem.ts";
import { mayPublish, secretsOf, tokenOf } from "./publishers.ts";

/** The cookie of who signed in. */
export const SIGN_IN_COOKIE = "perch_view";

/** The cookie of who opened a share link. */
function shareCookie(cam: string): string {
  return `perch_share_${cam}`;
}

/**
 * Lets only viewers of a private cam through: by the view token, by the cookie of who signed in, by
 * a share link, or by a publish token that is good for each of the cameras asked for. Of a page of
 * another site only what it says itself counts: a link, or a token as Bearer.
 *
 * @param camsOf The cameras a request is about; [undefined] = all of them.
 */
export function viewerOnly(
  { config, limits, clock }: EdgeDeps,
  passes: Passes,
  camsOf: (context: Context) => readonly (string | undefined)[],
): MiddlewareHandler {
  const { publishTokens, trustedProxies } = config;
  return async function viewerOnly(context, next) {
    const now = clock.now();
    // Each once: a request may name one a thousand times.
    const cams = [...new Set(camsOf(context))];
    const foreign = isForeign(context, trustedProxies);
    const cookie = (name: string) => foreign ? undefined : getCookie(context, name);
    const signedIn = await passes.signedIn(cookie(SIGN_IN_COOKIE), now);
    if (signedIn) {
      context.set(OWNER, true);
      context.set(PASS, signedIn);
      return await next();
    }
    const links = (context.req.queries("share") ?? []).slice(0, cams.length);
    const opened = await Promise.all(links.map((link) => passes.shared(link, now)));
    const [first] = opened;
    if (first && wantsOwnPage(context) && cams.includes(first.cam)) {
      // A person who opens a link gets its pass as a cookie, and an address without it.
      keepCookie(context, trustedProxies, shareCookie(first.cam), links[0], first.until - now);
      const url = urlOf(context);
      url.searchParams.delete("share");
      return context.redirect(rootOf(context) + url.pathname.slice(1) + url.search, 303);
    }
    const shares: Share[] = [];
    for (const cam of cams) {
      const share = opened.find((link) => link?.cam === cam) ??
        await passes.shared(cam && cookie(shareCookie(cam)), now);
      // The others would cost a look each, and change nothing.
      if (!share || share.cam !== cam) break;
      shares.push(share);
    }
    if (shares.length === cams.length) {
      // Of several the one that ends first: a stream of them all ends with it.
      context.set(PASS, shares.toSorted((one, other) => one.until - other.until)[0]);
      return await next();
    }
    const token = tokenOf(context, trustedProxies);
    if (token === undefined) return askViewer(context, links.length > 0);
    const known = await secretsOf(publishTokens, token);
    if (cams.every((cam) => mayPublish(known, cam))) return await next();
    if (await passes.isViewToken(token)) {
      context.set(OWNER, true);
      return await next();
    }
    return limits.tooManyWrong(context) ?? askViewer(context, false);
  };
}

/** Has a browser show a pass with each request from now on; none for 0 ms. */
export function keepCookie(
  context: Context,
  trustedProxies: number,
  name: string,
  pass: string,
  ms: number,
): void {
  setCookie(context, name, pass, {
    httpOnly: true,
    sameSite: "Lax",
    path: pathOf(context, trustedProxies),
    secure: originOf(context, trustedProxies).startsWith("https:"),
    maxAge: Math.ceil(ms / 1000),
  });
}

/** Whether the viewer of a private cam may make links to it. */
export function isOwner(context: Context): boolean {
  return context.get(OWNER) === true;
}

/** What let the viewer of a private cam in; undefined = something without an end. */
export function passOf(context: Context): Pass | undefined {
  return context.get(PASS);
}

/** Lets only who holds the view token through; to stand behind `viewerOnly`. */
export const ownerOnly: MiddlewareHandler = async (context, next) => {
  if (!isOwner(context)) return problem(403, "Only who holds the view token may do this.");
  await next();
};

const OWNER = "owner";
const PASS = "pass";

/** People are led to the sign-in page; programs are asked for a password. */
function askViewer(context: Context, expired: boolean): Response {
  if (wantsPage(context)) {
    const { pathname, searchParams } = urlOf(context);
    searchParams.delete("share");
    const query = new URLSearchParams({ next: pathname, ...(expired ? { expired: "" } : {}) });
    return context.redirect(`${rootOf(context)}sign-in?${query}`, 303);
  }
  // Asked for a password, a browser would cover the page with a box of its own for each request.
  const byPage = ["empty", "image"].includes(context.req.header("sec-fetch-dest") ?? "") &&
    context.req.header("sec-fetch-site") === "same-origin";
  const challenge = byPage ? 'Bearer realm="perch"' : 'Basic realm="perch", charset="UTF-8"';
  return problem(401, "This cam is private: sign in, or send the view token.", {
    headers: { "www-authenticate": challenge },
  });
}

/** A page that is not within another site's: such a one keeps no cookies. */
function wantsOwnPage(context: Context): boolean {
  return wantsPage(context) && context.req.header("sec-fetch-dest") !== "iframe";
}

function wantsPage({ req }: Context): boolean {
  return req.method === "GET" && (req.header("accept") ?? "").includes("text/html");
}
