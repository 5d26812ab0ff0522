// Who may publish: tokens as the edge holds them, compared in constant time.

import type { Context, MiddlewareHandler } from "hono";
import { auth } from "hono/utils/basic-auth";
import { timingSafeEqual } from "hono/utils/buffer";
import { sha256 } from "hono/utils/crypto";
import { z } from "zod";
import { isCamId } from "../../../shared/frame.ts";
import { MAX_CAMERAS } from "../cameras/hub.ts";
import type { EdgeDeps } from "../edge.ts";
import { problem } from "../problem.ts";
import { camOf, isForeign } from "../routes/request.ts";

export interface Secret {
  /** Its SHA-256 as hex. */
  readonly digest: Promise<string>;
}

export interface PublishToken extends Secret {
  /** The only camera it may publish; undefined = any. */
  readonly cam?: string;
}

/** Ms between two lines about refused cameras. */
const TELL_MS = 60_000;

/** A shorter token could be guessed. */
export const MIN_TOKEN_CHARACTERS = 16;

/** What tokens that were sent lately are: hashing one costs as much as taking a picture. */
const found = new WeakMap<readonly Secret[], Map<string, Promise<Secret[]>>>();

/** Those of `secrets` that `token` is. */
export async function secretsOf<T extends Secret>(
  secrets: readonly T[],
  token: string | undefined,
): Promise<T[]> {
  if (token === undefined) return [];
  let known = found.get(secrets);
  if (!known) found.set(secrets, known = new Map());
  let those = known.get(token);
  if (!those) {
    if (known.size >= 2 * MAX_CAMERAS) known.clear();
    known.set(token, those = compare(secrets, token));
  }
  return await those as T[];
}

/** Every one is looked at. */
async function compare(secrets: readonly Secret[], token: string): Promise<Secret[]> {
  const digest = await digestOf(token);
  const equal = await Promise.all(
    // Both are digests already: nothing is hashed a second time.
    secrets.map(async (one) => timingSafeEqual(await one.digest, digest, String)),
  );
  return secrets.filter((_, i) => equal[i]);
}

function digestOf(token: string): Promise<string> {
  return sha256(token) as Promise<string>;
}

/** Reads `PERCH_PUBLISH_TOKENS`, adding one issue to `context` for each token that is no good. */
export function parsePublishTokens(items: string[], context: z.RefinementCtx): PublishToken[] {
  const wanted = (message: string) => context.addIssue({ code: "custom", message });
  const tokens = items.flatMap((item, i) => {
    const parsed = parseToken(item);
    const isSendable = typeof parsed === "string" || !/\s/.test(item);
    const token = isSendable ? parsed : "tokens without blanks";
    if (typeof token !== "string") return token;
    wanted(`${token} (token ${i + 1} of ${items.length})`);
    return [];
  });
  if (items.length === 0) wanted("at least one token");
  const cams = new Set(tokens.flatMap(({ cam }) => cam ?? []));
  if (cams.size > MAX_CAMERAS) wanted(`at most ${MAX_CAMERAS} cameras`);
  return tokens;
}

/** Reads `PERCH_VIEW_TOKEN`: the token or `sha256:<hex>`. */
export function parseViewToken(text: string, context: z.RefinementCtx): Secret {
  const token = parseToken(text);
  if (typeof token !== "string" && token.cam === undefined) return token;
  const message = typeof token === "string" ? token : "a token without a camera id";
  context.addIssue({ code: "custom", message });
  return z.NEVER;
}

/** One token, or what was wanted instead. */
function parseToken(item: string): PublishToken | string {
  const bound = /^([^=]+)=(?!=*$)(.+)$/.exec(item);
  const [cam, token] = bound ? bound.slice(1) : [undefined, item];
  if (cam !== undefined && !isCamId(cam)) return "a camera id of a-z, 0-9 and dashes before =";
  const hex = /^sha256:([0-9a-f]{64})$/i.exec(token)?.[1];
  if (hex) return { cam, digest: Promise.resolve(hex.toLowerCase()) };
  if (token.startsWith("sha256:")) return "64 hexadecimal digits after sha256:";
  if (token.length >= MIN_TOKEN_CHARACTERS) return { cam, digest: digestOf(token) };
  return `tokens of at least ${MIN_TOKEN_CHARACTERS} characters`;
}

/** Whether one of `tokens` is good for publishing a camera; undefined = every one. */
export function mayPublish(tokens: readonly PublishToken[], cam: string | undefined): boolean {
  return tokens.some((token) => token.cam === undefined || token.cam === cam);
}

/**
 * The token of an `Authorization` header: Bearer, or the password of Basic. Browsers keep the latter
 * and send it whoever asks: for a page of another site it does not count.
 */
export function tokenOf(context: Context, trustedProxies: number): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(context.req.header("authorization") ?? "");
  if (bearer) return bearer[1];
  const basic = auth(context.req.raw);
  return basic && !isForeign(context, trustedProxies) ? basic.password : undefined;
}

/** Lets only holders of a publish token for the camera through, and only so many requests a second. */
export function publisherOnly({ clock, config, limits, log }: EdgeDeps): MiddlewareHandler {
  let toldAt = -Infinity;
  /** Says so at most once a minute: anybody can knock. */
  const tell = (cam: string | undefined, why: string) => {
    if (clock.monotonic() - toldAt < TELL_MS) return;
    toldAt = clock.monotonic();
    log.warn(`a camera was refused: ${why}`, { cam });
  };
  return async function publisherOnly(context, next) {
    const token = tokenOf(context, config.trustedProxies);
    const realm = 'Bearer realm="perch publish"';
    if (token === undefined) {
      return problem(401, "Send a publish token as Authorization: Bearer <token>.", {
        headers: { "www-authenticate": realm },
      });
    }
    const cam = camOf(context);
    const known = await secretsOf(config.publishTokens, token);
    if (known.length === 0) {
      tell(cam, "its PERCH_TOKEN is none of PERCH_PUBLISH_TOKENS");
      return limits.tooManyWrong(context) ??
        problem(401, "The publish token is none of those the edge knows.", {
          headers: { "www-authenticate": `${realm}, error="invalid_token"` },
        });
    }
    if (!mayPublish(known, cam)) {
      tell(cam, "its PERCH_TOKEN is bound to another camera in PERCH_PUBLISH_TOKENS");
      return problem(403, `The publish token is bound to another camera than ${cam}.`);
    }
    return limits.tooManyUploads(cam) ?? await next();
  };
}
