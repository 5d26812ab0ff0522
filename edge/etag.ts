// If-None-Match, compared weakly (RFC 9110, 13.1.2). Hashing middleware would read the whole body.

/** Whether a list of entity tags names `etag`. */
export function etagMatches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header === etag) return true;
  return header.split(",").some((item) => {
    const tag = item.trim();
    return tag === "*" || tag === etag || tag === `W/${etag}`;
  });
}
