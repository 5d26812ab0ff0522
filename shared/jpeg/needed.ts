// Which segments of a JPEG are needed to show it right: the rest is metadata.

import { isStartOfFrame, isTable, MARKER } from "./markers.ts";

/** Whether the segment at `at` is needed to show the picture right. */
export function isNeeded(bytes: Uint8Array, at: number, code: number): boolean {
  if (isTable(code) || isStartOfFrame(code) || code === MARKER.SOS) return true;
  if (code === MARKER.APP0) return startsWith(bytes, at + 4, "JFIF\0");
  if (code === MARKER.APP2) return startsWith(bytes, at + 4, "ICC_PROFILE\0");
  if (code === MARKER.APP14) return startsWith(bytes, at + 4, "Adobe");
  return false;
}

function startsWith(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}
