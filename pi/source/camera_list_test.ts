import assert from "node:assert/strict";
import { fullViewMode, parseCameraList } from "./camera_list.ts";

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
  assert.deepEqual(v2.modes[5], {
    width: 1640,
    height: 1232,
    bits: 8,
    packed: false,
    fps: 41.85,
    crop: { width: 3280, height: 2464 },
  });
  assert.deepEqual([v3.index, v3.model, v3.modes.length], [1, "imx708_wide", 3]);
});

Deno.test("an empty list has no cameras", () => {
  assert.deepEqual(parseCameraList("No cameras available!\n"), []);
});

Deno.test("picks the smallest mode with the whole view that is large and fast enough", () => {
  const [v2, v3] = parseCameraList(LIST);
  assert.equal(fullViewMode(v2, { width: 1280, height: 720, fps: 5 }), "1640:1232:10:P");
  assert.equal(fullViewMode(v2, { width: 1920, height: 1080, fps: 5 }), "3280:2464:10:P");
  assert.equal(fullViewMode(v3, { width: 1280, height: 720, fps: 30 }), "2304:1296:10:P");
});

Deno.test("leaves the choice to the camera where no mode with the whole view will do", () => {
  const [v2] = parseCameraList(LIST);
  assert.equal(fullViewMode(v2, { width: 1280, height: 720, fps: 60 }), undefined);
  assert.equal(fullViewMode(v2, { width: 4056, height: 3040, fps: 1 }), undefined);
});
