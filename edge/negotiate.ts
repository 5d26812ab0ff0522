// Page or stream at `/`: an <img> and a player get the stream, everybody else the page. A bare
// `*/*` (curl, uptime probes) gets the page, never an answer without an end.

const PLAYERS = /\b(VLC|LibVLC|Lavf|GStreamer|mpv)\b|^souphttpsrc/i;

/** Whether a request for `/` wants the MJPEG stream. */
export function wantsStream(accept: string | undefined, userAgent: string | undefined): boolean {
  const types = (accept ?? "").toLowerCase();
  if (types.includes("text/html")) return false;
  if (/\b(image|video)\/|multipart\/x-mixed-replace/.test(types)) return true;
  return PLAYERS.test(userAgent ?? "");
}
