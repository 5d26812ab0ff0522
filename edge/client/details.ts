// The details panel: what was measured here, asked for by the viewer and not shown otherwise.

import { byId, make } from "./elements.ts";
import type { LiveView } from "./live_view.ts";

/** Fills the panel with what is known now. */
export function showDetails(live: LiveView, picture: HTMLCanvasElement): void {
  const { stats, status, connection } = live;
  const rows: [string, string][] = [
    ["Frame age", stats.ageMs === undefined ? "none yet" : `${(stats.ageMs / 1000).toFixed(2)} s`],
    ["Drawn here", `${stats.fps(performance.now()).toFixed(1)} fps`],
    ["From the camera", status ? `${status.fps.toFixed(1)} fps` : "not known"],
    ["Picture", `${picture.width} × ${picture.height}, ${Math.round(stats.bytes / 1024)} KB`],
    ["Road", connection.state.kind === "open" ? connection.state.road : connection.state.kind],
    ["Watching", String(status?.viewers ?? 0)],
  ];
  byId("facts").replaceChildren(
    ...rows.flatMap(([name, value]) => [make("dt", name), make("dd", value)]),
  );
}
