// GET and POST /sign-in: people of a private cam type the view token once; the browser then keeps a
// signed cookie. POST /sign-out forgets it. POST /share makes a link to one camera that ends.

import type { Context, Handler } from "hono";
import { getCookie } from "hono/cookie";
import type { StatusCode } from "hono/utils/http-status";
import { z } from "zod";
import { CAM_PATTERN, DEFAULT_CAM } from "../../../shared/frame.ts";
import {
  keepCookie,
  MAX_SHARE_HOURS,
  type Passes,
  SIGN_IN_COOKIE,
  SIGNED_IN_MS,
} from "../access/viewers.ts";
import type { EdgeDeps } from "../edge.ts";
import {
  isForeign,
  NO_STORE,
  originOf,
  readJson,
  rootOf,
  route,
  siteOf,
  unixMs,
} from "./request.ts";
import { problem } from "../problem.ts";
import type { ViewerPages } from "../pages/page.ts";

const HOUR_MS = 3_600_000;
const MAX_TOKEN_CHARACTERS = 1000;
const HOURS = `wanted more than 0 and at most ${MAX_SHARE_HOURS}`;
const PAGE = ["text/html"];

const formSchema = z.object({ token: z.string().default(""), next: z.string().default("") });
const shareSchema = z.object({
  cam: z.string("wanted a camera id").regex(CAM_PATTERN, "wanted a camera id"),
  hours: z.number(HOURS).positive(HOURS).max(MAX_SHARE_HOURS, HOURS),
}).meta({ title: "Share" });
const linkSchema = z.object({ url: z.url(), until: unixMs }).meta({ title: "SharedLink" });

export function getSignIn(pages: ViewerPages): Handler {
  return route({
    summary: "The page that asks for the view token of a private cam",
    query: z.object({
      next: z.string().optional().describe("path to go on to"),
      expired: z.string().optional().describe("present: a link has ended"),
    }),
    answers: { 200: ["a page", PAGE] },
  }, (context, query) => {
    const { next, expired } = query();
    const note = expired === undefined ? "" : "This link has ended. Ask for a new one, or sign in.";
    return askToken(context, pages, localPath(next), note);
  });
}

function askToken(
  context: Context,
  pages: ViewerPages,
  next: string,
  note: string,
  status: StatusCode = 200,
): Promise<Response> {
  context.status(status);
  return pages.send(context, "sign_in.html", { cam: DEFAULT_CAM, next, note });
}

export function postSignIn(
  { limits, clock, config }: EdgeDeps,
  passes: Passes,
  pages: ViewerPages,
): Handler {
  return route({
    summary: "Give the view token once; the browser keeps a cookie",
    body: "application/x-www-form-urlencoded",
    answers: { 303: "signed in", 401: ["not the token", PAGE], 429: ["too many tries", PAGE] },
    problems: [400],
  }, async (context) => {
    const form = formSchema.safeParse(await context.req.parseBody().catch(() => undefined));
    if (!form.success) {
      return problem(400, "Read the form: wanted token and next, as a browser sends them.");
    }
    const next = localPath(form.data.next);
    const token = form.data.token.trim().slice(0, MAX_TOKEN_CHARACTERS);
    if (!await passes.isViewToken(token)) {
      const wait = limits.wrongCredentials.take(limits.address(context));
      return wait > 0
        ? askToken(context, pages, next, `Too many tries. Wait ${wait} s.`, 429)
        : askToken(context, pages, next, "That is not the token.", 401);
    }
    const pass = await passes.signIn(clock.now());
    keepCookie(context, config.trustedProxies, SIGN_IN_COOKIE, pass, SIGNED_IN_MS);
    return context.redirect(rootOf(context) + next.slice(1), 303);
  });
}

/** Forgets the cookie, and ends what it opened here and still runs. */
export function postSignOut({ limits, clock, config }: EdgeDeps, passes: Passes): Handler {
  return route({
    summary: "Forget the cookie",
    answers: { 303: "signed out" },
    problems: [403],
  }, async (context) => {
    if (isForeign(context, config.trustedProxies)) {
      const origin = JSON.stringify(context.req.header("origin"));
      const own = originOf(context, config.trustedProxies);
      return problem(403, `Sign out: a page of ${origin} asked, wanted one of ${own}.`);
    }
    const signedIn = await passes.signedIn(getCookie(context, SIGN_IN_COOKIE), clock.now());
    if (signedIn) limits.endPass(signedIn.key);
    keepCookie(context, config.trustedProxies, SIGN_IN_COOKIE, "", 0);
    return context.redirect(`${rootOf(context)}sign-in`, 303);
  });
}

/** Makes a link: who has it sees that camera until it ends, and makes no others. */
export function postShare({ clock, config }: EdgeDeps, passes: Passes): Handler {
  return route({
    summary: "Make a link to one camera that ends by itself",
    body: shareSchema,
    answers: { 200: ["the link", [linkSchema]] },
    problems: [403, 422],
  }, async (context) => {
    const { cam, hours } = await readJson(context, "wish for a link", shareSchema);
    const until = Math.round(clock.now() + hours * HOUR_MS);
    const share = await passes.share({ cam, until });
    const url = `${siteOf(context, config.trustedProxies)}cams/${cam}?share=${share}`;
    return context.json({ url, until }, 200, NO_STORE);
  });
}

/**
 * Only this site's own pages are gone to: an open redirect would lend its name to others. Only what
 * may stand in a header, too: Deno 2.9.6 panics at a control character there.
 */
export function localPath(path: string | undefined): string {
  return path && /^\/(?!\/)[!-[\]-~]*$/.test(path) ? path : "/";
}
