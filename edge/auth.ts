// Who may publish and who may watch.

import type { Context, MiddlewareHandler } from "hono";
import type { Limits } from "./limits/limits.ts";
import { problem } from "./problem.ts";
import { addressOf } from "./routes/poller.ts";
import { digestToken, type PublishToken, sameDigest } from "./tokens.ts";

/** Whether a credential is good for a camera. */
export type Verdict = "allowed" | "other-camera" | "unknown";

/** Compares a token with every publish token, without an early exit. */
export function judgePublisher(
  tokens: readonly PublishToken[],
  token: string,
  cam: string | undefined,
): Verdict {
  const digest = digestToken(token);
  let verdict: Verdict = "unknown";
  for (const known of tokens) {
    if (!sameDigest(known.digest, digest)) continue;
    if (known.cam === undefined || known.cam === cam) verdict = "allowed";
    else if (verdict === "unknown") verdict = "other-camera";
  }
  return verdict;
}

/** The token of an `Authorization` header: Bearer, or the password of Basic. */
export function tokenOf(authorization: string | undefined): string | undefined {
  const match = /^(Bearer|Basic) +(\S+) *$/i.exec(authorization ?? "");
  if (!match) return undefined;
  if (match[1].toLowerCase() === "bearer") return match[2];
  try {
    const pair = new TextDecoder().decode(
      Uint8Array.from(atob(match[2]), (char) => char.charCodeAt(0)),
    );
    return pair.includes(":") ? pair.slice(pair.indexOf(":") + 1) : undefined;
  } catch {
    return undefined;
  }
}

/** The answer to a wrong credential: `answer`, usually 401, or 429 where its address has sent too many of them. */
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
): MiddlewareHandler {
  return async function publisherOnly(context, next) {
    const token = tokenOf(context.req.header("authorization"));
    const headers = { "www-authenticate": 'Bearer realm="perch publish"' };
    if (token === undefined) {
      return problem(401, "Send a publish token as Authorization: Bearer <token>.", { headers });
    }
    const cam = camOf(context);
    const verdict = judgePublisher(tokens, token, cam);
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

/**
 * Lets only viewers with the view token through; a publish token is good for watching too, if it is
 * good for each of the cameras asked for.
 *
 * @param camsOf The cameras a request is about; [undefined] = all of them.
 */
export function viewerOnly(
  viewToken: Uint8Array | undefined,
  tokens: readonly PublishToken[],
  camsOf: (context: Context) => readonly (string | undefined)[],
  limits: Limits,
): MiddlewareHandler {
  const needed = () =>
    problem(401, "This cam is private: sign in, or send the view token.", {
      headers: { "www-authenticate": 'Basic realm="perch", charset="UTF-8"' },
    });
  return async function viewerOnly(context, next) {
    if (viewToken === undefined) return await next();
    const token = tokenOf(context.req.header("authorization"));
    if (token === undefined) return needed();
    const publishes = (cam: string | undefined) => judgePublisher(tokens, token, cam) === "allowed";
    if (camsOf(context).every(publishes)) return await next();
    // The right view token does not help an address that is guessing, or guessing would pay.
    const retryAfter = limits.credentialWait(addressOf(context, limits));
    if (retryAfter > 0) return tooManyWrong(retryAfter);
    if (sameDigest(digestToken(token), viewToken)) return await next();
    return wrongCredential(context, limits, needed);
  };
}
