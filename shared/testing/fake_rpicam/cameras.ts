// The cameras that can be "attached", as --list-cameras prints them.

/** One camera: its line and its modes. */
export type Camera = string;

const IMX219_MODES = `640x480 [206.65 fps - (1000, 752)/1280x960 crop]
1640x1232 [41.85 fps - (0, 0)/3280x2464 crop]
1920x1080 [47.57 fps - (680, 692)/1920x1080 crop]
3280x2464 [21.19 fps - (0, 0)/3280x2464 crop]`;

const IMX219: Camera = `imx219 [3280x2464 10-bit RGGB] (/base/soc/i2c0mux/i2c@1/imx219@10)
    Modes: 'SRGGB10_CSI2P' : ${IMX219_MODES.replaceAll("\n", "\n" + " ".repeat(29))}
           'SRGGB8' : ${IMX219_MODES.replaceAll("\n", "\n" + " ".repeat(22))}
`;

const IMX708: Camera =
  `imx708 [4608x2592 10-bit RGGB] (/base/axi/pcie@1000120000/rp1/i2c@88000/imx708@1a)
    Modes: 'SRGGB10_CSI2P' : 1536x864 [120.13 fps - (768, 432)/3072x1728 crop]
                             2304x1296 [56.03 fps - (0, 0)/4608x2592 crop]
                             4608x2592 [14.35 fps - (0, 0)/4608x2592 crop]
`;

const ATTACHED = { imx219: [IMX219], imx708: [IMX708], two: [IMX219, IMX708], none: [] } as const;

export type Attached = keyof typeof ATTACHED;

/** The cameras of `FAKE_RPICAM_CAMERAS`; an imx219 where it says nothing known. */
export function attachedCameras(name: string | undefined): readonly Camera[] {
  return ATTACHED[name as Attached] ?? ATTACHED.imx219;
}

export function listCameras(cameras: readonly Camera[]): string {
  if (cameras.length === 0) return "No cameras available!\n";
  const list = cameras.map((camera, index) => `${index} : ${camera}\n`).join("");
  return `Available cameras\n-----------------\n${list}`;
}

/** What libcamera calls it. */
export function idOf(camera: Camera): string {
  return /\((\/.*)\)$/m.exec(camera)![1];
}
