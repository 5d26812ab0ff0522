// How a camera on the network is told user and password: Digest (RFC 7616) where it asks for that,
// else Basic. Own code, because the small packages there are know no SHA-256, nothing of challenges
// without `qop`, or no password with a colon.

import { createHash, randomBytes } from "node:crypto";

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** Makes the `Authorization` for one GET. */
export type SignIn = (url: string) => string;

/** Algorithms by their names in a challenge, best first; node:crypto has MD5, Web Crypto has not. */
const HASHES: readonly (readonly [name: string, hash: string])[] = [
  ["SHA-512-256", "sha512-256"],
  ["SHA-256", "sha256"],
  ["MD5", "md5"],
];

/** One way to sign in: its scheme, then what it comes with, by names in lower case. */
type Challenge = ReadonlyMap<string, string>;

/**
 * The safest way to sign in that a camera offers.
 *
 * @param challenges Its `WWW-Authenticate`; null where it sent none, which Basic may help.
 * @param cnonce Words of this side, which keep a listener from using the answer again.
 * @returns Undefined where it offers none that is known here.
 */
export function signInFor(
  who: Credentials,
  challenges: string | null,
  cnonce: string = randomBytes(16).toString("hex"),
): SignIn | undefined {
  const offered = challengesOf(challenges ?? "Basic");
  for (const [name, hash] of HASHES) {
    const digest = offered.find((one) => isDigest(one, name));
    if (digest) return digestSignIn(who, digest, hash, cnonce);
  }
  if (!offered.some((one) => one.get("scheme") === "basic")) return undefined;
  return () => `Basic ${btoa(bytesOf(`${who.user}:${who.password}`))}`;
}

function isDigest(challenge: Challenge, algorithm: string): boolean {
  const named = (challenge.get("algorithm") ?? "MD5").replace(/-sess$/i, "");
  return challenge.get("scheme") === "digest" && named.toUpperCase() === algorithm &&
    qopOf(challenge) !== undefined;
}

/** What the answer is to protect; empty where the camera names nothing, undefined for what is not known. */
function qopOf(challenge: Challenge): "auth" | "auth-int" | "" | undefined {
  const offered = (challenge.get("qop") ?? "").toLowerCase().split(",").map((one) => one.trim());
  return (["auth", "auth-int", ""] as const).find((one) => offered.includes(one));
}

function digestSignIn(
  who: Credentials,
  challenge: Challenge,
  hash: string,
  cnonce: string,
): SignIn {
  const hashOf = (...parts: string[]) =>
    createHash(hash).update(parts.join(":"), "latin1").digest("hex");
  const [realm = "", nonce = "", algorithm, opaque] = ["realm", "nonce", "algorithm", "opaque"]
    .map((name) => challenge.get(name));
  const [user, password] = [bytesOf(who.user), bytesOf(who.password)];
  const plain = hashOf(user, realm.replace(/\\(.)/g, "$1"), password);
  const secret = /-sess$/i.test(algorithm ?? "") ? hashOf(plain, nonce, cnonce) : plain;
  const qop = qopOf(challenge);
  let count = 0;
  return (url) => {
    const { pathname, search } = new URL(url);
    const uri = pathname + search;
    // What is asked has no body.
    const asked = hashOf("GET", uri, ...(qop === "auth-int" ? [hashOf("")] : []));
    const nc = (++count).toString(16).padStart(8, "0");
    // A camera that names no `qop` knows only RFC 2069.
    const fresh = qop ? [nc, cnonce, qop] : [];
    const response = hashOf(secret, nonce, ...fresh, asked);
    return [
      `Digest username="${user.replace(/["\\]/g, "\\$&")}", realm="${realm}", nonce="${nonce}"`,
      `uri="${uri}"`,
      ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
      `response="${response}"`,
      ...(opaque === undefined ? [] : [`opaque="${opaque}"`]),
      ...(fresh.length === 0 ? [] : [`qop=${qop}, nc=${nc}, cnonce="${cnonce}"`]),
    ].join(", ");
  };
}

/** Reads `WWW-Authenticate`, in which commas part both challenges and what belongs to one. */
function challengesOf(header: string): Challenge[] {
  const challenges: Map<string, string>[] = [];
  const parts = /([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))|([\w-]+)/g;
  for (const [, name, quoted, bare, scheme] of header.matchAll(parts)) {
    if (scheme) challenges.push(new Map([["scheme", scheme.toLowerCase()]]));
    else challenges.at(-1)?.set(name.toLowerCase(), quoted ?? bare);
  }
  return challenges;
}

/** `text` as UTF-8, a character a byte, as headers carry it. */
function bytesOf(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}
