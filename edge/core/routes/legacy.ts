// The older Flask cam's interface, on with PERCH_LEGACY_UPLOAD=true: its camera script and its test
// page go on working. Off by default, because a secret in an address ends in logs.

import type { Handler } from "hono";
import { html, raw } from "hono/html";
import { z } from "zod";
import { DEFAULT_CAM } from "../../../shared/frame.ts";
import { mayPublish, secretsOf } from "../access/publishers.ts";
import type { EdgeDeps } from "../edge.ts";
import { publishedCamera, route } from "./request.ts";
import { problem } from "../problem.ts";
import type { Uploads } from "./upload.ts";

/** `POST /?password=…` with the JPEG as body, or in a form: an empty 200, as that cam answered, or a problem. */
export function postLegacy({ config, hub, limits }: EdgeDeps, { receive }: Uploads): Handler {
  return route({
    summary: "The older Flask cam's upload, with PERCH_LEGACY_UPLOAD=true",
    query: z.object({ password: z.string().default("").describe("a publish token") }),
    body: "image/jpeg",
    answers: { 200: "taken" },
    problems: [400, 408, 413, 422, 429, 503],
  }, async (context, query) => {
    const { password } = query();
    if (!mayPublish(await secretsOf(config.publishTokens, password), DEFAULT_CAM)) {
      // That cam's answer to a wrong password; its script knows no other.
      return limits.tooManyWrong(context) ??
        problem(400, "The password is no publish token for this camera: send ?password=<token>.");
    }
    const tooMany = limits.tooManyUploads(DEFAULT_CAM);
    if (tooMany) return tooMany;
    const frame = await receive(context, publishedCamera(DEFAULT_CAM, hub), { ageMs: 0 });
    return frame instanceof Response ? frame : new Response(null, { status: 200 });
  });
}

/** Loads `live.jpeg?<ms>` again and again; a slow line is never asked twice at once. */
const SCRIPT = `
const live = document.querySelector("img");
const again = () => setTimeout(() => live.src = "live.jpeg?" + Date.now(), 150);
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
  return route({
    summary: "The older Flask cam's test page, with PERCH_LEGACY_UPLOAD=true",
    answers: { 200: ["a page", ["text/html"]] },
  }, async (context) => {
    const page = html`
      <!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8">
          <meta name="viewport" content="width=device-width">
          <title>${deps.config.title}</title>
          <style>body { margin: 0; background: #000 } img { width: 100%; height: 100vh; object-fit: contain }</style>
        </head>
        <body><img src="live.jpeg" alt="Live picture"><script>${raw(SCRIPT)}</script></body>
      </html>
    `;
    return context.html(page, 200, { "content-security-policy": await policy() });
  });
}
