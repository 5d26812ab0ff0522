import assert from "node:assert/strict";
import { dayEnd, daysBefore, dayStart, marks } from "./times.ts";

const HOUR = 3_600_000;
const at = (text: string) => Date.parse(text);

Deno.test("a day begins at midnight where the camera is, and has the hours that clocks there give it", () => {
  const days: [zone: string, time: string, begins: string, hours: number][] = [
    ["Europe/Zurich", "2026-11-21T12:00Z", "2026-11-20T23:00Z", 24],
    ["Europe/Zurich", "2026-10-25T12:00Z", "2026-10-24T22:00Z", 25],
    ["Europe/Zurich", "2026-03-29T12:00Z", "2026-03-28T23:00Z", 23],
    ["America/New_York", "2026-11-21T03:00Z", "2026-11-20T05:00Z", 24],
    ["Asia/Kathmandu", "2026-11-21T12:00Z", "2026-11-20T18:15Z", 24],
    ["Pacific/Kiritimati", "2026-11-21T11:00Z", "2026-11-21T10:00Z", 24],
  ];
  for (const [zone, time, begins, hours] of days) {
    const start = dayStart(at(time), zone);
    assert.equal(new Date(start).toISOString(), new Date(at(begins)).toISOString(), zone);
    assert.equal(dayStart(start, zone), start, "its first moment belongs to it");
    assert.equal(
      dayStart(start - 1, zone),
      dayStart(start - HOUR, zone),
      "the moment before does not",
    );
    assert.equal((dayEnd(start, zone) - start) / HOUR, hours, zone);
  }
});

Deno.test("the days before today go back to the one with the oldest picture", () => {
  const now = at("2026-10-27T12:00Z");
  const zone = "Europe/Zurich";
  const days = (hours: number) =>
    daysBefore(now, now - hours * HOUR, zone).map((day) => new Date(day).getUTCDate());
  assert.deepEqual(days(12), []);
  assert.deepEqual(days(24), [25]);
  assert.deepEqual(days(72), [25, 24, 23]);
});

Deno.test("marks stand where clocks show whole hours, over a change of the clocks too", () => {
  const zone = "Europe/Zurich";
  const start = dayStart(at("2026-10-25T12:00Z"), zone);
  const shown = (step: number) =>
    marks(start, dayEnd(start, zone), step * HOUR, zone)
      .map((time) => new Date(time).toLocaleTimeString("sv", { timeZone: zone, hour: "2-digit" }));
  assert.deepEqual(shown(6), ["00", "06", "12", "18", "00"]);
  assert.deepEqual(shown(1).slice(0, 5), ["00", "01", "02", "02", "03"]);
  const minutes = marks(
    at("2026-11-21T12:01Z"),
    at("2026-11-21T12:16Z"),
    HOUR / 12,
    "Asia/Kathmandu",
  );
  assert.deepEqual(minutes.map((time) => new Date(time).getUTCMinutes()), [5, 10, 15]);
});
