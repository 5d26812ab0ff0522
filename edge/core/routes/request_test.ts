import assert from "node:assert/strict";
import { wantsStream } from "./request.ts";

const CASES: readonly [who: string, accept: string | undefined, agent: string, stream: boolean][] =
  [
    [
      "Chromium's address bar",
      "text/html,application/xhtml+xml,image/avif,*/*;q=0.8",
      "Mozilla/5.0",
      false,
    ],
    [
      "Chromium's <img>",
      "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
      "Mozilla/5.0",
      true,
    ],
    [
      "Firefox's <img>",
      "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
      "Mozilla/5.0",
      true,
    ],
    [
      "Safari's <img>",
      "image/webp,image/avif,video/*;q=0.8,image/png,*/*;q=0.5",
      "Mozilla/5.0",
      true,
    ],
    ["VLC", "*/*", "VLC/3.0.21 LibVLC/3.0.21", true],
    ["ffmpeg", "*/*", "Lavf/59.27.100", true],
    ["GStreamer", undefined, "GStreamer souphttpsrc 1.22.0 libsoup/3.2.2", true],
    ["curl", "*/*", "curl/8.5.0", false],
    ["an uptime probe", "*/*", "Uptime-Kuma/1.23", false],
    ["a probe that sends nothing", undefined, "", false],
    ["one who asks for the stream's own type", "multipart/x-mixed-replace", "", true],
  ];

for (const [who, accept, agent, stream] of CASES) {
  Deno.test(`${who} gets the ${stream ? "stream" : "page"} at /`, () => {
    assert.equal(wantsStream(accept, agent), stream);
  });
}
