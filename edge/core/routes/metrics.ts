// GET /metrics: Prometheus text.

import type { Handler } from "hono";
import type { CameraHub } from "../cameras/camera.ts";
import type { EdgeDeps } from "../edge.ts";
import { route } from "./request.ts";

export function getMetrics({ metrics, hub, store, memoryBytes }: EdgeDeps): Handler {
  const each = (read: (camera: CameraHub) => number) => () =>
    Object.fromEntries(hub.cameras.map((camera) => [`cam="${camera.cam}"`, read(camera)]));
  const age = each(({ ageMs = NaN }) => ageMs / 1000);
  const skipped = each((camera) => camera.skipped);
  const storeAnswers = () => store.state.problem === undefined ? 1 : 0;
  metrics.gauge("perch_cameras", "Cameras known here.", () => hub.cameras.length);
  metrics.gauge("perch_viewers", "Viewers of this instance.", each(({ viewers }) => viewers.here));
  metrics.gauge(
    "perch_frame_age_seconds",
    "Since the newest frame came; NaN before the first.",
    age,
  );
  metrics.countedBy("perch_frames_skipped_total", "Frames that slow viewers skipped.", skipped);
  metrics.gauge("perch_store_answering", "1 while the store answers, else 0.", storeAnswers);
  // As Prometheus names it.
  const memory = "process_resident_memory_bytes";
  if (memoryBytes) metrics.gauge(memory, "Memory that the process takes.", memoryBytes);

  return route({
    summary: "Counters for Prometheus",
    answers: { 200: ["text format 0.0.4", ["text/plain"]] },
  }, (context) =>
    context.text(metrics.render(), 200, {
      "content-type": "text/plain; version=0.0.4; charset=utf-8",
      "cache-control": "no-store",
    }));
}
