import assert from "node:assert/strict";
import { parseEdgeConfig } from "./config.ts";

const TOKEN = "0123456789abcdef";

function problems(env: Record<string, string>): readonly string[] {
  const parsed = parseEdgeConfig(env);
  return parsed.ok ? [] : parsed.problems;
}

Deno.test("without settings the edge has its defaults, but no start without a token", () => {
  assert.deepEqual(problems({}).length, 1);
  assert.match(problems({})[0], /^PERCH_PUBLISH_TOKENS: got nothing, wanted /);
  const parsed = parseEdgeConfig({ PERCH_PUBLISH_TOKENS: TOKEN });
  assert.ok(parsed.ok);
  assert.partialDeepStrictEqual(parsed.config, {
    ...{ port: 8000, fps: 10, idleIntervalMs: 10_000, keyframeMs: 300_000, staleMs: 30_000 },
    ...{ maxFrameBytes: 4_194_304, stripMetadata: true, viewerSockets: false },
  });
});

Deno.test("who brings the older cam's short password is told how to go on", () => {
  const short = { PERCH_PUBLISH_TOKENS: "123" };
  const [plain] = problems(short);
  assert.doesNotMatch(plain, /script/);
  const [told, ...others] = problems({ ...short, PERCH_LEGACY_UPLOAD: "true" });
  assert.ok(told.startsWith(plain), told);
  assert.match(told, /a new password of 16 characters or more here and into the older camera's/);
  assert.deepEqual(others, []);
  for (const value of ["", "false", "maybe"]) {
    assert.equal(problems({ ...short, PERCH_LEGACY_UPLOAD: value })[0], plain);
  }
  assert.doesNotMatch(problems({ PERCH_LEGACY_UPLOAD: "true" })[0], /older/);
});

const BAD: readonly [name: string, value: string, wanted: RegExp][] = [
  ["PERCH_PUBLISH_TOKENS", "short", /at least 16 characters/],
  ["PERCH_PUBLISH_TOKENS", ",", /at least one token/],
  ["PERCH_PUBLISH_TOKENS", `Not A Cam=${TOKEN}`, /camera id/],
  ["PERCH_PUBLISH_TOKENS", "cam=short", /at least 16 characters/],
  ["PERCH_PUBLISH_TOKENS", "cam=sha256:1234", /64 hexadecimal digits/],
  ["PERCH_PUBLISH_TOKENS", `two words${TOKEN}`, /tokens without blanks \(token 1 of 1\)/],
  [
    "PERCH_PUBLISH_TOKENS",
    Array.from({ length: 33 }, (_, i) => `c${i}=${TOKEN}`).join(","),
    /at most 32 cameras/,
  ],
  ["PERCH_VIEW_TOKEN", "short", /at least 16 characters/],
  ["PORT", "65536", /whole number of a TCP port from 0 to 65535/],
  ["PORT", "80.5", /whole number/],
  ["PERCH_FPS", "0", /from 0.1 to 60/],
  ["PERCH_FPS", "fast", /frames a second/],
  ["PERCH_IDLE_INTERVAL_S", "0", /seconds/],
  ["PERCH_KEYFRAME_S", "-1", /seconds/],
  ["PERCH_HISTORY_H", "9000", /hours/],
  ["PERCH_STALE_S", "x", /seconds/],
  ["PERCH_MAX_FRAME_BYTES", "12", /bytes/],
  ["PERCH_MAX_VIEWERS", "0", /viewers/],
  ["PERCH_TITLE", "t".repeat(101), /100 characters/],
  ["PERCH_TITLE", "Lake\u0007", /no tabs or other control characters/],
  ["PERCH_LEGACY_UPLOAD", "maybe", /true or false/],
  ["PERCH_STRIP_METADATA", "2", /true or false/],
  ["PERCH_LOG", "xml", /text or json/],
];

for (const [name, value, wanted] of BAD) {
  Deno.test(`${name}=${value.slice(0, 24)} is one problem, in one line`, () => {
    const found = problems({ PERCH_PUBLISH_TOKENS: TOKEN, [name]: value });
    assert.equal(found.length, 1);
    assert.ok(found[0].startsWith(`${name}: got `), found[0]);
    assert.match(found[0], wanted);
    assert.ok(!found[0].includes("\n"));
  });
}

Deno.test("every bad setting is named at once, and no token is shown", () => {
  const secret = "tell-nobody";
  const found = problems({ PERCH_PUBLISH_TOKENS: secret, PORT: "x", PERCH_FPS: "y" });
  assert.equal(found.length, 3);
  assert.ok(!found.join("\n").includes(secret));
});

Deno.test("tokens may be bound to a camera, hashed, and several", async () => {
  const hash = "A".repeat(64);
  const parsed = parseEdgeConfig({
    PERCH_PUBLISH_TOKENS: `${TOKEN}, nest=${TOKEN}, barn=sha256:${hash}`,
  });
  assert.ok(parsed.ok);
  assert.deepEqual(parsed.config.publishTokens.map(({ cam }) => cam), [undefined, "nest", "barn"]);
  const digests = await Promise.all(parsed.config.publishTokens.map(({ digest }) => digest));
  const typed = "9f9f5111f7b27a781f1f1ddde5ebc2dd2b796bfc7365c9c28b548e564176929f";
  assert.deepEqual(digests, [typed, typed, hash.toLowerCase()]);
  const base64 = parseEdgeConfig({ PERCH_PUBLISH_TOKENS: "c2VjcmV0LXRva2VuLTEyMw==" });
  assert.equal(base64.ok && base64.config.publishTokens[0].cam, undefined, "its = names no camera");
});

Deno.test("sites that may embed or read are origins, and what can be none is refused", () => {
  const token = { PERCH_PUBLISH_TOKENS: TOKEN };
  for (const name of ["PERCH_CORS_ORIGINS", "PERCH_EMBED_ORIGINS"]) {
    const several = "https://a.example, HTTP://b.example:8080/, https://*.c.example";
    for (const good of ["*", "none", several]) {
      assert.deepEqual(problems({ ...token, [name]: good }), [], good);
    }
    for (
      const wrong of [
        "a.example",
        "https://a.example/cam",
        "https://a.example b.example",
        "https://a.example;x",
      ]
    ) {
      const [problem] = problems({ ...token, [name]: wrong });
      assert.match(problem, /wanted origins such as https:/, wrong);
    }
  }
  const parsed = parseEdgeConfig({ ...token, PERCH_CORS_ORIGINS: "HTTPS://A.example/" });
  assert.deepEqual(parsed.ok && parsed.config.corsOrigins, ["https://a.example"]);
});
