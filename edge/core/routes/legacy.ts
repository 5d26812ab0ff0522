// The older Flask cam's interface, on with PERCH_LEGACY_UPLOAD=true: its camera script and its test
// page go on working. Off by default, because a secret in an address ends in logs.

import type { Handler } from "hono";
import { DEFAULT_CAM } from "../../../shared/frame.ts";
import { judgePublisher, tooManyRequests, wrongCredential } from "../access/publishers.ts";
import type { EdgeDeps } from "../deps.ts";
import { escapeHtml } from "../pages/page.ts";
import { problem } from "../problem.ts";
import { frameReceiver } from "./upload.ts";

/** `POST /?password=…` with the JPEG as body: an empty 200, as that cam answered, or a problem. */
export function postLegacy(deps: EdgeDeps): Handler {
  const receive = frameReceiver(deps);
  const refused = deps.metrics.counter("perch_frames_refused_total", "Uploads refused.");

  return async function postLegacy(context) {
    const { req } = context;
    const password = req.query("password") ?? "";
    if (await judgePublisher(deps.config.publishTokens, password, DEFAULT_CAM) !== "allowed") {
      refused.value++;
      // That cam's answer to a wrong password; its script knows no other.
      return wrongCredential(
        context,
        deps.limits,
        () => problem(400, "The password is no publish token for this camera."),
      );
    }
    const tooMany = tooManyRequests(DEFAULT_CAM, deps.limits);
    if (tooMany) return tooMany;
    const frame = await receive(context, DEFAULT_CAM, {
      capturedAt: undefined,
      seq: undefined,
      last: undefined,
    });
    if (!(frame instanceof Response)) return new Response(null, { status: 200 });
    refused.value++;
    return frame;
  };
}

/** Ms between two pictures of the test page. */
const POLL_MS = 150;

/** Loads `/live.jpeg?<ms>` again and again; a slow line is never asked twice at once. */
const SCRIPT = `
const live = document.querySelector("img");
const again = () => setTimeout(() => live.src = "/live.jpeg?" + Date.now(), ${POLL_MS});
live.onload = live.onerror = again;
again();
`;

async function policy(): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(SCRIPT));
  return "default-src 'none'; img-src 'self'; base-uri 'none'; style-src 'unsafe-inline'; " +
    `script-src 'sha256-${new Uint8Array(hash).toBase64()}'`;
}

/** `GET /test`: a picture that is polled, for what is too old for the page. */
export function getTestPage(deps: EdgeDeps): Handler {
  const title = escapeHtml(deps.config.title);
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>body { margin: 0; background: #000 } img { width: 100%; height: 100vh; object-fit: contain }</style>
</head>
<body><img src="/live.jpeg" alt="Live picture"><script>${SCRIPT}</script></body>
</html>
`;
  return async (context) => context.html(html, 200, { "content-security-policy": await policy() });
}
