// PUT /report: what a camera says of itself when it has no picture to send.

import type { Handler } from "hono";
import { reportSchema } from "../../../shared/wire.ts";
import type { EdgeDeps } from "../deps.ts";
import { problem } from "../problem.ts";
import { camOf, publishedCamera } from "./request.ts";

/** Keeps the report for `/status.json`: 204, or 422 where it has another shape. */
export function putReport(deps: EdgeDeps): Handler {
  return async function putReport(context) {
    const camera = publishedCamera(camOf(context), deps.hub);
    if (camera instanceof Response) return camera;
    const body = await context.req.json().catch(() => undefined);
    const parsed = reportSchema.safeParse(body);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      return problem(422, `Read the report: ${issue.path.join(".") || "body"}: ${issue.message}.`);
    }
    camera.report = parsed.data;
    return new Response(null, { status: 204 });
  };
}
