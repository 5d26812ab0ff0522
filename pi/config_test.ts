import assert from "node:assert/strict";
import { type Config, parseConfig } from "./config.ts";

const REQUIRED = { PERCH_URL: "https://cam.example.org", PERCH_TOKEN: "0123456789abcdef" };

function config(env: Record<string, string> = {}): Readonly<Config> {
  const parsed = parseConfig({ ...REQUIRED, ...env });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.config;
}

function warnings(env: Record<string, string> = {}) {
  const parsed = parseConfig({ ...REQUIRED, ...env });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.warnings;
}

function problems(env: Record<string, string>): readonly string[] {
  const parsed = parseConfig(env);
  assert.ok(!parsed.ok);
  return parsed.problems;
}

Deno.test("an address and a token are enough", () => {
  const { url, cam, source, picture, transport, idleCamera } = config();
  assert.deepEqual(
    { url, cam, source, transport, idleCamera },
    { url: REQUIRED.PERCH_URL, cam: "cam", source: "auto", transport: "auto", idleCamera: "keep" },
  );
  assert.deepEqual([picture.fps, picture.width, picture.height, picture.quality], [
    5,
    1280,
    720,
    60,
  ]);
});

Deno.test("refuses to start without address and token, one line each", () => {
  const lines = problems({});
  assert.equal(lines.length, 2);
  assert.match(lines[0], /^PERCH_URL: got nothing, wanted the edge's address/);
  assert.match(lines[1], /^PERCH_TOKEN: got nothing, wanted at least 16 characters/);
});

Deno.test("a short token is refused and never shown", () => {
  const [line] = problems({ ...REQUIRED, PERCH_TOKEN: "hunter2" });
  assert.match(line, /^PERCH_TOKEN: got a value of 7 characters/);
  assert.doesNotMatch(line, /hunter2/);
});

for (
  const [name, value, wanted] of [
    ["PERCH_URL", "cam.example.org", "the edge's address"],
    ["PERCH_URL", "https://cam.example.org/?a=1", "the edge's address"],
    ["PERCH_CAM", "Front Door", "lower-case letters"],
    ["PERCH_NAME", "Front\tDoor", "1 to 60 characters on one line, no tabs"],
    ["PERCH_NAME", "Front \u0007", "1 to 60 characters on one line, no tabs"],
    ["PERCH_NAME", "x".repeat(61), "1 to 60 characters"],
    ["PERCH_SOURCE", "webcam", "one of auto, rpicam-vid"],
    ["PERCH_FPS", "fast", "a number of frames a second"],
    ["PERCH_WIDTH", "641", "an even number of pixels"],
    ["PERCH_ROTATION", "90", "0 or 180"],
    ["PERCH_MODE", "big", "W:H"],
    ["PERCH_AWB", "sunny", "one of auto"],
    ["PERCH_NIGHT", "22:00", "local times"],
    ["PERCH_NIGHT", "22:00-25:00", "local times"],
    ["PERCH_EXTRA_ARGS", '--info-text "open', "arguments such as"],
    ["PERCH_HFLIP", "perhaps", "true or false"],
    ["PERCH_TRANSPORT", "udp", "one of auto, put, ws"],
  ]
) {
  const shown = value.startsWith("--")
    ? `a value of ${value.length} characters`
    : JSON.stringify(value.replace("/?a=1", "/…"));
  Deno.test(`${name}=${value} is one line that says what is wanted`, () => {
    const lines = problems({ ...REQUIRED, [name]: value });
    assert.equal(lines.length, 1);
    assert.ok(
      lines[0].startsWith(`${name}: got ${shown}, wanted ${wanted}`),
      lines[0],
    );
  });
}

Deno.test("sources that need an input say so", () => {
  const [line] = problems({ ...REQUIRED, PERCH_SOURCE: "http", PERCH_INPUT: "/dev/video0" });
  assert.match(
    line,
    /^PERCH_INPUT: got "\/dev\/video0", wanted an http:\/\/ or https:\/\/ address/,
  );
  const [secret] = problems({ ...REQUIRED, PERCH_SOURCE: "http", PERCH_INPUT: "rtsp://a:b@c/" });
  assert.doesNotMatch(secret, /a:b/);
});

for (
  const input of ["http://me:a/b@c/", "https://me:a?b@c/", "rtsp://me:a#b@c/1"]
) {
  Deno.test(`${input} cannot be read, which is one line`, () => {
    const source = input.startsWith("rtsp") ? "ffmpeg" : "http";
    const lines = problems({ ...REQUIRED, PERCH_SOURCE: source, PERCH_INPUT: input });
    assert.equal(lines.length, 1);
    assert.match(
      lines[0],
      /^PERCH_INPUT: got ".+:\/\/…", wanted an address that can be read: .*%2F/,
    );
  });
}

Deno.test("a password's percent signs may be typed as they are", () => {
  for (const input of ["http://me:50%off@c/", "http://me:100%@c/", "HTTP://me:a@b@c/"]) {
    assert.equal(config({ PERCH_SOURCE: "http", PERCH_INPUT: input }).input, input);
  }
});

Deno.test("the edge's address carries no password, with or without a user", () => {
  for (const PERCH_URL of ["https://me:s3cret@c/", "https://:s3cret@c/", "https://c/?key=s3cret"]) {
    const [line] = problems({ ...REQUIRED, PERCH_URL });
    assert.equal(line.includes("s3cret"), false, line);
    assert.match(line, /^PERCH_URL: got "https:\/\/c\/…", wanted/);
  }
});

Deno.test("a token that no header can carry is refused at the start", () => {
  const [line] = problems({ ...REQUIRED, PERCH_TOKEN: "пароль-пароль-пароль" });
  assert.match(line, /^PERCH_TOKEN: got a value of 20 characters, wanted at least 16/);
});

Deno.test("controls become options of the camera program", () => {
  const { controls } = config({
    PERCH_HFLIP: "true",
    PERCH_ROTATION: "180",
    PERCH_BRIGHTNESS: "-0.2",
    PERCH_AWB: "daylight",
    PERCH_AUTOFOCUS: "manual",
    PERCH_LENS_POSITION: "0",
    PERCH_FLICKER_US: "10000",
  });
  assert.deepEqual(
    controls.join(" "),
    [
      "--hflip --rotation 180 --brightness -0.2 --awb daylight --flicker-period 10000us",
      "--autofocus-mode manual --lens-position 0",
    ].join(" "),
  );
});

Deno.test("extra arguments keep quoted blanks together", () => {
  const { extraArgs } = config({ PERCH_EXTRA_ARGS: `--ev 0.5 --info-text "two words" --a='b c'` });
  assert.deepEqual(extraArgs, ["--ev", "0.5", "--info-text", "two words", "--a=b c"]);
});

Deno.test("a slash at the end of the address makes no difference, a path is kept", () => {
  assert.equal(config({ PERCH_URL: "https://a.example/" }).url, "https://a.example");
  assert.equal(config({ PERCH_URL: "https://a.example/perch/" }).url, "https://a.example/perch");
});

Deno.test("http is fine on this machine, elsewhere it gets a warning", () => {
  assert.deepEqual(warnings({ PERCH_URL: "http://127.0.0.1:8000" }), []);
  assert.deepEqual(warnings({ PERCH_URL: "http://localhost:8000" }), []);
  assert.deepEqual(warnings(), []);
  const [warning] = warnings({ PERCH_URL: "http://cam.example.org" });
  assert.equal(warnings({ PERCH_URL: "http://localhost.example.org" }).length, 1);
  assert.match(warning.found, /anybody on the way can read the token/);
  assert.match(warning.fix, /https/);
});

Deno.test("a camera that takes a picture now and then is told what the edge has to know", () => {
  assert.deepEqual(warnings({ PERCH_FPS: "0.05" }), []);
  const [warning] = warnings({ PERCH_FPS: "0.02" });
  assert.match(warning.found, /^0\.02 frames a second is one in 50 s: the edge would call that no/);
  assert.equal(warning.fix, "set PERCH_STALE_S=150 on the edge");
  const [atNight] = warnings({ PERCH_NIGHT: "21:00-06:00", PERCH_NIGHT_FPS: "0.01" });
  assert.equal(atNight.fix, "set PERCH_STALE_S=300 on the edge");
});

for (
  const [source, input, ignored] of [
    ["ffmpeg", "rtsp://c/1", ["PERCH_BRIGHTNESS", "PERCH_NIGHT_GAIN"]],
    ["v4l2-ctl", "/dev/video0", ["PERCH_QUALITY", "PERCH_BRIGHTNESS", "PERCH_NIGHT_GAIN"]],
    ["pattern", "harbour", ["PERCH_BRIGHTNESS", "PERCH_NIGHT_GAIN", "PERCH_EXTRA_ARGS"]],
    ["rpicam-vid", "x", ["PERCH_INPUT"]],
    ["auto", "x", ["PERCH_INPUT"]],
    [
      "http",
      "http://c/",
      ["PERCH_WIDTH", "PERCH_QUALITY", "PERCH_BRIGHTNESS", "PERCH_NIGHT_GAIN", "PERCH_EXTRA_ARGS"],
    ],
  ] as const
) {
  Deno.test(`what PERCH_SOURCE=${source} does nothing about is one warning`, () => {
    const set = warnings({
      PERCH_SOURCE: source,
      PERCH_INPUT: input,
      PERCH_WIDTH: "640",
      PERCH_QUALITY: "50",
      PERCH_BRIGHTNESS: "0",
      PERCH_NIGHT_GAIN: "4",
      PERCH_HFLIP: "false",
      PERCH_EXTRA_ARGS: "-x 1",
    });
    assert.deepEqual(set.map(({ found }) => found), [
      `${ignored.join(", ")}: PERCH_SOURCE=${source} does nothing about that`,
    ]);
  });
}

Deno.test("a name that nobody reads is one warning with the nearest one, the edge's names are none", () => {
  const found = warnings({
    PERCH_SHARPNES: "1",
    PERCH_VIEW_TOKEN: "x",
    PERCH_STALE_S: "5",
    OTHER: "1",
  });
  assert.deepEqual(found, [{
    found: "PERCH_SHARPNES: there is no such setting, it does nothing",
    fix: "did you mean PERCH_SHARPNESS?",
  }]);
  const [missing, slip] = problems({
    PERCH_URL: REQUIRED.PERCH_URL,
    PERCH_TOKN: "hunter2-hunter2",
  });
  assert.match(missing, /^PERCH_TOKEN: got nothing/);
  assert.equal(
    slip,
    "PERCH_TOKN: there is no such setting, it does nothing; did you mean PERCH_TOKEN?",
  );
  const [, input] = problems({
    ...REQUIRED,
    PERCH_SOURCE: "http",
    PERCH_INPT: "http://me:s3cret@c/",
  });
  assert.match(input, /^PERCH_INPT: .* did you mean PERCH_INPUT\?$/);
  // What has nothing to do with it would hide it.
  assert.equal(problems({ ...REQUIRED, PERCH_FPS: "x", PERCH_SHARPNES: "1" }).length, 1);
  const broken = { PERCH_SOURCE: "http", PERCH_INPUT: "http://me:a/b@c/", PERCH_ROOT: "/opt" };
  assert.equal(problems({ ...REQUIRED, ...broken }).length, 1);
});

Deno.test("0 leaves the option against flicker out", () => {
  assert.deepEqual(config({ PERCH_FLICKER_US: "0" }).controls, []);
});
