// Content-Digest (RFC 9530): checked where a camera sends it.

/**
 * What is wrong with a `Content-Digest` header for `body`; undefined where it holds, is not sent, or
 * names only algorithms that are not known here.
 */
export async function digestProblem(
  header: string | undefined,
  body: Uint8Array<ArrayBuffer>,
): Promise<string | undefined> {
  if (header === undefined) return undefined;
  const match = /(?:^|,)\s*(sha-256|sha-512)=:([A-Za-z0-9+/=]+):/.exec(header);
  if (!match) return undefined;
  const digest = await crypto.subtle.digest(match[1].toUpperCase(), body);
  const actual = new Uint8Array(digest).toBase64();
  return actual === match[2]
    ? undefined
    : `Content-Digest says ${match[1]} ${match[2]}, the body has ${actual}.`;
}
