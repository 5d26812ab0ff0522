// How the edge itself is. GET /health: 200 `ok`, or 503 with what is wrong in one line. GET /metrics:
// Prometheus text. Neither counts as a viewer.

import { accepts } from "hono/accepts";
import type { Handler } from "hono";
import { z } from "zod";
import type { CameraHub } from "../cameras/camera.ts";
import type { EdgeDeps } from "../edge.ts";
import { NO_STORE, route } from "./request.ts";
import { type CameraStatus, cameraStatusSchema } from "../../../shared/wire.ts";

const healthSchema = z.object({
  ok: z.boolean(),
  line: z.string().describe("`ok`, or what is wrong"),
  store: z.string().describe(
    "what keeps the pictures: `kv`, `sqlite` or `memory`, and what became of it",
  ),
  cams: z.array(cameraStatusSchema).optional(),
}).meta({ title: "Health" });
const BODIES = ["text/plain", healthSchema];

export function getHealth(deps: EdgeDeps): Handler {
  const { config, hub, store, lag, clock } = deps;
  const expected = [...new Set(config.publishTokens.flatMap(({ cam }) => cam ?? []))];

  return route({
    summary: "Whether all is well; `?live` asks for the process alone",
    query: z.object({
      live: z.string().optional().describe("present: whether the process answers"),
    }),
    answers: { 200: ["`ok`", BODIES], 503: ["what is wrong, in one line", BODIES] },
  }, async (context, query) => {
    if (query().live !== undefined) return context.text("ok\n", 200, NO_STORE);
    await hub.refresh();
    const cams = hub.cameras.map((camera) => camera.status());
    const nameless = config.viewToken !== undefined;
    const stallMs = lag.worst(clock.monotonic());
    const health = judgeHealth(cams, expected, store.state.problem, stallMs, nameless);
    const status = health.ok ? 200 : 503;
    const about = { ...health, store: store.state.kind };
    const type = accepts(context, {
      header: "Accept",
      supports: ["text/plain", "application/json"],
      default: "text/plain",
    });
    return type === "application/json"
      ? context.json(nameless ? about : { ...about, cams }, status, NO_STORE)
      : context.text(`${health.line}\n`, status, NO_STORE);
  });
}

export function getMetrics({ metrics, hub, store, memoryBytes }: EdgeDeps): Handler {
  const each = (read: (camera: CameraHub) => number) => () =>
    Object.fromEntries(hub.cameras.map((camera) => [`cam="${camera.cam}"`, read(camera)]));
  const age = each(({ ageMs = NaN }) => ageMs / 1000);
  const skipped = each((camera) => camera.skipped);
  const storeAnswers = () => store.state.problem === undefined ? 1 : 0;
  const gauge = metrics.gauge.bind(metrics);
  gauge("perch_cameras", "Cameras known here.", () => hub.cameras.length);
  gauge("perch_viewers", "Viewers of this instance.", each(({ viewers }) => viewers.here));
  gauge("perch_frame_age_seconds", "Since the newest frame came; NaN before the first.", age);
  metrics.countedBy("perch_frames_skipped_total", "Frames that slow viewers skipped.", skipped);
  gauge("perch_store_answering", "1 while the store answers, else 0.", storeAnswers);
  // As Prometheus names it.
  const memory = "process_resident_memory_bytes";
  if (memoryBytes) gauge(memory, "Memory that the process takes.", memoryBytes);

  return route({
    summary: "Counters for Prometheus",
    answers: { 200: ["text format 0.0.4", ["text/plain"]] },
  }, (context) =>
    context.text(metrics.render(), 200, {
      "content-type": "text/plain; version=0.0.4; charset=utf-8",
      "cache-control": "no-store",
    }));
}

/**
 * Whether all is well, and one line that says what is not, for instance `stale: cam 42 s`.
 *
 * @param nameless Whether strangers read it of a private cam, whose cameras' names are nobody's business.
 * @param expected Cameras that are bound to a token and so expected even before their first frame.
 */
export function judgeHealth(
  cams: readonly CameraStatus[],
  expected: readonly string[],
  storeProblem: string | undefined,
  stallMs: number,
  nameless = false,
): Pick<z.output<typeof healthSchema>, "ok" | "line"> {
  const problems: string[] = [];
  if (stallMs >= STALL_MS) {
    problems.push(`stalled: ${(stallMs / 1000).toFixed(1)} s within a minute`);
  }
  if (storeProblem !== undefined) problems.push(`store: ${storeProblem}`);
  const seen = cams.filter(({ ageMs }) => ageMs !== undefined);
  const missed = expected.filter((cam) => !seen.some((known) => known.cam === cam));
  const lost = [
    ...seen.filter(({ state }) => state === "stale" || state === "offline")
      .map(({ cam, state, ageMs }) => ({ state, words: `${cam} ${Math.floor(ageMs! / 1000)} s` })),
    ...missed.map((cam) => ({ state: "offline", words: `${cam} no frame yet` })),
  ];
  if (!nameless) problems.push(...lost.map(({ state, words }) => `${state}: ${words}`));
  else {
    for (const [state, { length }] of Map.groupBy(lost, ({ state }) => state)) {
      problems.push(`${state}: ${length} camera${length > 1 ? "s" : ""}`);
    }
  }
  return { ok: problems.length === 0, line: problems.join("; ") || "ok" };
}

/** A stall is told of for this long, ms. */
const REMEMBERED_MS = 60_000;

/** From here on it is called a stall, ms. */
export const STALL_MS = 1000;

/** After a stall this long, requests that are read now may have waited, ms. */
const ASLEEP_MS = 5000;

/** For so long afterwards others may have waited too, ms: they are read in no certain order. */
const WAKING_MS = 1000;

/** How late what is done once a second is done. Times are monotonic ms. */
export class LoopLag {
  #worst = { lateMs: 0, at: 0 };
  #last: { readonly lateMs: number; readonly at: number } | undefined;

  /** Notes how late a timer was. @returns Whether it is now that a stall began to be told of. */
  note(lateMs: number, now: number): boolean {
    const known = this.worst(now);
    const waking = this.#last && now - this.#last.at < WAKING_MS && this.#last.lateMs > lateMs;
    if (!waking) this.#last = { lateMs, at: now };
    if (lateMs >= known) this.#worst = { lateMs, at: now };
    return lateMs >= STALL_MS && known < STALL_MS;
  }

  /** Nothing is done once a second until the next note, and nobody waits for it. */
  rest(): void {
    this.#last = undefined;
  }

  /** How long what is read now may have waited, ms: after a sleep it may be as old as that was long. */
  waited(now: number): number {
    if (!this.#last) return 0;
    const { lateMs, at } = this.#last;
    const ms = now - at < WAKING_MS ? lateMs : now - at;
    return ms >= ASLEEP_MS ? ms : 0;
  }

  worst(now: number): number {
    return now - this.#worst.at <= REMEMBERED_MS ? this.#worst.lateMs : 0;
  }
}
