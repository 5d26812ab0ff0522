// Who may watch.

import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { Clock } from "../../../shared/clock.ts";
import type { Limits } from "../limits/limits.ts";
import type { Pass } from "../limits/viewer_gate.ts";
import { isForeign, originOf, urlOf } from "../routes/request.ts";
import type { Passes } from "./passes.ts";
import { problem } from "../problem.ts";
import {
  judgePublisher,
  MAX_CAMERAS,
  type PublishToken,
  type Secret,
  secretsOf,
  tokenOf,
  wrongCredential,
} from "./publishers.ts";

/** What the rule about viewers goes by. */
export interface ViewerRule {
  /** Undefined = public cams. */
  readonly viewToken?: Secret;
  /** Signs and checks what browsers show; there is one where there is a view token. */
  readonly passes?: Passes;
  readonly publishTokens: readonly PublishToken[];
  readonly limits: Limits;
  readonly clock: Clock;
  /** Reverse proxies whose word is believed. */
  readonly trustedProxies: number;
}

/** The cookie of who signed in. */
export const SIGN_IN_COOKIE = "perch_view";

/** The cookie of who opened a share link. */
function shareCookie(cam: string): string {
  return `perch_share_${cam}`;
}

/**
 * Lets only viewers of a private cam through: by the view token, by the cookie of who signed in, by
 * share links, or by a publish token that is good for each of the cameras asked for. Of a page of
 * another site only what it says itself counts: a link, or a token as Bearer.
 *
 * @param camsOf The cameras a request is about; [undefined] = all of them.
 */
export function viewerOnly(
  rule: ViewerRule,
  camsOf: (context: Context) => readonly (string | undefined)[],
): MiddlewareHandler {
  const { viewToken, passes, publishTokens, limits, clock, trustedProxies } = rule;
  return async function viewerOnly(context, next) {
    if (!viewToken || !passes) return await next();
    // Each once: a request may name one a thousand times.
    const cams = [...new Set(camsOf(context))];
    const foreign = isForeign(context, trustedProxies);
    const cookie = (name: string) => foreign ? undefined : getCookie(context, name);
    const signedIn = cookie(SIGN_IN_COOKIE);
    const until = await passes.signedInUntil(signedIn, clock.now());
    if (until !== undefined) {
      context.set(OWNER, true);
      context.set(PASS, { key: signedIn, until });
      return await next();
    }
    const links = (context.req.queries("share") ?? []).slice(0, MAX_CAMERAS);
    const opened = await openedLink(context, rule, passes, links[0], cams);
    if (opened) return opened;
    const shared = async (cam: string | undefined) => {
      if (cam === undefined) return false;
      // A link begins with the id of its camera, so each is checked once.
      const own = links.filter((link) => link.startsWith(`${cam}.`));
      for (const key of [...own, cookie(shareCookie(cam))]) {
        const share = await passes.shared(key, clock.now());
        if (share?.cam !== cam) continue;
        // Of several the one that ends first: a stream of them all ends with it.
        const known = passOf(context);
        if (!known || share.until < known.until) context.set(PASS, { key, until: share.until });
        return true;
      }
      return false;
    };
    if (await every(cams, shared)) return await next();
    context.set(PASS, undefined);
    const token = tokenOf(context, trustedProxies);
    if (token === undefined) return askViewer(context, links.length > 0);
    const publishes = async (cam: string | undefined) =>
      await judgePublisher(publishTokens, token, cam) === "allowed";
    if (await every(cams, publishes)) return await next();
    if ((await secretsOf([viewToken], token)).length > 0) {
      context.set(OWNER, true);
      return await next();
    }
    return wrongCredential(context, limits, () => askViewer(context, false));
  };
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

/** Whether `holds` for each, asked one after another up to the first that it does not hold for. */
async function every<T>(
  items: readonly T[],
  holds: (item: T) => Promise<boolean>,
): Promise<boolean> {
  for (const item of items) {
    if (!await holds(item)) return false;
  }
  return true;
}

/** A person who opens a link gets its pass as a cookie, and an address without it. */
async function openedLink(
  context: Context,
  { clock, trustedProxies }: ViewerRule,
  passes: Passes,
  link: string | undefined,
  cams: readonly (string | undefined)[],
): Promise<Response | undefined> {
  const now = clock.now();
  const share = await passes.shared(link, now);
  const top = context.req.header("sec-fetch-dest") !== "iframe";
  if (!share || !top || !wantsPage(context) || !cams.includes(share.cam)) return undefined;
  const url = urlOf(context);
  url.searchParams.delete("share");
  setCookie(context, shareCookie(share.cam), link!, {
    httpOnly: true,
    sameSite: "Lax",
    path: "/",
    secure: originOf(context, trustedProxies).startsWith("https:"),
    maxAge: Math.max(1, Math.floor((share.until - now) / 1000)),
  });
  return context.redirect(url.pathname + url.search, 303);
}

/** People are led to the sign-in page; programs are asked for a password. */
function askViewer(context: Context, expired: boolean): Response {
  if (wantsPage(context)) {
    const { pathname, searchParams } = urlOf(context);
    searchParams.delete("share");
    const query = new URLSearchParams({ next: pathname, ...(expired ? { expired: "" } : {}) });
    return context.redirect(`/sign-in?${query}`, 303);
  }
  // Asked for a password, a browser would cover the page with a box of its own for each request.
  const byPage = ["empty", "image"].includes(context.req.header("sec-fetch-dest") ?? "") &&
    context.req.header("sec-fetch-site") === "same-origin";
  const challenge = byPage ? 'Bearer realm="perch"' : 'Basic realm="perch", charset="UTF-8"';
  return problem(401, "This cam is private: sign in, or send the view token.", {
    headers: { "www-authenticate": challenge },
  });
}

function wantsPage({ req }: Context): boolean {
  return req.method === "GET" && (req.header("accept") ?? "").includes("text/html");
}
