// The head of an answer, as bytes for a socket.

const REASONS: Readonly<Record<number, string>> = {
  101: "Switching Protocols",
  200: "OK",
  204: "No Content",
  304: "Not Modified",
};

/** A status line and headers with the empty line behind them. */
export function answerHead(
  status: number,
  headers: Iterable<readonly [string, string]>,
): string {
  let head = `HTTP/1.1 ${status} ${REASONS[status] ?? ""}\r\ndate: ${new Date().toUTCString()}\r\n`;
  for (const [name, value] of headers) head += `${name}: ${value}\r\n`;
  return `${head}\r\n`;
}
