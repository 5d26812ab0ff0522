// The pictures of jpegs.ts for a runtime that has neither libvips nor ffmpeg: made when a worker is bundled.

import { encodeBase64 } from "hono/utils/encode";
import type { Plugin } from "esbuild";
import { baseline, corpus } from "./jpegs.ts";
import { ROOT } from "./processes.ts";

const REAL = `${ROOT}shared/testing/jpegs.ts`;

/** Sizes that are asked for, and how many different pictures there are of each. */
const SIZES = [[64, 48], [160, 120], [320, 240], [640, 480]] as const;
const VARIANTS = 4;

/** Puts ready pictures where a test would make them, and the runtime's own edge in place of Deno's. */
export const forWorkers: Plugin = {
  name: "tests for Workers",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/test_home\.ts$/ }, () => ({
      path: `${ROOT}shared/testing/worker_home.ts`,
    }));
    onResolve({ filter: /^sharp$/ }, () => ({ external: true }));
    onResolve({ filter: /\/jpegs\.ts$/ }, ({ namespace }) => ({
      path: REAL,
      namespace: namespace === "ready" ? "file" : "ready",
    }));
    onLoad({ filter: /jpegs/, namespace: "ready" }, async () => {
      const pictures: Record<string, string[]> = {};
      for (const [width, height] of SIZES) {
        const made = Array.from({ length: VARIANTS }, () => baseline(width, height));
        pictures[`${width}x${height}`] = (await Promise.all(made)).map((jpeg) =>
          encodeBase64(jpeg.buffer)
        );
      }
      const samples = (await corpus()).map((one) => ({
        ...one,
        jpeg: encodeBase64(one.jpeg.slice().buffer),
      }));
      return {
        resolveDir: ROOT,
        contents: `
          export * from ${JSON.stringify(REAL)};
          const pictures = ${JSON.stringify(pictures)}, samples = ${JSON.stringify(samples)};
          const bytes = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
          let n = 0;
          export const baseline = (width = 320, height = 240) =>
            Promise.resolve(bytes(pictures[width + "x" + height][n++ % ${VARIANTS}]));
          export const corpus = () =>
            Promise.resolve(samples.map((one) => ({ ...one, jpeg: bytes(one.jpeg) })));`,
      };
    });
  },
};
