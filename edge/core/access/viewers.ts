// Who may watch. What a browser shows to see a private cam is a JSON Web Token that the edge signed.
// Nothing is stored: the signature says it all, and another key makes every pass of its kind worthless.

import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { sign, verify } from "hono/jwt";
import { sha256 } from "hono/utils/crypto";
import type { EdgeDeps } from "../edge.ts";
import type { Pass } from "../limits/viewer_gate.ts";
import { isForeign, originOf, pathOf, rootOf, urlOf } from "../routes/request.ts";
import { problem } from "../problem.ts";
import { mayPublish, type Secret, secretsOf, tokenOf } from "./publishers.ts";

export const SIGN_IN_COOKIE = "perch_view";

function shareCookie(cam: string): string {
  return `perch_share_${cam}`;
}

/**
 * Lets only viewers of a private cam through: by the view token, by the cookie of who signed in, by
 * a share link, or by a publish token that is good for each of the cameras asked for; [undefined] = all.
 * Of a page of another site only what it says itself counts: a link, or a token as Bearer.
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
    // A page within another site's keeps no cookies.
    const ownPage = wantsPage(context) && context.req.header("sec-fetch-dest") !== "iframe";
    if (first && ownPage && cams.includes(first.cam)) {
      // Who opens a link keeps its pass, and the page takes it out of its address. It is no redirect to
      // one without: chats keep no cookie, and look at what the link itself answers.
      keepCookie(context, trustedProxies, shareCookie(first.cam), links[0], first.until - now);
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
    const next = searchParams.size > 0 ? `${pathname}?${searchParams}` : pathname;
    const query = new URLSearchParams({ next, ...(expired ? { expired: "" } : {}) });
    return context.redirect(`${rootOf(context)}sign-in?${query}`, 303);
  }
  // Asked for a password, a browser would cover the page with a box of its own for each request. What is
  // typed there on another site's page would not even count.
  const byPage = ["empty", "image"].includes(context.req.header("sec-fetch-dest") ?? "") &&
    context.req.header("sec-fetch-site") !== "none";
  const challenge = byPage ? 'Bearer realm="perch"' : 'Basic realm="perch", charset="UTF-8"';
  return problem(401, "This cam is private: sign in, or send the view token.", {
    headers: { "www-authenticate": challenge },
  });
}

function wantsPage({ req }: Context): boolean {
  return req.method === "GET" && (req.header("accept") ?? "").includes("text/html");
}

/** How long somebody stays signed in, ms. */
export const SIGNED_IN_MS = 30 * 24 * 3_600_000;

/** The longest that a share link may live, hours. */
export const MAX_SHARE_HOURS = 24 * 365;

export interface Share extends Pass {
  readonly cam: string;
}

/** Who opens a private cam: the view token, and passes that are signed with it. */
export class Passes {
  readonly #viewToken: readonly Secret[];
  readonly #signInKey: Promise<string>;
  readonly #shareKey: Promise<string>;

  /** Another view token signs everybody out; another `PERCH_SHARE_KEY` ends every share link. */
  constructor(viewToken: Secret, shareKey = "") {
    this.#viewToken = [viewToken];
    this.#signInKey = derive(viewToken, "sign-in");
    this.#shareKey = derive(viewToken, `share ${shareKey}`);
  }

  async isViewToken(token: string): Promise<boolean> {
    return (await secretsOf(this.#viewToken, token)).length > 0;
  }

  async signIn(now: number): Promise<string> {
    // Named, so that signing out ends only what was opened with this one.
    const claims = { key: crypto.randomUUID(), exp: (now + SIGNED_IN_MS) / 1000 };
    return await sign(claims, await this.#signInKey);
  }

  /** What `signIn` made, while it still holds. */
  async signedIn(token: string | undefined, now: number): Promise<Required<Pass> | undefined> {
    return await open<Required<Pass>>(await this.#signInKey, token, now);
  }

  async share({ cam, until }: Share): Promise<string> {
    return await sign({ cam, exp: until / 1000 }, await this.#shareKey);
  }

  /** What `share` made, while it still holds. */
  async shared(token: string | undefined, now: number): Promise<Share | undefined> {
    return await open<Share>(await this.#shareKey, token, now);
  }
}

/** The key for a purpose. A digest: a text with certain words in it Hono takes for a PEM file. */
async function derive({ digest }: Secret, purpose: string): Promise<string> {
  return (await sha256(`${await digest} ${purpose}`))!;
}

/** The claims that were signed with `key`. When they end is the edge's clock's to say, not the machine's. */
async function open<T extends Pass>(
  key: string,
  token: string | undefined,
  now: number,
): Promise<T | undefined> {
  if (token === undefined) return undefined;
  try {
    const { exp, ...claims } = await verify(token, key, { alg: "HS256", exp: false });
    const until = Math.round(Number(exp) * 1000);
    return until > now ? { ...claims, until } as T : undefined;
  } catch {
    return undefined;
  }
}
