// What a browser shows to see a private cam: a pass that the edge signed. Nothing is stored: the
// signature says it all, and another key makes every pass of its kind worthless.

import type { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";
import { isCamId } from "../shared/frame.ts";

/** How long somebody stays signed in, ms. */
export const SIGNED_IN_MS = 30 * 24 * 3_600_000;

/** The longest that a share link may live, hours. */
export const MAX_SHARE_HOURS = 24 * 365;

/** A link to one camera that ends by itself. */
export interface Share {
  readonly cam: string;
  /** Unix ms. */
  readonly until: number;
}

/** Signs and checks passes. */
export class Passes {
  readonly #signInKey: Uint8Array;
  readonly #shareKey: Uint8Array;

  /**
   * @param viewToken SHA-256 of the view token: another token signs everybody out.
   * @param shareKey `PERCH_SHARE_KEY`: another one ends every share link.
   */
  constructor(viewToken: Uint8Array, shareKey = "") {
    this.#signInKey = derive(viewToken, "sign-in");
    this.#shareKey = derive(viewToken, `share ${shareKey}`);
  }

  /** A pass for who knows the view token. */
  signIn(now: number): string {
    return seal(this.#signInKey, String(now + SIGNED_IN_MS));
  }

  /** Whether `pass` was made by `signIn` and still holds. */
  isSignedIn(pass: string | undefined, now: number): boolean {
    const until = Number(open(this.#signInKey, pass) ?? 0);
    return until > now;
  }

  /** A pass for one camera. */
  share({ cam, until }: Share): string {
    return seal(this.#shareKey, `${cam}.${until}`);
  }

  /** What `pass` shares, while it still holds. */
  shared(pass: string | undefined, now: number): Share | undefined {
    const [cam, until] = open(this.#shareKey, pass)?.split(".") ?? [];
    return isCamId(cam ?? "") && Number(until) > now ? { cam, until: Number(until) } : undefined;
  }
}

function derive(secret: Uint8Array, purpose: string): Buffer {
  return createHmac("sha256", secret).update(`perch ${purpose}`).digest();
}

function sign(key: Uint8Array, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function seal(key: Uint8Array, text: string): string {
  return `${text}.${sign(key, text).toString("base64url")}`;
}

/** The text of a pass whose signature is right. */
function open(key: Uint8Array, pass: string | undefined): string | undefined {
  const cut = pass?.lastIndexOf(".") ?? -1;
  if (pass === undefined || cut < 0 || pass.length > 200) return undefined;
  const text = pass.slice(0, cut);
  const wanted = new TextEncoder().encode(seal(key, text));
  const given = new TextEncoder().encode(pass);
  return given.length === wanted.length && timingSafeEqual(given, wanted) ? text : undefined;
}
