import assert from "node:assert/strict";
import { type Config, parseConfig } from "./config.ts";

const REQUIRED = { PERCH_URL: "https://cam.example.org", PERCH_TOKEN: "0123456789abcdef" };

function parsed(env: Record<string, string>) {
  const parsed = parseConfig({ ...REQUIRED, ...env });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed;
}

const config = (env: Record<string, string> = {}): Readonly<Config> => parsed(env).config;
const warnings = (env: Record<string, string> = {}) => parsed(env).warnings;

function problems(env: Record<string, string>): readonly string[] {
  const parsed = parseConfig(env);
  assert.ok(!parsed.ok);
  return parsed.problems;
}

/** The one line about settings that are wrong. */
function problem(env: Record<string, string>): string {
  const [line, ...others] = problems({ ...REQUIRED, ...env });
  assert.deepEqual(others, []);
  return line;
}

Deno.test("an address and a token are enough", () => {
  const { url, cam, source, picture, transport, idleCamera } = config();
  assert.deepEqual([url, cam, source], [REQUIRED.PERCH_URL, "cam", "auto"]);
  assert.deepEqual([transport, idleCamera], ["auto", "keep"]);
  const { fps, width, height, quality } = picture;
  assert.deepEqual([fps, width, height, quality], [5, 1280, 720, 60]);
});

Deno.test("refuses to start without address and token, one line each", () => {
  const lines = problems({});
  assert.equal(lines.length, 2);
  assert.match(lines[0], /^PERCH_URL: got nothing, wanted the edge's address/);
  assert.match(lines[1], /^PERCH_TOKEN: got nothing, wanted at least 16 characters/);
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
    const line = problem({ [name]: value });
    assert.ok(line.startsWith(`${name}: got ${shown}, wanted ${wanted}`), line);
  });
}

// deno-fmt-ignore
const REFUSED: readonly (readonly [env: Record<string, string>, said: RegExp])[] = [
  [{ PERCH_TOKEN: "s3cret" }, /^PERCH_TOKEN: got a value of 6 characters/],
  // No header can carry it.
  [{ PERCH_TOKEN: "пароль-пароль-пароль" }, /^PERCH_TOKEN: got a value of 20 characters, wanted at least 16/],
  [{ PERCH_SOURCE: "http", PERCH_INPUT: "/dev/video0" }, /^PERCH_INPUT: got "\/dev\/video0", wanted an http:\/\/ or https:\/\/ address/],
  [{ PERCH_SOURCE: "http", PERCH_INPUT: "rtsp://a:s3cret@c/" }, /^PERCH_INPUT: got "rtsp:\/\/c\/…", wanted an http/],
  [{ PERCH_SOURCE: "http", PERCH_INPUT: "http://me:s3cret/b@c/" }, /^PERCH_INPUT: got "http:\/\/…", wanted an address that can be read: .*%2F/],
  [{ PERCH_SOURCE: "http", PERCH_INPUT: "https://me:s3cret?b@c/" }, /^PERCH_INPUT: got "https:\/\/…", wanted an address that can be read: .*%2F/],
  [{ PERCH_SOURCE: "ffmpeg", PERCH_INPUT: "rtsp://me:s3cret#b@c/1" }, /^PERCH_INPUT: got "rtsp:\/\/…", wanted an address that can be read: .*%2F/],
  [{ PERCH_URL: "https://me:s3cret@c/" }, /^PERCH_URL: got "https:\/\/c\/…", wanted/],
  [{ PERCH_URL: "https://:s3cret@c/" }, /^PERCH_URL: got "https:\/\/c\/…", wanted/],
  [{ PERCH_URL: "https://c/?key=s3cret" }, /^PERCH_URL: got "https:\/\/c\/…", wanted/],
];

for (const [env, wanted] of REFUSED) {
  Deno.test(`${JSON.stringify(env)} is refused in one line that shows no secret`, () => {
    const line = problem(env);
    assert.match(line, wanted);
    assert.doesNotMatch(line, /s3cret/);
  });
}

Deno.test("a password's percent signs may be typed as they are", () => {
  for (const input of ["http://me:50%off@c/", "http://me:100%@c/", "HTTP://me:a@b@c/"]) {
    assert.equal(config({ PERCH_SOURCE: "http", PERCH_INPUT: input }).input, input);
  }
});

Deno.test("controls become options of the camera program", () => {
  const { controls } = config({
    ...{ PERCH_HFLIP: "true", PERCH_ROTATION: "180", PERCH_BRIGHTNESS: "-0.2" },
    ...{ PERCH_AWB: "daylight", PERCH_AUTOFOCUS: "manual", PERCH_LENS_POSITION: "0" },
    PERCH_FLICKER_US: "10000",
  });
  assert.equal(
    controls.join(" "),
    "--hflip --rotation 180 --brightness -0.2 --awb daylight --flicker-period 10000us " +
      "--autofocus-mode manual --lens-position 0",
  );
  assert.deepEqual(config({ PERCH_FLICKER_US: "0" }).controls, []);
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
  for (const url of ["http://127.0.0.1:8000", "http://localhost:8000", "https://a.example"]) {
    assert.deepEqual(warnings({ PERCH_URL: url }), []);
  }
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
    ["ffmpeg", "rtsp://c/1", "BRIGHTNESS NIGHT_GAIN"],
    ["v4l2-ctl", "/dev/video0", "QUALITY BRIGHTNESS NIGHT_GAIN"],
    ["pattern", "harbour", "BRIGHTNESS NIGHT_GAIN EXTRA_ARGS"],
    ["rpicam-vid", "x", "INPUT"],
    ["auto", "x", "INPUT"],
    ["http", "http://c/", "WIDTH QUALITY BRIGHTNESS NIGHT_GAIN EXTRA_ARGS"],
  ]
) {
  Deno.test(`what PERCH_SOURCE=${source} does nothing about is one warning`, () => {
    const set = warnings({
      ...{ PERCH_SOURCE: source, PERCH_INPUT: input, PERCH_WIDTH: "640", PERCH_QUALITY: "50" },
      ...{ PERCH_BRIGHTNESS: "0", PERCH_NIGHT_GAIN: "4", PERCH_HFLIP: "false" },
      PERCH_EXTRA_ARGS: "-x 1",
    });
    const names = ignored.split(" ").map((name) => `PERCH_${name}`).join(", ");
    const found = `${names}: PERCH_SOURCE=${source} does nothing about that`;
    assert.deepEqual(set.map(({ found }) => found), [found]);
  });
}

Deno.test("a name that nobody reads is one warning with the nearest one, the edge's names are none", () => {
  const others = { PERCH_VIEW_TOKEN: "x", PERCH_STALE_S: "5", OTHER: "1" };
  const found = warnings({ PERCH_SHARPNES: "1", ...others });
  assert.deepEqual(found, [{
    found: "PERCH_SHARPNES: there is no such setting, it does nothing",
    fix: "did you mean PERCH_SHARPNESS?",
  }]);
  const { PERCH_URL } = REQUIRED;
  const [missing, slip] = problems({ PERCH_URL, PERCH_TOKN: "hunter2-hunter2" });
  assert.match(missing, /^PERCH_TOKEN: got nothing/);
  const said = "there is no such setting, it does nothing; did you mean PERCH_TOKEN?";
  assert.equal(slip, `PERCH_TOKN: ${said}`);
  const misspelt = { PERCH_SOURCE: "http", PERCH_INPT: "http://me:s3cret@c/" };
  const [, input] = problems({ ...REQUIRED, ...misspelt });
  assert.match(input, /^PERCH_INPT: .* did you mean PERCH_INPUT\?$/);
  // What has nothing to do with it would hide it.
  problem({ PERCH_FPS: "x", PERCH_SHARPNES: "1" });
  problem({ PERCH_SOURCE: "http", PERCH_INPUT: "http://me:a/b@c/", PERCH_ROOT: "/opt" });
});
