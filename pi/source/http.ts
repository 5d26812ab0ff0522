// A camera on the network that speaks HTTP: an MJPEG stream, or one picture per request. Which of
// the two it is, its first answer tells. The multipart headers fall out in the splitter.

import { shownAddress } from "../../shared/addresses.ts";
import type { Clock } from "../../shared/clock.ts";
import { chunksOf } from "../body.ts";

import { type Connect, type Connection, describeFailure } from "../uploader/connection.ts";
import { type FrameSource, SourceError } from "./source.ts";

/** What the source needs from outside. */
export interface HttpDeps {
  readonly clock: Clock;
  readonly connect: Connect;
}

/** Where pictures are. */
export interface HttpOptions {
  /** May carry `user:password@`. */
  readonly url: string;
  /** Single pictures a second; a stream comes at its own pace. */
  readonly fps: number;
}

/** Makes the source. */
export function createHttp({ clock, connect }: HttpDeps, { url, fps }: HttpOptions): FrameSource {
  const target = targetOf(url);
  return {
    name: `http ${shownAddress(url)}`,
    async run(signal, onBytes) {
      const connection = connect();
      try {
        let due = clock.monotonic();
        while (!signal.aborted) {
          const response = await get(connection, target, signal);
          await read(response, signal, onBytes);
          due = Math.max(due + 1000 / fps, clock.monotonic());
          await clock.sleep(due - clock.monotonic(), signal);
        }
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof SourceError) throw error;
        const why = describeFailure(error);
        throw new SourceError("hardware", `the camera at PERCH_INPUT cannot be reached: ${why}`);
      } finally {
        connection.close();
      }
    },
  };
}

/** Redirects that are followed. */
const MAX_MOVES = 5;

/** Asks, and follows the camera on its own host only: it must not choose whom this machine asks. */
async function get(
  connection: Connection,
  { url, headers }: ReturnType<typeof targetOf>,
  signal: AbortSignal,
): Promise<Response> {
  for (let moves = 0;; moves++) {
    const response = await connection.fetch(url, { headers, signal, redirect: "manual" });
    const { status } = response;
    const location = response.headers.get("location");
    if (status < 300 || status >= 400 || location === null) return response;
    await response.body?.cancel();
    const to = URL.parse(location, url);
    if (to?.hostname !== new URL(url).hostname || moves === MAX_MOVES) {
      throw refused(`moved to ${shownAddress(location)}: change PERCH_INPUT`);
    }
    url = to.href;
  }
}

/** Reads one picture to its end; a stream that ends has failed. */
async function read(
  response: Response,
  signal: AbortSignal,
  onBytes: (chunk: Uint8Array) => void,
): Promise<void> {
  try {
    const isStream = checkAnswer(response);
    for await (const chunk of chunksOf(response, signal)) onBytes(chunk);
    if (isStream) throw new SourceError("hardware", "the camera at PERCH_INPUT ended its stream");
  } finally {
    if (!response.bodyUsed) await response.body?.cancel();
  }
}

/** Whether a good answer is an endless stream. */
function checkAnswer(response: Response): boolean {
  const { status } = response;
  const type = response.headers.get("content-type")?.split(";")[0].trim().toLowerCase() ?? "";
  if (status === 401 && /digest/i.test(response.headers.get("www-authenticate") ?? "")) {
    throw refused("wants Digest sign-in: use PERCH_SOURCE=ffmpeg with the same PERCH_INPUT");
  }
  if (status >= 400 && status < 500) {
    throw refused(`answers ${status}: check user, password and path`);
  }
  if (status !== 200) {
    throw new SourceError("hardware", `the camera at PERCH_INPUT answers ${status}`);
  }
  if (type === "image/jpeg" || type === "image/jpg") return false;
  if (type.startsWith("multipart/") || type === "application/octet-stream") return true;
  throw refused(`answers ${type || "nothing"}, wanted multipart/x-mixed-replace or image/jpeg`);
}

function refused(what: string): SourceError {
  return new SourceError("configuration", `the camera at PERCH_INPUT ${what}`);
}

/** The address without user and password, which go into a header. */
function targetOf(text: string): { url: string; headers: Record<string, string> } {
  const url = new URL(text);
  if (!url.username) return { url: url.href, headers: {} };
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = url.password = "";
  const bytes = new TextEncoder().encode(credentials);
  return {
    url: url.href,
    headers: { authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` },
  };
}
