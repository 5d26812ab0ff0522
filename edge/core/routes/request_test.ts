// What routes read of a request.

import assert from "node:assert/strict";
import { Context } from "hono";
import { wantsStream } from "./pages.ts";
import { originOf, pathOf } from "./request.ts";

const CHROMIUM = "text/html,application/xhtml+xml,image/avif,*/*;q=0.8";
const CHROMIUM_IMG = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";
const FIREFOX_IMG = "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5";
const SAFARI_IMG = "image/webp,image/avif,video/*;q=0.8,image/png,*/*;q=0.5";
const BOX = "MAG250 stbapp ver: 2 rev: 250";

const STREAM: readonly [who: string, agent: string, accept?: string][] = [
  ["Chromium's <img>", "Mozilla/5.0", CHROMIUM_IMG],
  ["Firefox's <img>", "Mozilla/5.0", FIREFOX_IMG],
  ["Safari's <img>", "Mozilla/5.0", SAFARI_IMG],
  ["VLC", "VLC/3.0.21 LibVLC/3.0.21", "*/*"],
  ["ffmpeg", "Lavf/59.27.100", "*/*"],
  ["an older ffmpeg", "Lavf53.32.100", "*/*"],
  ["mpv", "libmpv", "*/*"],
  ["omxplayer", "omxplayer/20190723", "*/*"],
  ["Kodi", "Kodi/20.2 (X11; Linux x86_64) App_Bitness/64", "*/*"],
  ["MPlayer", "MPlayer 1.4"],
  ["Android's player", "stagefright/1.2 (Linux;Android 5.0)"],
  ["an Android app's player", "TvApp/1.0 (Linux;Android 12) ExoPlayerLib/2.18.1", "*/*"],
  ["Apple's player", "AppleCoreMedia/1.0.0.20G75 (Apple TV; U; CPU OS 16_6)", "*/*"],
  ["a set-top box", BOX, "*/*"],
  ["GStreamer", "GStreamer souphttpsrc 1.22.0 libsoup/3.2.2"],
  ["one who asks for the stream's own type", "", "multipart/x-mixed-replace"],
];
const PAGE: typeof STREAM = [
  ["Chromium's address bar", "Mozilla/5.0", CHROMIUM],
  ["a set-top box's own pages", BOX, "text/html, */*;q=0.1"],
  ["curl", "curl/8.5.0", "*/*"],
  ["an uptime probe", "Uptime-Kuma/1.23", "*/*"],
  ["a probe that sends nothing", ""],
];

for (const [cases, stream] of [[STREAM, true], [PAGE, false]] as const) {
  Deno.test(`at / ${cases.length} programs get the ${stream ? "stream" : "page"}`, () => {
    for (const [who, agent, accept] of cases) {
      const headers = new Headers({ "user-agent": agent });
      if (accept !== undefined) headers.set("accept", accept);
      assert.equal(wantsStream(headers), stream, who);
    }
  });
}

Deno.test("a player under another name gets the stream at /, by what it asks every server for", () => {
  const headers = { "accept": "*/*", "user-agent": "Mozilla/5.0", "icy-metadata": "1" };
  assert.equal(wantsStream(new Headers(headers)), true);
  assert.equal(wantsStream(new Headers({ ...headers, accept: "text/html" })), false);
});

function origin(url: string, forwarded: string | undefined, trustedProxies: number): string {
  const headers: HeadersInit = forwarded === undefined ? {} : { "x-forwarded-proto": forwarded };
  return originOf(new Context(new Request(url, { headers })), trustedProxies);
}

Deno.test("the scheme is what the proxies say that are trusted, else that of the request", () => {
  const url = "http://cam.example:8000/cams";
  assert.equal(origin(url, undefined, 1), "http://cam.example:8000");
  assert.equal(origin(url, "https", 0), "http://cam.example:8000");
  assert.equal(origin(url, "https", 1), "https://cam.example:8000");
  assert.equal(origin(url, "https", 2), "https://cam.example:8000");
  assert.equal(origin(url, "https, http", 1), "http://cam.example:8000");
  assert.equal(origin(url, "javascript", 1), "http://cam.example:8000");
  assert.equal(origin("https://cam.example/", "http", 0), "https://cam.example");
});

Deno.test("the path before the site is what the proxies say that are trusted, where it is one", () => {
  const below = (prefix: string | undefined, trustedProxies: number) => {
    const headers: HeadersInit = prefix === undefined ? {} : { "x-forwarded-prefix": prefix };
    return pathOf(new Context(new Request("http://cam.example/cams", { headers })), trustedProxies);
  };
  assert.equal(below("/garden", 0), "/");
  assert.equal(below(undefined, 1), "/");
  assert.equal(below("/garden", 1), "/garden/");
  assert.equal(below("/a.b/garden-2/", 1), "/a.b/garden-2/");
  assert.equal(below("/evil, /garden", 1), "/garden/");
  for (const no of ["", "/", "garden", "//evil.example", "/a;domain=b", "/a b", "https://evil"]) {
    assert.equal(below(no, 1), "/", no);
  }
});
