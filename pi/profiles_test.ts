import assert from "node:assert/strict";
import { parseConfig } from "./config.ts";
import { createProfiles, isWithin } from "./profiles.ts";

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
