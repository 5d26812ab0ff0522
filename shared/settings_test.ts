import assert from "node:assert/strict";
import { z } from "zod";
import {
  booleanSetting,
  choiceSetting,
  integerSetting,
  numberSetting,
  parseSettings,
  settingRows,
  settingsHelp,
} from "./settings.ts";

const schema = z.object({
  PORT: integerSetting(0, 65535, "a TCP port").default(8000),
  PERCH_FPS: numberSetting(0.1, 60, "frames a second").default(5),
  PERCH_HFLIP: booleanSetting().default(false),
  PERCH_TOKEN: z.string({ error: "a token" }).min(16, "at least 16 characters"),
});
const PERCH_TOKEN = "0123456789abcdef";

Deno.test("settings become values, an empty one counts as unset", () => {
  const env = { PERCH_TOKEN, PORT: " 80 ", PERCH_FPS: "", PERCH_HFLIP: "yes" };
  const config = { PORT: 80, PERCH_FPS: 5, PERCH_HFLIP: true, PERCH_TOKEN };
  assert.deepEqual(parseSettings(schema, env), { ok: true, config, warnings: [] });
});

Deno.test("each bad setting is one line with name, value and what is wanted", () => {
  const parsed = parseSettings(schema, { PORT: "80.5", PERCH_FPS: "1e9", PERCH_TOKEN: "short" });
  assert.ok(!parsed.ok);
  assert.deepEqual(parsed.problems, [
    'PORT: got "80.5", wanted a whole number of a TCP port from 0 to 65535',
    'PERCH_FPS: got "1e9", wanted a number of frames a second from 0.1 to 60',
    "PERCH_TOKEN: got a value of 5 characters, wanted at least 16 characters",
  ]);
});

Deno.test("a value with line ends of any kind makes one line", () => {
  for (const end of ["\n", "\r", "\u0085", "\u2028", "\u2029"]) {
    const parsed = parseSettings(schema, { PERCH_TOKEN, PORT: `8${end}0` });
    assert.ok(!parsed.ok);
    assert.match(parsed.problems[0], /^PORT: got .+, wanted .+$/u);
    assert.ok(!parsed.problems[0].includes(end));
  }
});

Deno.test("a setting's row says its flag, its choices and its default", () => {
  const rows = settingRows(z.object({
    PORT: schema.shape.PORT.meta({ heading: "Everybody", description: "the port" }),
    PERCH_IDLE_CAMERA: choiceSetting(["keep", "stop"]).default("keep").describe("at rest"),
    PERCH_HFLIP: schema.shape.PERCH_HFLIP.describe("mirror"),
    PERCH_STRIP_METADATA: booleanSetting().default(true).describe("clean"),
    PERCH_TOKEN: schema.shape.PERCH_TOKEN.describe("a secret"),
  }));
  assert.deepEqual(rows[1], {
    name: "PERCH_IDLE_CAMERA",
    flag: "--idle-camera",
    isSwitch: false,
    help: "at rest: keep, stop",
    fallback: "keep",
  });
  assert.equal(
    settingsHelp(rows),
    `
Everybody
  --port            the port (default 8000)
  --idle-camera     at rest: keep, stop (default keep)
  --hflip           mirror
  --strip-metadata  clean (default on)
  --token           a secret`,
  );
});
