import assert from "node:assert/strict";
import { explainExit, unknownOption } from "./explain.ts";

const CASES: readonly [stderr: string, kind: string, message: RegExp][] = [
  [
    "ERROR: *** unrecognised option '--nope' ***",
    "configuration",
    /settings: unrecognised option '--nope'$/,
  ],
  [
    "ERROR: *** the argument ('abc') for option '--width' is invalid ***",
    "configuration",
    /'--width' is invalid/,
  ],
  ["ERROR: *** no cameras available ***", "hardware", /ribbon cable .* camera_auto_detect=1/],
  ["ERROR: *** selected camera is not available ***", "configuration", /PERCH_CAMERA/],
  [
    "ERROR: *** failed to acquire camera /base/soc/i2c0mux/i2c@1/imx219@10 ***",
    "hardware",
    /in use by another program/,
  ],
  [
    "ERROR V4L2 v4l2_videodevice.cpp:1241 Unable to request 1 buffers: Cannot allocate memory\nERROR: *** failed to start camera ***",
    "hardware",
    /gpu_mem/,
  ],
  [
    "ERROR RPI vc4.cpp:100 dmaHeap allocation failure for rpicam-apps0\nERROR: *** failed to allocate capture buffers for stream ***",
    "hardware",
    /no memory in one piece \(CMA\)/,
  ],
  [
    "ioctl(VIDIOC_STREAMON): No space left on device\n/dev/video2: No space left on device",
    "hardware",
    /USB has no bandwidth left/,
  ],
  ["VIDIOC_STREAMON returned -1 (No space left on device)", "hardware", /without a hub/],
  ["VIDIOC_REQBUFS returned -1 (Cannot allocate memory)", "hardware", /no memory/],
  ["ERROR: *** failed to start camera ***", "hardware", /power supply/],
  ["Could not open any dmaHeap device", "hardware", /group video/],
  [
    "ERROR: rpicam-apps currently only supports the Raspberry Pi platforms.",
    "configuration",
    /no Raspberry Pi/,
  ],
  [
    "ERROR: the system appears to be configured for the legacy camera stack",
    "configuration",
    /raspi-config/,
  ],
  [
    "Unrecognized option 'foo'.\nError splitting the argument list: Option not found",
    "configuration",
    /'foo'/,
  ],
  ["/dev/v4l/by-id/usb-x: No such file or directory", "hardware", /plugged in/],
  [
    "Connection to tcp://10.0.0.7:554 failed: Connection refused",
    "hardware",
    /cannot be reached: Connection refused/,
  ],
  ["pipe:0: Invalid data found when processing input", "hardware", /no picture and no film/],
  [
    "[rtsp @ 0x1] method DESCRIBE failed: 401 Unauthorized",
    "configuration",
    /answers 401 Unauthorized/,
  ],
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
