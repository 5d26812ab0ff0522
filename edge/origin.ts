// Scheme and host as the viewer typed them, behind a proxy that ends TLS too.

/** The part of a request that tells. */
export interface RequestOrigin {
  readonly req: { readonly url: string; header(name: string): string | undefined };
}

/** For instance `https://cam.example`. */
export function originOf({ req }: RequestOrigin): string {
  const url = new URL(req.url);
  const forwarded = req.header("x-forwarded-proto")?.split(",")[0].trim();
  const scheme = forwarded === "https" || forwarded === "http"
    ? forwarded
    : url.protocol.slice(0, -1);
  return `${scheme}://${url.host}`;
}
