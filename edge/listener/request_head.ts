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
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HOST = /^[\w.-]+(:\d{1,5})?$|^\[[0-9A-Fa-f:.]+\](:\d{1,5})?$/;

/** Control characters, and a line that ends with one of two only. */
const NO_TEXT = /[^\t\r\n -~\x80-\xff]|\r(?!\n)|(?<!\r)\n/;

/** Headers that change what a connection or a body means. */
const UNUSUAL = ["transfer-encoding", "expect", "trailer", "te"] as const;

/** Heads are seldom longer, bytes: what follows in the buffer is an upload's body. */
const USUAL_HEAD_BYTES = 1024;

const G = "G".charCodeAt(0);

/** Heads that are remembered: a crowd that polls sends the same one hundreds of times a frame. */
const REMEMBERED = 64;

/** Secrets are not kept, and a WebSocket's key comes only once. */
const UNIQUE = ["authorization", "sec-websocket-key"] as const;

/** Reads heads. */
export class HeadReader {
  /** By what was sent, oldest first. */
  readonly #known = new Map<string, RequestHead>();

  /**
   * Reads the head at the start of `buffer`.
   *
   * @returns "partial" where its end has not come yet.
   */
  read(buffer: Buffer): RequestHead | "partial" | "unusual" {
    let text = buffer.toString("latin1", 0, USUAL_HEAD_BYTES);
    const known = buffer[0] === G ? this.#known.get(text) : undefined;
    if (known) return known;
    let end = text.indexOf("\r\n\r\n");
    if (end < 0 && buffer.length > USUAL_HEAD_BYTES) {
      text = buffer.toString("latin1", 0, MAX_HEAD_BYTES + 4);
      end = text.indexOf("\r\n\r\n");
    }
    if (end < 0) return text.length > MAX_HEAD_BYTES ? "unusual" : "partial";
    const head = parse(text.slice(0, end));
    if (!head) return "unusual";
    const whole = buffer.length === head.bytes && buffer.length <= USUAL_HEAD_BYTES;
    if (whole && head.method === "GET" && !UNIQUE.some((name) => head.headers.has(name))) {
      this.#remember(text, head);
    }
    return head;
  }

  #remember(text: string, head: RequestHead): void {
    if (this.#known.size >= REMEMBERED) {
      const [oldest] = this.#known.keys();
      this.#known.delete(oldest);
    }
    this.#known.set(text, head);
  }
}

/** A head without the empty line behind it; undefined where there is any doubt about it. */
function parse(text: string): RequestHead | undefined {
  if (NO_TEXT.test(text)) return undefined;
  let eol = lineEnd(text, 0);
  const request = REQUEST_LINE.exec(text.slice(0, eol));
  if (!request) return undefined;
  const headers = new Map<string, string>();
  while (eol < text.length) {
    const at = eol + 2;
    eol = lineEnd(text, at);
    const colon = text.indexOf(":", at);
    const name = text.slice(at, colon).toLowerCase();
    if (colon < 0 || colon > eol || !NAME.test(name) || headers.has(name)) return undefined;
    headers.set(name, withoutSpace(text, colon + 1, eol));
  }
  if (!HOST.test(headers.get("host") ?? "")) return undefined;
  if (UNUSUAL.some((name) => headers.has(name))) return undefined;
  const method = request[1] as RequestHead["method"];
  const length = headers.get("content-length") ?? (method === "GET" ? "0" : "");
  if (!/^\d{1,15}$/.test(length)) return undefined;
  const bodyBytes = Number(length);
  if (method === "GET" && bodyBytes > 0) return undefined;
  return { method, target: request[2], headers, bytes: text.length + 4, bodyBytes };
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf("\r\n", from);
  return end < 0 ? text.length : end;
}

/** What is between `from` and `to` without spaces and tabs around it. */
function withoutSpace(text: string, from: number, to: number): string {
  const isSpace = (at: number) => text[at] === " " || text[at] === "\t";
  while (from < to && isSpace(from)) from++;
  while (to > from && isSpace(to - 1)) to--;
  return text.slice(from, to);
}
