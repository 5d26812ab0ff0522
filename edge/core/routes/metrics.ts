// GET /metrics: Prometheus text.

import type { Handler } from "hono";
import type { CameraHub } from "../cameras/camera.ts";
import type { EdgeDeps } from "../deps.ts";
import { route } from "./request.ts";

/** Everything counted on this instance. */
export function getMetrics(deps: EdgeDeps): Handler {
  const { metrics, hub, store } = deps;
  metrics.gauge("perch_cameras", "Cameras known here.", () => hub.cameras.length);
  const storeAnswers = () => store.state.answering ? 1 : 0;
  metrics.gauge("perch_store_answering", "1 while the store answers, else 0.", storeAnswers);
  const { memoryBytes } = deps;
  // As Prometheus names it.
  const memory = "process_resident_memory_bytes";
  if (memoryBytes) metrics.gauge(memory, "Memory that the process takes.", memoryBytes);

  return route({
    summary: "Counters for Prometheus",
    answers: { 200: ["text format 0.0.4", ["text/plain"]] },
  }, (context) => {
    for (const camera of hub.cameras) observe(camera);
    return context.text(metrics.render(), 200, {
      "content-type": "text/plain; version=0.0.4; charset=utf-8",
      "cache-control": "no-store",
    });
  });

  function observe(camera: CameraHub): void {
    const gauge = (name: string, help: string, read: () => number) =>
      metrics.gauge(name, help, read, { cam: camera.cam });
    gauge("perch_viewers", "Viewers of this instance.", () => camera.viewers.here);
    gauge("perch_frame_age_seconds", "Since the newest frame came; NaN before the first.", () => {
      return (camera.status().ageMs ?? NaN) / 1000;
    });
    metrics.countedBy(
      "perch_frames_skipped_total",
      "Frames that slow viewers skipped.",
      () => camera.skipped,
      { cam: camera.cam },
    );
  }
}
