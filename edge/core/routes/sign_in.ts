// GET and POST /sign-in: people of a private cam type the view token once; the browser then keeps a
// signed cookie. POST /sign-out forgets it. POST /share makes a link to one camera that ends.

import type { Context, Handler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { isCamId } from "../../../shared/frame.ts";
import { SIGN_IN_COOKIE } from "../access/viewers.ts";
import type { Clock } from "../../../shared/clock.ts";
import type { Limits } from "../limits/limits.ts";
import { addressOf, isForeign, originOf } from "./request.ts";
import { MAX_SHARE_HOURS, type Passes, SIGNED_IN_MS } from "../access/passes.ts";
import { problem } from "../problem.ts";
import { type Secret, secretsOf } from "../access/publishers.ts";
import type { ViewerPages } from "../pages/viewer.ts";

const HOUR_MS = 3_600_000;
const MAX_TOKEN_CHARACTERS = 1000;

/** What signing in needs. */
export interface SignInDeps {
  readonly viewToken: Secret;
  readonly passes: Passes;
  readonly pages: ViewerPages;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly config: SiteConfig;
}

interface SiteConfig {
  /** Reverse proxies whose word is believed. */
  readonly trustedProxies: number;
}

/** The page that asks for the token. */
export function getSignIn(pages: ViewerPages): Handler {
  return function getSignIn(context) {
    const expired = context.req.query("expired") !== undefined;
    const note = expired ? "This link has ended. Ask for a new one, or sign in." : "";
    return pages.signIn(context, localPath(context.req.query("next")), note);
  };
}

/** Takes the token, and sends the browser on to where it wanted to go. */
export function postSignIn(deps: SignInDeps): Handler {
  const { viewToken, passes, pages, limits, clock, config } = deps;
  return async function postSignIn(context) {
    const form = await context.req.parseBody().catch(() => undefined);
    if (!form) {
      return problem(400, "Read the form: wanted token and next, as a browser sends them.");
    }
    const next = localPath(String(form.next ?? ""));
    const address = addressOf(context, limits);
    const token = String(form.token ?? "").trim().slice(0, MAX_TOKEN_CHARACTERS);
    if ((await secretsOf([viewToken], token)).length === 0) {
      const wait = limits.credentialWait(address);
      if (wait > 0) return pages.signIn(context, next, `Too many tries. Wait ${wait} s.`, 429);
      limits.wrongCredential(address);
      return pages.signIn(context, next, "That is not the token.", 401);
    }
    setCookie(context, SIGN_IN_COOKIE, await passes.signIn(clock.now()), {
      ...cookieOptions(context, config),
      maxAge: SIGNED_IN_MS / 1000,
    });
    return context.redirect(next, 303);
  };
}

/** Forgets the cookie, and ends what it opened here and still runs. */
export function postSignOut({ config, limits }: Pick<SignInDeps, "config" | "limits">): Handler {
  return function postSignOut(context) {
    if (isForeign(context, config.trustedProxies)) {
      return problem(403, "Sign out: a page of another site asked, wanted one of this.");
    }
    limits.endPass(getCookie(context, SIGN_IN_COOKIE) ?? "");
    setCookie(context, SIGN_IN_COOKIE, "", { ...cookieOptions(context, config), maxAge: 0 });
    return context.redirect("/sign-in", 303);
  };
}

/** Makes a link from `{cam, hours}`: who has it sees that camera until it ends, and makes no others. */
export function postShare(deps: Pick<SignInDeps, "passes" | "clock" | "config">): Handler {
  const { passes, clock, config } = deps;
  return async function postShare(context) {
    const wish = await context.req.json().catch(() => ({}));
    const { cam, hours } = wish ?? {};
    if (typeof cam !== "string" || !isCamId(cam)) {
      return problem(422, "Make a link: wanted a camera id as cam.");
    }
    if (typeof hours !== "number" || !(hours > 0 && hours <= MAX_SHARE_HOURS)) {
      return problem(422, `Make a link: wanted hours from 0 to ${MAX_SHARE_HOURS}.`);
    }
    const until = Math.round(clock.now() + hours * HOUR_MS);
    const origin = originOf(context, config.trustedProxies);
    const url = `${origin}/cams/${cam}?share=${await passes.share({ cam, until })}`;
    return context.json({ url, until }, 200, { "cache-control": "no-store" });
  };
}

/**
 * Only this site's own pages are gone to: an open redirect would lend its name to others. Only what
 * may stand in a header, too: Deno 2.9.6 panics at a control character there.
 */
export function localPath(path: string | undefined): string {
  return path && /^\/(?!\/)[!-[\]-~]*$/.test(path) ? path : "/";
}

function cookieOptions(context: Context, { trustedProxies }: SiteConfig): {
  httpOnly: true;
  sameSite: "Lax";
  path: "/";
  secure: boolean;
} {
  const secure = originOf(context, trustedProxies).startsWith("https:");
  return { httpOnly: true, sameSite: "Lax", path: "/", secure };
}
