// The cameras that can be "attached", as --list-cameras prints them.

/** One sensor mode. */
interface Mode {
  readonly size: string;
  readonly fps: number;
  readonly crop: string;
}

/** One camera. */
export interface Camera {
  readonly model: string;
  readonly size: string;
  readonly id: string;
  /** Raw formats, each with its modes. */
  readonly formats: readonly { readonly name: string; readonly modes: readonly Mode[] }[];
}

/** What is plugged in. */
export type Attached = "imx219" | "imx708" | "two" | "none";

const IMX219_MODES: readonly Mode[] = [
  { size: "640x480", fps: 206.65, crop: "(1000, 752)/1280x960" },
  { size: "1640x1232", fps: 41.85, crop: "(0, 0)/3280x2464" },
  { size: "1920x1080", fps: 47.57, crop: "(680, 692)/1920x1080" },
  { size: "3280x2464", fps: 21.19, crop: "(0, 0)/3280x2464" },
];

const IMX219: Camera = {
  model: "imx219",
  size: "3280x2464",
  id: "/base/soc/i2c0mux/i2c@1/imx219@10",
  formats: [
    { name: "SRGGB10_CSI2P", modes: IMX219_MODES },
    { name: "SRGGB8", modes: IMX219_MODES },
  ],
};

const IMX708: Camera = {
  model: "imx708",
  size: "4608x2592",
  id: "/base/axi/pcie@1000120000/rp1/i2c@88000/imx708@1a",
  formats: [{
    name: "SRGGB10_CSI2P",
    modes: [
      { size: "1536x864", fps: 120.13, crop: "(768, 432)/3072x1728" },
      { size: "2304x1296", fps: 56.03, crop: "(0, 0)/4608x2592" },
      { size: "4608x2592", fps: 14.35, crop: "(0, 0)/4608x2592" },
    ],
  }],
};

const ATTACHED: Readonly<Record<Attached, readonly Camera[]>> = {
  imx219: [IMX219],
  imx708: [IMX708],
  two: [IMX219, IMX708],
  none: [],
};

/** The cameras of `FAKE_RPICAM_CAMERAS`; an imx219 where it says nothing known. */
export function attachedCameras(name: string | undefined): readonly Camera[] {
  return ATTACHED[name as Attached] ?? ATTACHED.imx219;
}

/** The text of `--list-cameras`. */
export function listCameras(cameras: readonly Camera[]): string {
  if (cameras.length === 0) return "No cameras available!\n";
  return "Available cameras\n-----------------\n" + cameras.map(describe).join("");
}

function describe(camera: Camera, index: number): string {
  const modes = camera.formats.map(({ name, modes }, format) => {
    const label = `'${name}' : `;
    const lines = modes.map(({ size, fps, crop }) =>
      `${size} [${fps.toFixed(2)} fps - ${crop} crop]`
    );
    const lead = format === 0 ? "    Modes: " : "           ";
    return lead + label + lines.join("\n" + " ".repeat(label.length + 11)) + "\n";
  });
  return `${index} : ${camera.model} [${camera.size} 10-bit RGGB] (${camera.id})\n${
    modes.join("")
  }\n`;
}
