// Multipart text. The next part's head is sent right behind each frame: Chromium paints a part only
// once the next one's head has arrived (Chromium issue 527446), and a boundary alone does not do.

/** Content type of a stream whose parts are divided by `boundary`. */
export function mjpegContentType(boundary: string): string {
  return `multipart/x-mixed-replace; boundary=${boundary}`;
}

/** Headers of a stream's answer. */
export function streamHeaders(boundary: string): Readonly<Record<string, string>> {
  return {
    "content-type": mjpegContentType(boundary),
    "cache-control": "no-store",
    // nginx would otherwise collect frames before it passes them on.
    "x-accel-buffering": "no",
  };
}

/** A boundary that no JPEG contains by chance: 128 random bits. */
export function randomBoundary(random: () => number): string {
  let hex = "";
  for (let i = 0; i < 8; i++) {
    hex += Math.floor(random() * 0x10000).toString(16).padStart(4, "0");
  }
  return `perch-${hex}`;
}

/** What opens a stream: the first boundary and the head of the first part. */
export function streamOpening(boundary: string): string {
  return `--${boundary}\r\n${PART_HEAD}`;
}

/** What follows each frame: the boundary and the head of the part to come, without a length. */
export function partTail(boundary: string): string {
  return `\r\n--${boundary}\r\n${PART_HEAD}`;
}

/** Head of one part in the classic framing, for readers that insist on a length. */
export function partHeadWithLength(boundary: string, size: number): string {
  return `--${boundary}\r\nContent-Type: image/jpeg\r\nContent-Length: ${size}\r\n\r\n`;
}

const PART_HEAD = "Content-Type: image/jpeg\r\n\r\n";
