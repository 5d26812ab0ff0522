import assert from "node:assert/strict";
import { systemClock } from "../../shared/clock.ts";
import { createSpawn, type Spawn } from "../process.ts";
import { explainExit, runCommand, unknownOption } from "./command.ts";
import { SourceError } from "./source.ts";

const NEVER = new AbortController().signal;
const spawn = createSpawn({ clock: systemClock });

/** How running `command` fails. */
async function failure(
  command: readonly string[],
  { stopped, by = spawn }: { stopped?: SourceError; by?: Spawn } = {},
): Promise<SourceError> {
  const stop = new AbortController();
  const onBytes = () => stopped && stop.abort(stopped);
  const error = await runCommand(by, command, stop.signal, onBytes).then(() => undefined, (e) => e);
  assert.ok(error instanceof SourceError, String(error));
  return error;
}

Deno.test("a program that is not there is a wrong setting", async () => {
  const error = await failure(["perch-no-such-program"]);
  assert.deepEqual([error.kind, error.message], [
    "configuration",
    "perch-no-such-program is not installed",
  ]);
});

Deno.test("a program stopped for a reason fails with that reason, and what its lines mean", async () => {
  const stall = new SourceError("hardware", "no picture for 5 s");
  const hang = (line: string) => ["sh", "-c", `echo '${line}' >&2; echo x; exec sleep 100`];
  const known = await failure(hang("ERROR RPI vc4.cpp:1 Camera frontend has timed out!"), {
    stopped: stall,
  });
  assert.equal(
    known.message,
    "no picture for 5 s: the camera stopped answering: check the cable and the power supply",
  );
  assert.equal(known.detail.length, 1);
  assert.equal((await failure(hang("hello"), { stopped: stall })).message, "no picture for 5 s");
});

Deno.test("a program that was told to stop has not failed", async () => {
  const stop = new AbortController();
  await runCommand(spawn, ["sh", "-c", "echo x; exec sleep 100"], stop.signal, () => stop.abort());
});

Deno.test("a program that ends well gives its last lines back", async () => {
  assert.deepEqual(await runCommand(spawn, ["sh", "-c", "echo bye >&2"], NEVER, () => {}), ["bye"]);
});

Deno.test("a program that survives being killed needs a reboot", async () => {
  const by: Spawn = () => Promise.resolve({ kind: "stuck", pid: 7, stderr: [] });
  const error = await failure(["stdbuf", "-o0", "rpicam-still"], { by });
  assert.deepEqual(
    [error.kind, error.message],
    ["stuck", "reboot needed: rpicam-still (process 7) cannot be killed"],
  );
});

// deno-fmt-ignore
const CASES: readonly [stderr: string, kind: string, message: RegExp][] = [
  ["ERROR: *** unrecognised option '--nope' ***", "configuration", /settings: unrecognised option '--nope'$/],
  ["ERROR: *** the argument ('abc') for option '--width' is invalid ***", "configuration", /'--width' is invalid/],
  ["ERROR: *** no cameras available ***", "hardware", /ribbon cable .* camera_auto_detect=1/],
  ["ERROR: *** selected camera is not available ***", "configuration", /PERCH_CAMERA/],
  ["ERROR: *** failed to acquire camera /base/soc/i2c0mux/i2c@1/imx219@10 ***", "hardware", /in use by another program/],
  ["ERROR V4L2 v4l2_videodevice.cpp:1241 Unable to request 1 buffers: Cannot allocate memory\nERROR: *** failed to start camera ***", "hardware", /gpu_mem/],
  ["ERROR RPI vc4.cpp:100 dmaHeap allocation failure for rpicam-apps0\nERROR: *** failed to allocate capture buffers for stream ***", "hardware", /no memory in one piece \(CMA\)/],
  ["ioctl(VIDIOC_STREAMON): No space left on device\n/dev/video2: No space left on device", "hardware", /USB has no bandwidth left/],
  ["VIDIOC_STREAMON returned -1 (No space left on device)", "hardware", /without a hub/],
  ["VIDIOC_REQBUFS returned -1 (Cannot allocate memory)", "hardware", /no memory/],
  ["ERROR: *** failed to start camera ***", "hardware", /power supply/],
  ["Could not open any dmaHeap device", "hardware", /group video/],
  ["ERROR: rpicam-apps currently only supports the Raspberry Pi platforms.", "configuration", /no Raspberry Pi/],
  ["ERROR: the system appears to be configured for the legacy camera stack", "configuration", /raspi-config/],
  ["Unrecognized option 'foo'.\nError splitting the argument list: Option not found", "configuration", /'foo'/],
  ["/dev/v4l/by-id/usb-x: No such file or directory", "hardware", /plugged in/],
  ["Connection to tcp://10.0.0.7:554 failed: Connection refused", "hardware", /cannot be reached: Connection refused/],
  ["pipe:0: Invalid data found when processing input", "hardware", /no picture and no film/],
  ["pipe:0: End of file", "hardware", /no picture and no film/],
  ["[rtsp @ 0x1] method DESCRIBE failed: 401 Unauthorized", "configuration", /answers 401 Unauthorized/],
];

for (const [stderr, kind, message] of CASES) {
  Deno.test(`explains: ${stderr.split("\n")[0]}`, () => {
    const error = explainExit("rpicam-vid", 255, [
      "[0:00:12.3] [1] INFO Camera",
      ...stderr.split("\n"),
    ]);
    assert.equal(error.kind, kind);
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /\*\*\*|\n/);
    assert.equal(error.detail.at(-1), stderr.split("\n").at(-1));
  });
}

Deno.test("an end that says nothing known is told as it is", () => {
  const error = explainExit("rpicam-vid", 134, ["terminate called", "what(): oh dear"]);
  assert.equal(error.kind, "hardware");
  assert.equal(error.message, "rpicam-vid ended with code 134: what(): oh dear");
});

Deno.test("names the option that a build does not know", () => {
  assert.equal(unknownOption(["ERROR: *** unrecognised option '--mode' ***"]), "--mode");
  assert.equal(unknownOption(["ERROR: *** unrecognised option '--mode=1:2' ***"]), "--mode");
  assert.equal(unknownOption(["ERROR: *** no cameras available ***"]), undefined);
});

Deno.test("what a camera says while it starts well is no reason for its end", () => {
  const chatter = [
    "[0:00:12.026] [42]  INFO Camera camera_manager.cpp:340 libcamera v0.7.1+rpt20260429",
    "Mode selection for 1640:1232:10:P(5)",
    "    SRGGB10_CSI2P,640x480/206.65 - Score: 2066.5",
    "Stream configuration adjusted",
  ];
  assert.equal(explainExit("rpicam-vid", 1, chatter).message, "rpicam-vid ended with code 1");
  const words = explainExit("rpicam-vid", 134, [
    ...chatter.slice(0, 3),
    "what(): oops",
    chatter[3],
  ]);
  assert.equal(words.message, "rpicam-vid ended with code 134: what(): oops");
});
