// An answer as bytes for a socket.

import { Buffer } from "node:buffer";

const REASONS: Readonly<Record<number, string>> = {
  101: "Switching Protocols",
  200: "OK",
  204: "No Content",
  304: "Not Modified",
};

let dateSecond = 0;
let dateText = "";

/** The date of an answer, made anew once a second. */
function dateOfNow(): string {
  const now = Date.now();
  const second = Math.floor(now / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateText = new Date(now).toUTCString();
  }
  return dateText;
}

/** A status line and headers with the empty line behind them. */
export function answerHead(
  status: number,
  headers: Iterable<readonly [string, string]>,
): string {
  let head = `HTTP/1.1 ${status} ${REASONS[status] ?? ""}\r\ndate: ${dateOfNow()}\r\n`;
  for (const [name, value] of headers) head += `${name}: ${value}\r\n`;
  return `${head}\r\n`;
}

/** Head and body of an answer that is no stream. */
export async function wholeAnswer(response: Response, last: boolean): Promise<Buffer<ArrayBuffer>> {
  const body = Buffer.from(await response.arrayBuffer());
  const headers: [string, string][] = [...response.headers];
  const lengthy = response.status !== 204 && response.status !== 304;
  if (lengthy && !response.headers.has("content-length")) {
    headers.push(["content-length", String(body.length)]);
  }
  if (last) headers.push(["connection", "close"]);
  return Buffer.concat([Buffer.from(answerHead(response.status, headers)), body]);
}
