// Reads what `--list-cameras` prints, and picks the sensor mode that shows the whole view: left to
// itself a Pi camera takes a cropped 16:9 mode, and the picture looks zoomed in (rpicam-apps#511).

/** A way a sensor can be read out. */
export interface SensorMode {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly packed: boolean;
  readonly fps: number;
  /** The part of the sensor it covers. */
  readonly crop: { readonly width: number; readonly height: number };
}

/** A camera on the Pi's own connector. */
export interface ListedCamera {
  readonly index: number;
  /** The sensor, for instance `imx219`. */
  readonly model: string;
  readonly width: number;
  readonly height: number;
  readonly modes: readonly SensorMode[];
}

const CAMERA = /^(\d+) : (\S+) \[(\d+)x(\d+)/;
const FORMAT = /'[A-Z]+(\d+)(_\w+)?'/;
const MODE = /(\d+)x(\d+) \[([\d.]+) fps - \(\d+, \d+\)\/(\d+)x(\d+) crop\]/;

/** Reads the list; empty where there is no camera. */
export function parseCameraList(text: string): ListedCamera[] {
  const cameras: (ListedCamera & { modes: SensorMode[] })[] = [];
  let format = { bits: 10, packed: true };
  for (const line of text.split("\n")) {
    const camera = CAMERA.exec(line);
    if (camera) {
      const [index, , width, height] = camera.slice(1).map(Number);
      cameras.push({ index, model: camera[2], width, height, modes: [] });
      continue;
    }
    const named = FORMAT.exec(line);
    if (named) format = { bits: Number(named[1]), packed: named[2] !== undefined };
    const mode = MODE.exec(line);
    if (!mode) continue;
    const [width, height, fps, cropWidth, cropHeight] = mode.slice(1).map(Number);
    const crop = { width: cropWidth, height: cropHeight };
    cameras.at(-1)?.modes.push({ width, height, fps, crop, ...format });
  }
  return cameras;
}

/** What a mode has to be good for. */
export interface WantedPicture {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
}

/** How much of the sensor a mode must cover to count as the whole view. */
const FULL = 0.98;

/**
 * The smallest mode with the whole view, at least as large and as fast as the picture wanted, as
 * `--mode` takes it; undefined where there is none and the camera may choose.
 */
export function fullViewMode(camera: ListedCamera, wanted: WantedPicture): string | undefined {
  const best = camera.modes
    .filter((mode) =>
      mode.crop.width >= FULL * camera.width && mode.crop.height >= FULL * camera.height &&
      mode.width >= wanted.width && mode.height >= wanted.height && mode.fps >= wanted.fps
    )
    .sort((a, b) => a.width * a.height - b.width * b.height || b.bits - a.bits)[0];
  return best && `${best.width}:${best.height}:${best.bits}:${best.packed ? "P" : "U"}`;
}
