// Content-Digest (RFC 9530): checked where a camera sends it.

import { createHash } from "node:crypto";

/**
 * What is wrong with a `Content-Digest` header for `body`; undefined where it holds, is not sent, or
 * names only algorithms that are not known here.
 */
export function digestProblem(header: string | undefined, body: Uint8Array): string | undefined {
  if (header === undefined) return undefined;
  const match = /(?:^|,)\s*(sha-256|sha-512)=:([A-Za-z0-9+/=]+):/.exec(header);
  if (!match) return undefined;
  const actual = createHash(match[1].replace("-", "")).update(body).digest("base64");
  return actual === match[2]
    ? undefined
    : `Content-Digest says ${match[1]} ${match[2]}, the body has ${actual}.`;
}
