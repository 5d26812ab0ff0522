// The opening handshake of a WebSocket (RFC 6455, section 4.2.1).

import { createHash } from "node:crypto";

/** What a key is answered with (section 1.3). */
const KEY_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Whether a request opens a WebSocket as it should. */
export function isHandshake(header: (name: string) => string | undefined): boolean {
  const has = (name: string, token: string) =>
    (header(name) ?? "").split(",").some((one) => one.trim().toLowerCase() === token);
  return has("upgrade", "websocket") && has("connection", "upgrade") &&
    has("sec-websocket-version", "13") &&
    /^[\w+/]{22}==$/.test(header("sec-websocket-key") ?? "");
}

/** The headers that a handshake is answered with. */
export function handshakeHeaders(key: string): Readonly<Record<string, string>> {
  return {
    "upgrade": "websocket",
    "connection": "Upgrade",
    "sec-websocket-accept": createHash("sha1").update(key + KEY_SUFFIX).digest("base64"),
  };
}
