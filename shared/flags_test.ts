import assert from "node:assert/strict";
import { z } from "zod";
import { readFlags } from "./flags.ts";
import { booleanSetting, numberSetting, settingRows } from "./settings.ts";

const rows = settingRows(z.object({
  PERCH_URL: z.string(),
  PERCH_BRIGHTNESS: numberSetting(-1, 1, "brightness"),
  PERCH_EXTRA_ARGS: z.string(),
  PERCH_HFLIP: booleanSetting().default(false),
}));

function read(...args: string[]) {
  return readFlags(args, rows, ["install"]);
}

Deno.test("a value stands behind its flag or behind =, a switch alone or with no- before it", () => {
  const flags = read(
    "--url",
    "https://a.example",
    "--brightness=-1",
    "--hflip",
    "word",
    "--install",
  );
  assert.deepEqual(flags, {
    ok: true,
    settings: { PERCH_URL: "https://a.example", PERCH_BRIGHTNESS: "-1", PERCH_HFLIP: "true" },
    given: new Set(["install"]),
    words: ["word"],
  });
  const { settings } = read("--no-hflip", "--extra-args=--ev 1", "--brightness", "-0.5") as never;
  assert.deepEqual(settings, {
    PERCH_HFLIP: "false",
    PERCH_EXTRA_ARGS: "--ev 1",
    PERCH_BRIGHTNESS: "-0.5",
  });
});

Deno.test("-h and --help ask for help", () => {
  const help = { ok: true, settings: {}, given: new Set(["help"]), words: [] };
  for (const flag of ["-h", "--help"]) assert.deepEqual(read(flag), help);
});

for (
  const [args, problem] of [
    [["--bright", "1"], "--bright is no flag: did you mean --brightness? See --help"],
    [["--ulr=https://me:s3cret@c/"], "--ulr is no flag: did you mean --url? See --help"],
    [["-url", "x"], "-url is no flag: did you mean --url? See --help"],
    [["--no-url"], "--no-url is no flag: did you mean --url? See --help"],
    [["--install=yes"], "--install is no flag with a value: leave =yes out"],
    [["--url"], "--url: got nothing, wanted a value; behind = it may begin with a dash"],
    [["--url="], "--url: got nothing, wanted a value; behind = it may begin with a dash"],
    [["--url", "--hflip"], "--url: got nothing, wanted a value; behind = it may begin with a dash"],
  ] as const
) {
  Deno.test(`"${args.join(" ")}" is one problem in our words`, () => {
    assert.deepEqual(read(...args), { ok: false, problems: [problem] });
  });
}
