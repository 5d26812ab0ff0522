// Whether a request opens a WebSocket as it should (RFC 6455, section 4.2.1).

import type { Context } from "hono";
import { problem } from "../problem.ts";

/** The problem to answer with where it does not. */
export function notSocket({ req }: Context): Response | undefined {
  const has = (name: string, token: string) =>
    (req.header(name) ?? "").split(",").some((one) => one.trim().toLowerCase() === token);
  const opens = has("upgrade", "websocket") && has("connection", "upgrade") &&
    has("sec-websocket-version", "13") &&
    /^[\w+/]{22}==$/.test(req.header("sec-websocket-key") ?? "");
  return opens ? undefined : problem(426, "This address speaks WebSocket.", {
    headers: { upgrade: "websocket", "sec-websocket-version": "13" },
  });
}
