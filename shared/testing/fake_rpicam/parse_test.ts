import assert from "node:assert/strict";
import { OPTIONS } from "./options.ts";
import { parseCommandLine } from "./parse.ts";
import { settingsOf } from "./settings.ts";

const INVALID_BOOL = ". Valid choices are 'on|off', 'yes|no', '1|0' and 'true|false'";

// deno-fmt-ignore
/** Answers of boost 1.74 itself, compiled with declarations of rpicam-still. */
const BOOST: readonly (readonly [string, Record<string, string> | string])[] = [
  ["-t0 -o-", { timeout: "0", output: "-" }],
  ["-n -t 0 -o -", { nopreview: "1", timeout: "0", output: "-" }],
  ["--timel 100", { timelapse: "100" }],
  ["--time 5", "option '--time' is ambiguous and matches '--timelapse', '--timeout', and '--timestamp'"],
  ["--nope", "unrecognised option '--nope'"],
  ["--nope=1", "unrecognised option '--nope'"],
  ["-z", "unrecognised option '-z'"],
  ["--width abc", "the argument ('abc') for option '--width' is invalid"],
  ["--width", "the required argument for option '--width' is missing"],
  ["--outp", "the required argument for option '--output' is missing"],
  ["--width --height 5", "the argument ('--height') for option '--width' is invalid"],
  ["--width -n", "the required argument for option '--width' is missing"],
  ["--width -t 0", "the required argument for option '--width' is missing"],
  ["--width -z", "the argument ('-z') for option '--width' is invalid"],
  ["--width=", "the argument for option '--width' should follow immediately after the equal sign"],
  ["--nopreview 1", { nopreview: "1" }],
  ["--nopreview=0", { nopreview: "0" }],
  ["--nopreview no", { nopreview: "no" }],
  ["-n1", { nopreview: "1" }],
  ["-n foo", `the argument ('foo') for option '--nopreview' is invalid${INVALID_BOOL}`],
  ["-nt0", `the argument ('t0') for option '--nopreview' is invalid${INVALID_BOOL}`],
  ["stray more", { output: "" }],
  ["-n 0 stray", { nopreview: "0" }],
  ["-v", { verbose: "2" }],
  ["-v0", { verbose: "0" }],
  ["-o a -o b", "option '--output' cannot be specified more than once"],
  ["--output a --out b", "option '--output' cannot be specified more than once"],
  ["--hdr", { hdr: "auto" }],
  ["--hdr sensor", { hdr: "sensor" }],
  ["-x a=b -x c=d", { exif: "a=b" }],
  ["-tz -", { timeout: "z" }],
  ["-o=x", { output: "=x" }],
  ["--quality 5.5", "the argument ('5.5') for option '--quality' is invalid"],
  ["--framerate 1e3", { framerate: "1e3" }],
  ["--framerate x", "the argument ('x') for option '--framerate' is invalid"],
  ["--width 99999999999", "the argument ('99999999999') for option '--width' is invalid"],
  ["--width 0x10", "the argument ('0x10') for option '--width' is invalid"],
  ["-- --nope", { output: "" }],
  ["--Width 5", "unrecognised option '--Width'"],
  ["--he", "option '--he' is ambiguous and matches '--height', and '--help'"],
  ["--h", "option '--h' is ambiguous and matches '--hdr', '--height', '--help', and '--hflip'"],
];

for (const [line, wanted] of BOOST) {
  Deno.test(`the command line "${line}" is read as boost reads it`, () => {
    const parse = () => parseCommandLine(OPTIONS.still, line.split(" "));
    if (typeof wanted === "string") {
      assert.throws(parse, { name: "OptionError", message: wanted });
    } else {
      const values = parse();
      for (const [name, value] of Object.entries(wanted)) assert.equal(values.text(name), value);
    }
  });
}

Deno.test("a negative size wraps around, as unsigned numbers do in C", () => {
  assert.equal(parseCommandLine(OPTIONS.vid, ["--width", "-5"]).number("width"), 4294967291);
});

function settings(program: "vid" | "still", line: string) {
  return settingsOf(program, parseCommandLine(OPTIONS[program], line.split(" ")));
}

// deno-fmt-ignore
const REFUSED = [
  ["vid", "--codec mpeg", "unrecognised codec mpeg"],
  ["vid", "--rotation 90", "transforms requiring transpose not supported"],
  ["vid", "--rotation 45", "illegal rotation value"],
  ["vid", "--awb moon", "Invalid AWB mode: moon"],
  ["vid", "--exposure night", "Invalid exposure mode:night"],
  ["vid", "--metering all", "Invalid metering mode: all"],
  ["vid", "--denoise yes", "Invalid denoise mode yes"],
  ["vid", "--hdr 1", "Invalid HDR option provided: 1"],
  ["vid", "--autofocus-mode fast", "Invalid AfMode:fast"],
  ["vid", "--lens-position near", "Invalid lens position: near"],
  ["vid", "--awbgains 2", "Invalid AWB gains"],
  ["vid", "--mode full", "Invalid mode"],
  ["vid", "--mode 1640:1232:10:X", "Packing indicator should be P or U"],
  ["vid", "--timeout soon", "Invalid time string provided"],
  ["still", "--thumb small", "bad thumbnail parameters small"],
  ["still", "--encoding webp", "invalid encoding format webp"],
  ["still", "--signal --timelapse 100", "keypress/signal and timelapse options are mutually exclusive"],
  ["still", "--metadata-format xml", "unrecognised metadata format xml"],
] as const;

for (const [program, line, message] of REFUSED) {
  Deno.test(`rpicam-${program} ${line} is refused with the program's own words`, () => {
    assert.throws(() => settings(program, line), { name: "OptionError", message });
  });
}

Deno.test("defaults are the programs' own", () => {
  assert.partialDeepStrictEqual(settings("vid", "-n"), {
    ...{ width: 640, height: 480, framerate: 30, quality: 50 },
    ...{ timeout: 5000, codec: "h264", flush: false, preview: false },
  });
  assert.deepEqual(settings("still", "-n").thumb, { width: 320, height: 240 });
  assert.equal(settings("still", "--thumb none").thumb, undefined);
});

Deno.test("times take units, and are milliseconds without one", () => {
  const time = (text: string) => settings("vid", `-t ${text}`).timeout;
  const times = ["5", "5s", "2sec", "500ms", "1min", "7parsecs"].map(time);
  assert.deepEqual(times, [5, 5000, 2000, 500, 60_000, 7]);
});
