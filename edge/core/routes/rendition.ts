// `?w=`: a smaller picture, on every road that has pictures.

import type { Context } from "hono";
import { WIDTHS } from "../../../shared/widths.ts";
import { ImagingUnavailable, type Picture } from "../platform.ts";
import { type Renditions, RenditionsBusy, type Source } from "../pictures/renditions.ts";
import { problemException } from "../problem.ts";

/**
 * The width a request asks for; undefined for the camera's own.
 *
 * @throws 422 where it is none of those that are made.
 */
export function readWidth(context: Context): number | undefined {
  const text = context.req.query("w");
  if (text === undefined) return undefined;
  const width = WIDTHS.find((one) => String(one) === text);
  if (width !== undefined) return width;
  const got = JSON.stringify(text.slice(0, 40));
  throw problemException(422, `Read w: got ${got}, wanted one of ${WIDTHS.join(", ")}.`);
}

/** As `readWidth`. @throws 501 where this machine cannot make smaller pictures. */
export async function widthQuery(
  context: Context,
  renditions: Renditions,
): Promise<number | undefined> {
  const width = readWidth(context);
  if (width !== undefined) await renditions.ready().catch(refused);
  return width;
}

/**
 * The picture at the width asked for; itself where none is.
 *
 * @throws 503 where too many are being made.
 */
export async function rendition(
  renditions: Renditions,
  source: Source,
  width: number | undefined,
): Promise<Picture> {
  return width === undefined ? source : await renditions.get(source, width).catch(refused);
}

function refused(cause: unknown): never {
  if (cause instanceof ImagingUnavailable) {
    throw problemException(501, "This edge cannot make smaller pictures: ask without w.");
  }
  if (cause instanceof RenditionsBusy) {
    throw problemException(503, "Too many pictures are being made: ask again, or without w.", {
      retryAfter: 1,
    });
  }
  throw cause;
}
