// GET /openapi.json: the interface described.

import type { Handler } from "hono";
import type { EdgeDeps } from "../deps.ts";

/** The OpenAPI description, made when somebody first asks: a start has more urgent things to load. */
export function getOpenapi({ config }: EdgeDeps): Handler {
  let text: string | undefined;
  return async (context) => {
    const { openapiDocument } = await import("../openapi/document.ts");
    text ??= JSON.stringify(openapiDocument(config.title, config.legacyUpload));
    return context.body(text, 200, {
      "content-type": "application/json",
      "cache-control": "public, max-age=300",
    });
  };
}
