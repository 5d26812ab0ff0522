// Who may publish: tokens as the edge holds them, compared in constant time.

import type { Context, MiddlewareHandler } from "hono";
import type { z } from "zod";
import { isCamId } from "../../../shared/frame.ts";
import type { Limits } from "../limits/limits.ts";
import { problem } from "../problem.ts";
import { addressOf, isForeign } from "../routes/request.ts";

/** A token as it was typed, or its SHA-256 where only that is known here. */
export interface Secret {
  /** UTF-8 bytes. */
  readonly token?: Uint8Array;
  /** 32 bytes. */
  readonly digest?: Uint8Array;
}

/** Who may publish. */
export interface PublishToken extends Secret {
  /** The only camera it may publish; undefined = any. */
  readonly cam?: string;
}

/** A shorter token could be guessed. */
export const MIN_TOKEN_CHARACTERS = 16;

/** More cameras than this on one edge are refused. */
export const MAX_CAMERAS = 32;

/** Those of `secrets` that `token` is. Every one is looked at, and hashing is left to those that need it. */
export async function secretsOf<T extends Secret>(
  secrets: readonly T[],
  token: string,
): Promise<T[]> {
  const bytes = new TextEncoder().encode(token);
  const digest = secrets.some((one) => one.digest) ? await sha256(bytes) : bytes;
  return secrets.filter((one) =>
    one.token ? sameBytes(bytes, one.token) : sameBytes(digest, one.digest!)
  );
}

/** The digest of a secret. */
export async function digestOf({ token, digest }: Secret): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(digest ?? await sha256(new Uint8Array(token!)));
}

/** Whether two byte strings are equal, in a time that does not depend on where they differ. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < b.length; i++) difference |= a[i] ^ b[i];
  return difference === 0;
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** Reads `PERCH_PUBLISH_TOKENS`, adding one issue to `context` for each token that is no good. */
export function parsePublishTokens(text: string, context: z.RefinementCtx): PublishToken[] {
  const items = text.split(",").map((item) => item.trim()).filter((item) => item !== "");
  const tokens: PublishToken[] = [];
  items.forEach((item, i) => {
    const token = parsePublishToken(item);
    if (typeof token === "string") {
      context.addIssue({ code: "custom", message: `${token} (token ${i + 1} of ${items.length})` });
    } else tokens.push(token);
  });
  if (items.length === 0) {
    context.addIssue({ code: "custom", message: "at least one token" });
  }
  const cams = new Set(tokens.map((token) => token.cam).filter((cam) => cam !== undefined));
  if (cams.size > MAX_CAMERAS) {
    context.addIssue({ code: "custom", message: `at most ${MAX_CAMERAS} cameras` });
  }
  return tokens;
}

/** One token, or what was wanted instead. */
function parsePublishToken(item: string): PublishToken | string {
  const hashed = /^sha256:([0-9a-f]{64})$/i;
  const bound = /^([^=]+)=(?!=*$)(.+)$/.exec(item);
  const cam = bound && isCamId(bound[1]) ? bound[1] : undefined;
  if (bound && cam === undefined) return "a camera id of a-z, 0-9 and dashes before =";
  const token = cam === undefined ? item : bound![2];
  const digest = hashed.exec(token);
  if (digest) return { cam, digest: fromHex(digest[1]) };
  if (token.startsWith("sha256:")) return "64 hexadecimal digits after sha256:";
  if (token.length < MIN_TOKEN_CHARACTERS) {
    return `tokens of at least ${MIN_TOKEN_CHARACTERS} characters`;
  }
  return { cam, token: new TextEncoder().encode(token) };
}

/** Reads `PERCH_VIEW_TOKEN`: the token or `sha256:<hex>`. */
export function parseViewToken(text: string, context: z.RefinementCtx): Secret {
  const token = parsePublishToken(text);
  if (typeof token !== "string" && token.cam === undefined) return token;
  const message = typeof token === "string" ? token : "a token without a camera id";
  context.addIssue({ code: "custom", message });
  return {};
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g)!, (pair) => parseInt(pair, 16));
}

/** Whether a credential is good for a camera. */
export type Verdict = "allowed" | "other-camera" | "unknown";

/** What a token is worth for publishing a camera; undefined = every one. */
export async function judgePublisher(
  tokens: readonly PublishToken[],
  token: string,
  cam: string | undefined,
): Promise<Verdict> {
  const known = await secretsOf(tokens, token);
  if (known.some((one) => one.cam === undefined || one.cam === cam)) return "allowed";
  return known.length > 0 ? "other-camera" : "unknown";
}

/**
 * The token of an `Authorization` header: Bearer, or the password of Basic. Browsers keep the latter
 * and send it whoever asks: for a page of another site it does not count.
 */
export function tokenOf(context: Context, trustedProxies: number): string | undefined {
  const match = /^(Bearer|Basic) +(\S+) *$/i.exec(context.req.header("authorization") ?? "");
  if (!match) return undefined;
  if (match[1].toLowerCase() === "bearer") return match[2];
  if (isForeign(context, trustedProxies)) return undefined;
  try {
    const pair = new TextDecoder().decode(
      Uint8Array.from(atob(match[2]), (char) => char.charCodeAt(0)),
    );
    return pair.includes(":") ? pair.slice(pair.indexOf(":") + 1) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The answer to a wrong credential: `answer`, usually 401, or 429 where its address has sent too many
 * of them. Never asked of a right one: who guesses must not lock out who shares the address, and no
 * token is so short that slowing guesses would count.
 */
export function wrongCredential(
  context: Context,
  limits: Limits,
  answer: () => Response,
): Response {
  const address = addressOf(context, limits);
  const retryAfter = limits.credentialWait(address);
  if (retryAfter > 0) return tooManyWrong(retryAfter);
  limits.wrongCredential(address);
  return answer();
}

function tooManyWrong(retryAfter: number): Response {
  return problem(429, "Sign in: too many wrong credentials from this address.", { retryAfter });
}

/** Counts a request of a camera: 429 where there are too many a second. */
export function tooManyRequests(cam: string, limits: Limits): Response | undefined {
  const retryAfter = limits.upload(cam);
  if (retryAfter === 0) return undefined;
  return problem(429, `Camera ${cam} sends too many requests a second.`, { retryAfter });
}

/**
 * Lets only holders of a publish token for the camera named by `camOf` through, and of these only so
 * many requests a second.
 */
export function publisherOnly(
  tokens: readonly PublishToken[],
  camOf: (context: Context) => string,
  limits: Limits,
  trustedProxies: number,
): MiddlewareHandler {
  return async function publisherOnly(context, next) {
    const token = tokenOf(context, trustedProxies);
    const headers = { "www-authenticate": 'Bearer realm="perch publish"' };
    if (token === undefined) {
      return problem(401, "Send a publish token as Authorization: Bearer <token>.", { headers });
    }
    const cam = camOf(context);
    const verdict = await judgePublisher(tokens, token, cam);
    if (verdict === "unknown") {
      return wrongCredential(
        context,
        limits,
        () =>
          problem(401, "The publish token is none of those the edge knows.", {
            headers: { "www-authenticate": 'Bearer realm="perch publish", error="invalid_token"' },
          }),
      );
    }
    if (verdict === "other-camera") {
      return problem(403, `The publish token is bound to another camera than ${cam}.`);
    }
    const tooMany = tooManyRequests(cam, limits);
    if (tooMany) return tooMany;
    await next();
  };
}
