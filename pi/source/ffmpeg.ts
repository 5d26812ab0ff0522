// Whatever ffmpeg can open: a USB camera, an RTSP camera, a file, a drawn input.

import { shownAddress } from "../../shared/addresses.ts";
import type { Config, Picture } from "../config.ts";
import { endedByItself, runCommand } from "./command.ts";
import { type FrameSource, pacer, type SourceDeps, SourceError } from "./source.ts";

/** `input`: a device, a file, an address, or `lavfi:` and a filter graph. */
export type FfmpegOptions =
  & Picture
  & Pick<Config, "hflip" | "vflip" | "extraArgs">
  & { readonly input: string };

/** Microseconds without a byte after which a network camera counts as gone. */
const NETWORK_TIMEOUT_US = "10000000";

const HTTP = /^https?:\/\//i;

/**
 * Whether pictures come when they are taken, one by one and without a time, as in MJPEG: ffmpeg would
 * take that for 25 a second. Films in pieces (HLS, DASH) come many pictures at once.
 */
function isUntimed(input: string): boolean {
  return HTTP.test(input) && !/\.(m3u8|mpd)\b/i.test(input);
}

/** Addresses that may hold a password. Everybody on this machine can read a command line. */
const SECRET = /^(?:https?|rtsps?|rtmps?|srt):\/\//i;

/** What such an address may be of, and what it may lead to: never a file. */
const PROTOCOLS = "pipe,http,https,httpproxy,tcp,tls,udp,rtp,rtmp,rtmps,srt,crypto,data";

/** How an address is to be read: names and values of ffmpeg's options. */
function readerOptions(input: string): readonly (readonly [name: string, value: string])[] {
  if (HTTP.test(input)) return [["rw_timeout", NETWORK_TIMEOUT_US]];
  const rtsp = /^rtsps?:\/\//i.test(input);
  return rtsp ? [["rtsp_transport", "tcp"], ["timeout", NETWORK_TIMEOUT_US]] : [];
}

/** What ffmpeg reads from stdin in place of an address among its arguments; undefined for all else. */
export function playlistOf(input: string): string | undefined {
  if (!SECRET.test(input)) return undefined;
  const options = readerOptions(input).map(([name, value]) => `option ${name} ${value}\n`);
  return `ffconcat version 1.0\nfile '${input.replaceAll("'", "%27")}'\n${options.join("")}`;
}

/** What the ffmpeg of this machine and its camera turned out to know. */
export interface Known {
  /** How a USB camera gives its pictures: most compress them themselves. */
  readonly format: "mjpeg" | "yuyv422";
  /** Whether an address is read from stdin. */
  readonly playlist: boolean;
}

export function ffmpegCommand(options: FfmpegOptions, { format, playlist }: Known): string[] {
  const { input, fps, width, height, quality, hflip, vflip, extraArgs } = options;
  const isDevice = input.startsWith("/dev/");
  const size = ["-video_size", `${width}x${height}`, "-framerate", String(Math.max(1, fps))];
  const from = isDevice
    ? ["-f", "v4l2", "-input_format", format, ...size, "-i", input]
    : [...inputArgs(input, playlist), "-an"];
  // Many cameras leave out the Huffman tables, and Safari then paints nothing (go2rtc#2439).
  const made = isDevice && format === "mjpeg" && !hflip && !vflip && fps >= 1
    ? ["-c", "copy", "-bsf:v", "mjpeg2jpeg"]
    : [...filters(options), "-c:v", "mjpeg", "-q:v", String(qscale(quality))];
  const common = ["-hide_banner", "-nostdin", "-loglevel", "warning"];
  return ["ffmpeg", ...common, ...from, ...made, ...extraArgs, "-f", "mjpeg", "-"];
}

function inputArgs(input: string, playlist: boolean): string[] {
  if (input.startsWith("lavfi:")) return ["-re", "-f", "lavfi", "-i", input.slice(6)];
  if (!/^\w+:\/\//.test(input)) return ["-re", "-stream_loop", "-1", "-i", input];
  // Begun anew for a preview behind a picture, which has another size, the filters would take it.
  const untimed = ["-use_wallclock_as_timestamps", "1", "-reinit_filter", "0"];
  const clock = isUntimed(input) ? untimed : [];
  if (playlist && playlistOf(input)) {
    const list = ["-f", "concat", "-safe", "0", "-protocol_whitelist", PROTOCOLS];
    return [...clock, ...list, "-i", "pipe:0"];
  }
  const options = readerOptions(input).flatMap(([name, value]) => [`-${name}`, value]);
  return [...options, ...clock, "-i", input];
}

function filters({ input, fps, width, hflip, vflip }: FfmpegOptions): string[] {
  const flips = [...(hflip ? ["hflip"] : []), ...(vflip ? ["vflip"] : [])];
  const rest = [`scale=${width}:-2`, ...flips];
  if (!isUntimed(input)) return ["-vf", [`fps=${fps}`, ...rest].join(",")];
  // `fps` holds each picture back until the next, repeats it, and drops one that stays alone. Here
  // those that come too early are left out; what is left is numbered anew, so that none is repeated.
  const soonest = (0.8 / fps).toFixed(3);
  const select = `select='isnan(prev_selected_t)+gte(t-prev_selected_t,${soonest})'`;
  return ["-vf", [select, "setpts=N/25/TB", ...rest].join(","), "-r", "25"];
}

/** ffmpeg's quantiser scale, 2 to 31, that looks like libjpeg's `quality`. */
export function qscale(quality: number): number {
  const percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  return Math.min(31, Math.max(2, Math.round(0.18 * percent)));
}

/** Before version 5 a playlist has no options. */
const NO_PLAYLISTS = /unknown keyword 'option'/i;

const NO_MJPEG = /Cannot find a proper format|codec mjpeg|pixel format \d+/i;

/**
 * Makes the source. A USB camera that cannot compress is asked for plain pictures instead, and an
 * address that gives one picture is opened again for each.
 */
export function createFfmpeg(
  { spawn, clock }: Pick<SourceDeps, "spawn" | "clock">,
  given: FfmpegOptions,
): FrameSource {
  // ffmpeg knows no RTSP://, as some cameras' pages write it.
  const input = given.input.replace(/^[a-z]+:\/\//i, (scheme) => scheme.toLowerCase());
  const options = { ...given, input };
  let known: Known = { format: "mjpeg", playlist: true };
  const isDevice = input.startsWith("/dev/");
  return {
    name: `ffmpeg ${shownAddress(input)}`,
    neverRepeats: isDevice,
    async run(signal, onBytes) {
      try {
        await run();
      } catch (error) {
        const said = error instanceof SourceError ? error.detail.join("\n") : "";
        if (isDevice && known.format === "mjpeg" && NO_MJPEG.test(said)) {
          known = { ...known, format: "yuyv422" };
        } else if (known.playlist && NO_PLAYLISTS.test(said)) known = { ...known, playlist: false };
        else throw error;
        await run();
      }

      async function run() {
        const stdin = known.playlist ? playlistOf(input) : undefined;
        for (const next = pacer(clock); !signal.aborted;) {
          let gave = false;
          const give = (chunk: Uint8Array) => {
            gave = true;
            onBytes(chunk);
          };
          const command = ffmpegCommand(options, known);
          const stderr = await runCommand(spawn, command, signal, give, stdin);
          if (signal.aborted) return;
          if (!gave || !HTTP.test(input)) throw endedByItself("ffmpeg", stderr);
          await next(1000 / options.fps, signal);
        }
      }
    },
  };
}
