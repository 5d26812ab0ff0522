// What a day of a camera costs on Workers, counted inside their runtime: requests, messages, time awake
// and rows. Time is simulated; the edge, its storage and its sockets are the real ones.
//
//   deno run -A shared/testing/workers_day.ts

import type { Plugin } from "esbuild";
import { baseline } from "./jpegs.ts";
import { ROOT } from "./processes.ts";
import { Workerd } from "./workerd.ts";

/** Puts the simulated clock in place of the machine's. */
const simulated: Plugin = {
  name: "simulated time",
  setup({ onResolve }) {
    onResolve(
      { filter: /\/clock\.ts$/ },
      ({ importer }) =>
        importer.endsWith("day_clock.ts")
          ? undefined
          : { path: `${ROOT}shared/testing/day_clock.ts` },
    );
  },
};

/** What a day may cost on the free plan, by Cloudflare's page on limits and prices of 2026. */
const FREE = {
  requests: 100_000,
  objectRequests: 100_000,
  gbSeconds: 13_000,
  rowsWritten: 100_000,
  rowsRead: 5_000_000,
};

await using workerd = await Workerd.start({
  entry: "shared/testing/day_worker.ts",
  object: "DayObject",
  plugins: [simulated],
});
const jpeg = await baseline(64, 48);
const DAYS = [
  ["ws", 10, 0],
  ["put", 10, 0],
  ["ws", 1, 1],
  ["ws", 5, 1],
  ["ws", 10, 1],
  ["ws", 1, 24],
  ["ws", 5, 24],
  ["ws", 10, 24],
];
for (const [transport, fps, hours] of DAYS) {
  const query = new URLSearchParams({
    transport: String(transport),
    fps: String(fps),
    hours: String(hours),
  });
  const response = await fetch(`${workerd.url}/?${query}`, { method: "POST", body: jpeg });
  const day = await response.json();
  const parts = Object.entries(FREE).map(([name, free]) =>
    `${name} ${Math.round(day[name])} (${(100 * day[name] / free).toFixed(1)} %)`
  );
  console.log(`${transport}, watched ${hours} h at ${fps} fps: ${parts.join(", ")}`);
}
