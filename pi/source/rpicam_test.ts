// The rpicam sources against the fake camera programs, as real child processes.

import assert from "node:assert/strict";
import { type Clock, systemClock } from "../../shared/clock.ts";
import { inspectJpeg } from "../../shared/jpeg/inspect.ts";
import { JpegSplitter } from "../../shared/jpeg/splitter.ts";
import { fakeLog } from "../../shared/testing/fake_log.ts";
import {
  installFakeRpicam,
  type InstallOptions,
} from "../../shared/testing/fake_rpicam/install.ts";
import { parseConfig, type Picture } from "../config.ts";
import { createSpawn } from "../process.ts";
import {
  createRpicam,
  fullViewMode,
  parseCameraList,
  rpicamCommand,
  type RpicamOptions,
  withoutOption,
} from "./rpicam.ts";

const PICTURE: Picture = { fps: 5, width: 1280, height: 720, quality: 60 };

function options(change: Partial<RpicamOptions> = {}): RpicamOptions {
  return { picture: PICTURE, controls: [], extraArgs: [], ...change };
}

interface Scene {
  readonly faults?: string;
  readonly install?: InstallOptions;
  readonly kind?: "vid" | "still";
  readonly clock?: Clock;
}

/** Runs a source until it has given `wanted` frames, or has failed. */
async function take(
  change: Partial<RpicamOptions>,
  wanted: number,
  { faults = "init:0,shot:0", install = {}, kind = "vid", clock = systemClock }: Scene = {},
) {
  await using fake = await installFakeRpicam(install);
  const spawn = createSpawn({ clock: systemClock, env: fake.env(faults) });
  const { lines: warnings, log } = fakeLog();
  const stop = new AbortController();
  const splitter = new JpegSplitter();
  const sizes: string[] = [];
  const source = createRpicam({ spawn, clock, log }, kind, options(change));
  await source.run(stop.signal, (chunk) => {
    for (const frame of splitter.push(chunk)) {
      const seen = inspectJpeg(frame);
      sizes.push(seen.ok ? `${seen.width}x${seen.height}` : seen.problem);
    }
    if (sizes.length >= wanted) stop.abort();
  });
  const starts = fake.starts();
  return { sizes: sizes.slice(0, wanted), warnings, starts, args: starts[0].args.join(" ") };
}

Deno.test("the video command line is the documented one", () => {
  assert.equal(
    rpicamCommand("stream", "rpicam-vid", options({ mode: "1640:1232:10:P" })).join(" "),
    "rpicam-vid -n -t 0 --codec mjpeg --flush --framerate 5 -q 60 --width 1280 --height 720 " +
      "--mode 1640:1232:10:P -o -",
  );
});

Deno.test("the still command lines take no thumbnail, and the timer one is unbuffered", () => {
  const slow = options({ picture: { ...PICTURE, fps: 0.2, quality: 85 } });
  assert.equal(
    rpicamCommand("shot", "rpicam-still", slow).join(" "),
    "rpicam-still -n -t 1500 --thumb none -q 85 --width 1280 --height 720 -o -",
  );
  assert.equal(
    rpicamCommand("timer", "rpicam-still", slow).join(" "),
    "stdbuf -o0 rpicam-still -n -t 0 --timelapse 5000 --zsl --thumb none -q 85 " +
      "--width 1280 --height 720 -o -",
  );
});

Deno.test("rpicam-vid gives whole frames of the wanted size, in the mode with the whole view, and knows every control", async () => {
  const parsed = parseConfig({
    PERCH_URL: "http://127.0.0.1",
    PERCH_TOKEN: "0123456789abcdef",
    ...{ PERCH_HFLIP: "1", PERCH_VFLIP: "1", PERCH_ROTATION: "180", PERCH_CAMERA: "0" },
    ...{ PERCH_BRIGHTNESS: "-0.2", PERCH_CONTRAST: "1.1", PERCH_SATURATION: "1.1" },
    ...{ PERCH_SHARPNESS: "1.1", PERCH_EXPOSURE: "long", PERCH_EV: "-0.5", PERCH_AWB: "daylight" },
    ...{ PERCH_METERING: "average", PERCH_SHUTTER: "20000", PERCH_GAIN: "2", PERCH_HDR: "off" },
    ...{ PERCH_FLICKER_US: "10000", PERCH_DENOISE: "cdn_off", PERCH_AUTOFOCUS: "manual" },
    ...{ PERCH_LENS_POSITION: "0.5", PERCH_EXTRA_ARGS: "--roi 0,0,1,1" },
  });
  assert.ok(parsed.ok);
  const { picture, controls, extraArgs } = parsed.config;
  const { sizes, warnings, args } = await take({ picture, controls, extraArgs }, 3);
  assert.deepEqual(sizes, ["1280x720", "1280x720", "1280x720"]);
  assert.ok(args.includes("--mode 1640:1232:10:P"), args);
  assert.deepEqual(warnings, []);
});

Deno.test("the second camera has modes of its own", async () => {
  const second = { camera: 1, controls: ["--camera", "1"] };
  assert.match((await take(second, 1, { install: { cameras: "two" } })).args, / 2304:1296:10:P /);
});

Deno.test("on Bullseye the programs are called libcamera, and a mode from the settings wins", async () => {
  const names = ["libcamera-vid", "libcamera-still"];
  const { starts, args } = await take({ mode: "1920:1080:10:P" }, 1, { install: { names } });
  assert.equal(starts[0].name, "libcamera-vid");
  assert.match(args, / 1920:1080:10:P /);
});

Deno.test("a wrong extra argument is a mistake in the settings, and is not left out in silence", () =>
  assert.rejects(take({ extraArgs: ["--nope", "1"] }, 1), {
    kind: "configuration",
    message: /unrecognised option '--nope'/,
  }));

Deno.test("an option that this build does not know is left out, and said once", async () => {
  const { sizes, warnings } = await take({ controls: ["--from-the-future", "1"] }, 1);
  assert.equal(sizes.length, 1);
  const said = "rpicam-vid does not know --from-the-future: going on without it";
  assert.deepEqual(warnings, [said]);
});

Deno.test("leaving out an option leaves out its value, and no other option", () => {
  const command = "vid -n --hflip --mode 1:2 --ev -0.5 -o -";
  const without = (option: string) => withoutOption(command.split(" "), option).join(" ");
  assert.equal(without("--mode"), "vid -n --hflip --ev -0.5 -o -");
  assert.equal(without("--ev"), "vid -n --hflip --mode 1:2 -o -");
  assert.equal(without("--hflip"), "vid -n --mode 1:2 --ev -0.5 -o -");
});

Deno.test("the timer gives each still when it is taken, not when the next one pushes it out", async () => {
  const picture = { ...PICTURE, fps: 1 };
  // What the program holds back when it ends is lost.
  const faults = "init:0,shot:0,exit:1:7";
  const { sizes, args } = await take({ picture }, 1, { kind: "still", faults });
  assert.deepEqual(sizes, ["1280x720"]);
  assert.match(args, /--timelapse/);
});

Deno.test("slow stills are one process a shot", async () => {
  const asleep = Promise.withResolvers<number>();
  const clock = {
    ...systemClock,
    sleep(ms: number, signal?: AbortSignal) {
      if (ms > 15_000 && ms < 20_001) asleep.resolve(ms);
      return ms === 30_000 ? systemClock.sleep(ms, signal) : Promise.resolve();
    },
  };
  const picture = { ...PICTURE, fps: 0.05 };
  const { sizes, starts, args } = await take({ picture }, 2, { kind: "still", clock });
  assert.deepEqual(sizes, ["1280x720", "1280x720"]);
  assert.ok(await asleep.promise <= 20_000);
  assert.ok(starts.length >= 2);
  assert.doesNotMatch(args, /--timelapse/);
});

const LIST = `Available cameras
-----------------
0 : imx219 [3280x2464 10-bit RGGB] (/base/soc/i2c0mux/i2c@1/imx219@10)
    Modes: 'SRGGB10_CSI2P' : 640x480 [206.65 fps - (1000, 752)/1280x960 crop]
                             1640x1232 [41.85 fps - (0, 0)/3280x2464 crop]
                             1920x1080 [47.57 fps - (680, 692)/1920x1080 crop]
                             3280x2464 [21.19 fps - (0, 0)/3280x2464 crop]
           'SRGGB8' : 640x480 [206.65 fps - (1000, 752)/1280x960 crop]
                      1640x1232 [41.85 fps - (0, 0)/3280x2464 crop]

1 : imx708_wide [4608x2592 10-bit RGGB] (/base/soc/i2c0mux/i2c@0/imx708@1a)
    Modes: 'SRGGB10_CSI2P' : 1536x864 [120.13 fps - (768, 432)/3072x1728 crop]
                             2304x1296 [56.03 fps - (0, 0)/4608x2592 crop]
                             4608x2592 [14.35 fps - (0, 0)/4608x2592 crop]

`;

Deno.test("reads cameras and their modes", () => {
  const [v2, v3] = parseCameraList(LIST);
  assert.deepEqual([v2.index, v2.model, v2.width, v2.height], [0, "imx219", 3280, 2464]);
  assert.equal(v2.modes.length, 6);
  const crop = { width: 3280, height: 2464 };
  const mode = { width: 1640, height: 1232, bits: 8, packed: false, fps: 41.85, crop };
  assert.deepEqual(v2.modes[5], mode);
  assert.deepEqual([v3.index, v3.model, v3.modes.length], [1, "imx708_wide", 3]);
  assert.deepEqual(parseCameraList("No cameras available!\n"), []);
});

Deno.test("picks the smallest mode with the whole view that is large and fast enough, if any is", () => {
  const [v2, v3] = parseCameraList(LIST);
  assert.equal(fullViewMode(v2, { width: 1280, height: 720, fps: 5 }), "1640:1232:10:P");
  assert.equal(fullViewMode(v2, { width: 1920, height: 1080, fps: 5 }), "3280:2464:10:P");
  assert.equal(fullViewMode(v3, { width: 1280, height: 720, fps: 30 }), "2304:1296:10:P");
  assert.equal(fullViewMode(v2, { width: 1280, height: 720, fps: 60 }), undefined);
  assert.equal(fullViewMode(v2, { width: 4056, height: 3040, fps: 1 }), undefined);
});
