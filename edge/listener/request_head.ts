// The head of an HTTP/1.1 request, read only where there is no doubt about it. Whatever is unusual
// is left to the platform's own server, so that two readers never disagree about one request.

import type { Buffer } from "node:buffer";

/** A request line and its headers. */
export interface RequestHead {
  readonly method: "GET" | "PUT";
  /** Path and query as sent. */
  readonly target: string;
  /** By lower-case name; each was sent once. `host` is always there. */
  readonly headers: ReadonlyMap<string, string>;
  /** Where the head ends and the body starts. */
  readonly bytes: number;
  /** Bytes of the body: 0 for GET. */
  readonly bodyBytes: number;
}

/** Longer heads are somebody else's. */
export const MAX_HEAD_BYTES = 16 * 1024;

const REQUEST_LINE = /^(GET|PUT) (\/[!-~]*) HTTP\/1\.1$/;
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~\x80-\xff]*?)[ \t]*$/;
const HOST = /^[\w.-]+(:\d{1,5})?$|^\[[0-9A-Fa-f:.]+\](:\d{1,5})?$/;

/** Headers that change what a connection or a body means. */
const UNUSUAL = ["transfer-encoding", "expect", "trailer", "te"] as const;

/**
 * Reads the head at the start of `buffer`.
 *
 * @returns "partial" where its end has not come yet.
 */
export function parseRequestHead(buffer: Buffer): RequestHead | "partial" | "unusual" {
  const end = buffer.indexOf("\r\n\r\n");
  if (end > MAX_HEAD_BYTES || (end < 0 && buffer.length > MAX_HEAD_BYTES)) return "unusual";
  if (end < 0) return "partial";
  const [first, ...lines] = buffer.toString("latin1", 0, end).split("\r\n");
  const request = REQUEST_LINE.exec(first);
  if (!request) return "unusual";
  const headers = new Map<string, string>();
  for (const line of lines) {
    const header = HEADER.exec(line);
    if (!header) return "unusual";
    const name = header[1].toLowerCase();
    if (headers.has(name)) return "unusual";
    headers.set(name, header[2]);
  }
  if (!HOST.test(headers.get("host") ?? "")) return "unusual";
  if (UNUSUAL.some((name) => headers.has(name))) return "unusual";
  const method = request[1] as RequestHead["method"];
  const length = headers.get("content-length") ?? (method === "GET" ? "0" : "");
  if (!/^\d{1,15}$/.test(length) || (method === "GET" && Number(length) > 0)) return "unusual";
  return {
    method,
    target: request[2],
    headers,
    bytes: end + 4,
    bodyBytes: Number(length),
  };
}
