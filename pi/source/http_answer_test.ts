import assert from "node:assert/strict";
import { baseline, concat } from "../../shared/testing/jpegs.ts";
import { CameraAnswer } from "./http.ts";

const [JPEG, PREVIEW, GAIN_MAP] = [
  await baseline(),
  await baseline(80, 60),
  await baseline(160, 120),
];

/** The pictures that are taken of what a camera sends, byte by byte and in one piece. */
function taken(bytes: Uint8Array, headers: HeadersInit = {}): Uint8Array[] {
  const whole = new CameraAnswer(new Response(null, { headers })).push(bytes);
  const piecemeal = new CameraAnswer(new Response(null, { headers }));
  const pieces = [];
  for (let at = 0; at < bytes.length; at += 1000) {
    pieces.push(...piecemeal.push(bytes.subarray(at, at + 1000)));
  }
  assert.deepEqual(pieces, whole);
  return whole;
}

const PHOTO = concat(JPEG, PREVIEW, GAIN_MAP);

Deno.test("a preview and a gain map behind a picture are none", () => {
  assert.deepEqual(taken(PHOTO), [JPEG]);
  assert.deepEqual(taken(concat(PHOTO, PHOTO)), [JPEG, JPEG]);
  const part = new TextEncoder().encode("\r\n--b\r\nContent-Type: image/jpeg\r\n\r\n");
  const type = { "content-type": "multipart/x-mixed-replace" };
  assert.deepEqual(taken(concat(part, PHOTO, part, PHOTO), type), [JPEG, JPEG]);
});

Deno.test("where the length says that it is one picture, nothing behind it is one", () => {
  const bytes = concat(JPEG, JPEG);
  assert.deepEqual(taken(bytes, { "content-length": String(bytes.length) }), [JPEG]);
});

Deno.test("a stream that changes its size goes on", () => {
  const smaller = Array(5).fill(PREVIEW);
  assert.deepEqual(taken(concat(JPEG, ...smaller)), [JPEG, PREVIEW, PREVIEW, PREVIEW]);
  assert.deepEqual(taken(concat(PREVIEW, JPEG, JPEG)), [PREVIEW, JPEG, JPEG]);
});

const of = (body: BodyInit | null, type?: string) =>
  new Response(body, type ? { headers: { "content-type": type } } : {});
const status = (code: number) => new Response(null, { status: code });
const torn = concat(JPEG.slice(0, 900), JPEG.slice(0, 900), JPEG.slice(0, -2));
const huge = concat(JPEG.slice(0, -2), new Uint8Array(9_000_000));

// deno-fmt-ignore
const IN_WORDS = [
  ["no sign-in", status(401), "configuration", /401: check user/],
  ["a wrong path", status(404), "configuration", /404: check the path/],
  ["too many questions", status(429), "hardware", /429: .*PERCH_FPS/],
  ["its own trouble", status(503), "hardware", /answers 503$/],
  ["nothing", of(null), "hardware", /answers without a body/],
  ["a page", of("<html>", "text/html"), "hardware", /answers text\/html, no JPEG: starts with 3C 68 74 6D \(<htm\)$/],
  ["a page that is called a picture", of("<html>", "image/jpeg"), "hardware", /answers image\/jpeg, no JPEG: starts with 3C 68 74 6D \(<htm\)$/],
  ["a film", of("\0\0\0\x18ftyp", "video/mp4"), "hardware", /video\/mp4, no JPEG: starts with 00 00 00 18 \(\.{4}\); PERCH_SOURCE=ffmpeg/],
  ["a picture of another kind", of("RIFF", "image/webp"), "hardware", /image\/webp, no JPEG: starts with 52 49 46 46 \(RIFF\); PERCH_SOURCE=ffmpeg/],
  ["no end", of(JPEG.slice(0, -2)), "hardware", /no whole JPEG: 1 cut off$/],
  ["torn pictures", of(torn), "hardware", /no whole JPEG: 2 cut off$/],
  ["too much", of(huge), "hardware", /no whole JPEG: 1 too large$/],
] as const;

for (const [what, response, kind, message] of IN_WORDS) {
  Deno.test(`a camera that answers with ${what} is told in words`, async () => {
    const answer = new CameraAnswer(response);
    answer.push(await response.bytes());
    assert.equal(answer.good, false);
    assert.equal(answer.problem.kind, kind);
    assert.match(answer.problem.message, message);
  });
}
