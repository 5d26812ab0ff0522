import assert from "node:assert/strict";
import { Latest } from "../shared/latest.ts";
import { FakeClock } from "../shared/testing/fake_clock.ts";
import type { Report } from "../shared/wire.ts";
import { createProfiles, isWithin, pageOf, runReporter } from "./agent.ts";
import { parseConfig } from "./config.ts";
import type { UploadResult } from "./uploader/transport.ts";

const at = (hours: number, minutes = 0) => hours * 60 + minutes;

Deno.test("a range of hours may span midnight", () => {
  const night = { from: at(21, 30), to: at(6) };
  assert.ok(isWithin(at(21, 30), night) && isWithin(at(0), night) && isWithin(at(5, 59), night));
  assert.ok(!isWithin(at(6), night) && !isWithin(at(12), night) && !isWithin(at(21, 29), night));
  const noon = { from: at(11), to: at(13) };
  assert.ok(isWithin(at(12), noon) && !isWithin(at(13), noon) && !isWithin(at(23), noon));
});

Deno.test("by night the shutter is long and frames are few, and the watchdog knows", () => {
  const parsed = parseConfig({
    PERCH_URL: "http://127.0.0.1",
    PERCH_TOKEN: "0123456789abcdef",
    PERCH_NIGHT: "22:00-06:00",
    PERCH_NIGHT_FPS: "0.5",
  });
  assert.ok(parsed.ok);
  const profile = createProfiles(parsed.config, (picture) => ({
    name: JSON.stringify(picture),
    run: () => Promise.resolve(),
  }));
  const day = profile(new Date(2026, 5, 1, 12).getTime());
  const night = profile(new Date(2026, 5, 1, 23).getTime());
  assert.match(day.source.name, /"fps":5,/);
  assert.match(night.source.name, /"fps":0.5,.*"shutter":500000,"gain":8/);
  assert.equal(night.limits.stallMs, 10_000);
  assert.equal(profile(new Date(2026, 5, 2, 12).getTime()).source, day.source);
});

interface Stage {
  readonly clock: FakeClock;
  readonly reports: Latest<Report>;
  readonly sent: Report[];
  answer(result: UploadResult): void;
}

async function reporting(
  test: (stage: Stage) => Promise<void>,
  about: Pick<Report, "name" | "zone"> = {},
): Promise<void> {
  const [clock, reports, sent] = [new FakeClock(), new Latest<Report>(), [] as Report[]];
  let result: UploadResult = { kind: "accepted" };
  const send = (report: Report) => {
    sent.push(report);
    return Promise.resolve(result);
  };
  const stop = new AbortController();
  const running = runReporter({ clock, reports, send, about }, stop.signal);
  await test({ clock, reports, sent, answer: (one) => result = one });
  stop.abort();
  await running;
}

const STATES = (reports: readonly Report[]) => reports.map(({ state }) => state);

Deno.test("each new state is reported once", () =>
  reporting(async ({ clock, reports, sent }) => {
    reports.set({ state: "starting" });
    await clock.tick(10_000);
    reports.set({ state: "running" });
    await clock.tick(600_000);
    assert.deepEqual(STATES(sent), ["starting", "running"]);
  }));

Deno.test("a report that was lost is sent again, unless there is newer news", () =>
  reporting(async ({ clock, reports, sent, answer }) => {
    answer({ kind: "failed", detail: "no network" });
    reports.set({ state: "failing", error: "no camera found" });
    await clock.tick(6000);
    assert.equal(sent.length, 2);
    reports.set({ state: "running" });
    answer({ kind: "accepted" });
    await clock.tick(600_000);
    assert.deepEqual(STATES(sent), ["failing", "failing", "running"]);
  }));

Deno.test("a camera in trouble says so each minute, for an edge that was restarted", () =>
  reporting(async ({ clock, reports, sent }) => {
    reports.set({ state: "failing", error: "no camera found" });
    await clock.tick(125_000);
    assert.equal(sent.length, 3);
    reports.set({ state: "running" });
    await clock.tick(600_000);
    assert.equal(sent.length, 4);
  }));

Deno.test("a report the edge does not want is not sent again", () =>
  reporting(async ({ clock, reports, sent, answer }) => {
    answer({ kind: "refused", status: 404, detail: "Not found." });
    reports.set({ state: "starting" });
    await clock.tick(600_000);
    assert.equal(sent.length, 1);
  }));

Deno.test("a camera with a name says it with each report, and each minute for an edge that was restarted", () =>
  reporting(async ({ clock, reports, sent }) => {
    reports.set({ state: "running" });
    await clock.tick(125_000);
    const report: Report = { state: "running", name: "Küche", zone: "Europe/Zurich" };
    assert.deepEqual(sent, [report, report, report]);
  }, { name: "Küche", zone: "Europe/Zurich" }));

Deno.test("a camera is watched on its own page, the default one at the edge's root", () => {
  assert.equal(pageOf("https://a.example/perch", "cam"), "https://a.example/perch/");
  assert.equal(pageOf("https://a.example", "barn"), "https://a.example/cams/barn");
});
