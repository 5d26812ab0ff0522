// What a browser shows to see a private cam: a pass that the edge signed. Nothing is stored: the
// signature says it all, and another key makes every pass of its kind worthless.

import { isCamId } from "../../../shared/frame.ts";
import { digestOf, sameBytes, type Secret } from "./publishers.ts";

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
  readonly #signInKey: Promise<CryptoKey>;
  readonly #shareKey: Promise<CryptoKey>;

  /**
   * @param viewToken Another one signs everybody out.
   * @param shareKey `PERCH_SHARE_KEY`: another one ends every share link.
   */
  constructor(viewToken: Secret, shareKey = "") {
    this.#signInKey = derive(viewToken, "sign-in");
    this.#shareKey = derive(viewToken, `share ${shareKey}`);
  }

  /** A pass for who knows the view token. */
  signIn(now: number): Promise<string> {
    return seal(this.#signInKey, String(now + SIGNED_IN_MS));
  }

  /** When `pass` ends, Unix ms, where `signIn` made it and it still holds. */
  async signedInUntil(pass: string | undefined, now: number): Promise<number | undefined> {
    const until = Number(await open(this.#signInKey, pass) ?? 0);
    return until > now ? until : undefined;
  }

  /** A pass for one camera. */
  share({ cam, until }: Share): Promise<string> {
    return seal(this.#shareKey, `${cam}.${until}`);
  }

  /** What `pass` shares, while it still holds. */
  async shared(pass: string | undefined, now: number): Promise<Share | undefined> {
    const [cam, until] = (await open(this.#shareKey, pass))?.split(".") ?? [];
    return isCamId(cam ?? "") && Number(until) > now ? { cam, until: Number(until) } : undefined;
  }
}

/** The key for a purpose: HMAC of its name, under the secret. */
async function derive(secret: Secret, purpose: string): Promise<CryptoKey> {
  return await keyOf(await sign(await keyOf(await digestOf(secret)), `perch ${purpose}`));
}

function keyOf(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign"]);
}

async function sign(key: CryptoKey, text: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text)));
}

async function seal(key: Promise<CryptoKey>, text: string): Promise<string> {
  const signature = await sign(await key, text);
  return `${text}.${signature.toBase64({ alphabet: "base64url", omitPadding: true })}`;
}

/** The text of a pass whose signature is right. */
async function open(
  key: Promise<CryptoKey>,
  pass: string | undefined,
): Promise<string | undefined> {
  const cut = pass?.lastIndexOf(".") ?? -1;
  if (pass === undefined || cut < 0 || pass.length > 200) return undefined;
  const text = pass.slice(0, cut);
  const encoder = new TextEncoder();
  const wanted = encoder.encode(await seal(key, text));
  return sameBytes(encoder.encode(pass), wanted) ? text : undefined;
}
