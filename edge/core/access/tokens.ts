// Tokens as the edge holds them: SHA-256 digests only, compared in constant time.

import type { z } from "zod";
import { isCamId } from "../../../shared/frame.ts";

/** Who may publish: a token's digest, and the one camera it is bound to, if any. */
export interface PublishToken {
  /** The only camera it may publish; undefined = any. */
  readonly cam?: string;
  /** SHA-256 of the token, 32 bytes. */
  readonly digest: Uint8Array;
}

/** A shorter token could be guessed. */
export const MIN_TOKEN_CHARACTERS = 16;

/** More cameras than this on one edge are refused. */
export const MAX_CAMERAS = 32;

/** A token as it was typed, or its SHA-256, before all are held as digests. */
export interface TypedToken {
  readonly cam?: string;
  readonly token?: string;
  readonly digest?: Uint8Array;
}

/** SHA-256 of a token's UTF-8 bytes. */
export async function digestToken(token: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token)));
}

/** Whether two byte strings are equal, in a time that does not depend on where they differ. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < b.length; i++) difference |= a[i] ^ b[i];
  return difference === 0;
}

/** The digest of a typed token. */
export async function digestOf({ token, digest }: TypedToken): Promise<Uint8Array> {
  return digest ?? await digestToken(token!);
}

/** Reads `PERCH_PUBLISH_TOKENS`, adding one issue to `context` for each token that is no good. */
export function parsePublishTokens(text: string, context: z.RefinementCtx): TypedToken[] {
  const items = text.split(",").map((item) => item.trim()).filter((item) => item !== "");
  const tokens: TypedToken[] = [];
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
function parsePublishToken(item: string): TypedToken | string {
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
  return { cam, token };
}

/** Reads `PERCH_VIEW_TOKEN`: the token or `sha256:<hex>`. */
export function parseViewToken(text: string, context: z.RefinementCtx): TypedToken {
  const token = parsePublishToken(text);
  if (typeof token !== "string" && token.cam === undefined) return token;
  const message = typeof token === "string" ? token : "a token without a camera id";
  context.addIssue({ code: "custom", message });
  return {};
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g)!, (pair) => parseInt(pair, 16));
}
