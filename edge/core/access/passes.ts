// What a browser shows to see a private cam: a JSON Web Token that the edge signed. Nothing is
// stored: the signature says it all, and another key makes every pass of its kind worthless.

import { sign, verify } from "hono/jwt";
import { sha256 } from "hono/utils/crypto";
import type { Pass } from "../limits/viewer_gate.ts";
import { type Secret, secretsOf } from "./publishers.ts";

/** How long somebody stays signed in, ms. */
export const SIGNED_IN_MS = 30 * 24 * 3_600_000;

/** The longest that a share link may live, hours. */
export const MAX_SHARE_HOURS = 24 * 365;

/** Who typed the view token, until when. */
export interface SignIn extends Pass {
  readonly key: string;
}

/** A link to one camera that ends by itself. */
export interface Share extends Pass {
  readonly cam: string;
}

/** Who opens a private cam: the view token, and passes that are signed with it. */
export class Passes {
  readonly #viewToken: Secret;
  readonly #signInKey: Promise<string>;
  readonly #shareKey: Promise<string>;

  /**
   * @param viewToken Another one signs everybody out.
   * @param shareKey `PERCH_SHARE_KEY`: another one ends every share link.
   */
  constructor(viewToken: Secret, shareKey = "") {
    this.#viewToken = viewToken;
    this.#signInKey = derive(viewToken, "sign-in");
    this.#shareKey = derive(viewToken, `share ${shareKey}`);
  }

  /** Whether `token` opens all cameras. */
  async isViewToken(token: string): Promise<boolean> {
    return (await secretsOf([this.#viewToken], token)).length > 0;
  }

  /** A pass for who knows the view token. */
  async signIn(now: number): Promise<string> {
    // Named, so that signing out ends only what was opened with this one.
    const claims = { key: crypto.randomUUID(), exp: (now + SIGNED_IN_MS) / 1000 };
    return await sign(claims, await this.#signInKey);
  }

  /** What `signIn` made, while it still holds. */
  async signedIn(token: string | undefined, now: number): Promise<SignIn | undefined> {
    return await open<SignIn>(await this.#signInKey, token, now);
  }

  /** A pass for one camera. */
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
