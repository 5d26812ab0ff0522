// A link as a QR code, for the camera of another device. A script of its own, which the page loads when
// somebody asks for it.

import { renderSVG } from "uqr";

/** The address of a picture of the code. */
export function qrCode(text: string): string {
  return `data:image/svg+xml,${encodeURIComponent(renderSVG(text, { border: 3 }))}`;
}
