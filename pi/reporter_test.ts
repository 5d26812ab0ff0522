import assert from "node:assert/strict";
import { Latest } from "../shared/latest.ts";
import { FakeClock } from "../shared/testing/fake_clock.ts";
import type { Report } from "../shared/wire.ts";
import { runReporter } from "./reporter.ts";
import type { Verdict } from "./uploader/transport.ts";

async function reporting(
  test: (
    stage: {
      clock: FakeClock;
      reports: Latest<Report>;
      sent: Report[];
      answer(verdict: Verdict): void;
    },
  ) => Promise<void>,
): Promise<void> {
  const clock = new FakeClock();
  const reports = new Latest<Report>();
  const sent: Report[] = [];
  let verdict: Verdict = { kind: "accepted" };
  const send = (report: Report) => {
    sent.push(report);
    return Promise.resolve(verdict);
  };
  const stop = new AbortController();
  const running = runReporter({ clock, reports, send }, stop.signal);
  await test({ clock, reports, sent, answer: (one) => verdict = one });
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
