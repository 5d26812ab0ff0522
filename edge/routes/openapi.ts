// GET /openapi.json: the interface described.

import type { Handler } from "hono";
import type { EdgeDeps } from "../deps.ts";
import { openapiDocument } from "../openapi.ts";

/** The OpenAPI description, made once. */
export function getOpenapi({ config }: EdgeDeps): Handler {
  const text = JSON.stringify(openapiDocument(config.title, config.legacyUpload));
  return (context) =>
    context.body(text, 200, {
      "content-type": "application/json",
      "cache-control": "public, max-age=300",
    });
}
