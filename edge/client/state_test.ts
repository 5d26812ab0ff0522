import assert from "node:assert/strict";
import type { CameraStatus } from "../../shared/wire.ts";
import { describe, type Situation } from "./state.ts";

const NOW = Date.UTC(2026, 10, 21, 14, 3);

const status = (change: Partial<CameraStatus> = {}): CameraStatus => ({
  cam: "cam",
  state: "live",
  version: NOW - 100,
  receivedAt: NOW - 100,
  fps: 5,
  intervalMs: 200,
  viewers: 1,
  ...change,
});

const situation = (change: Partial<Situation> = {}): Situation => ({
  connection: { kind: "open", road: "WebSocket", since: 0 },
  status: status(),
  shownAt: NOW - 100,
  now: NOW,
  monotonic: 60_000,
  ...change,
});

const opened = (msAgo: number) => ({
  kind: "open" as const,
  road: "WebSocket",
  since: 60_000 - msAgo,
});

const CASES: readonly [string, Partial<Situation>, string, RegExp?][] = [
  ["a fresh picture", {}, "live"],
  [
    "a camera that says of its fresh picture that it has been the same for long",
    { status: status({ lastError: "the same picture for 5 min" }) },
    "live",
    /The camera reports: the same picture for 5 min/,
  ],
  ["no answer yet", { connection: { kind: "connecting" } }, "connecting"],
  ["an answer without a state", { status: undefined }, "connecting"],
  ["live as the edge says, but nothing on the screen", { shownAt: undefined }, "connecting"],
  ["paused", { connection: { kind: "paused" } }, "paused"],
  ["no pass", { connection: { kind: "private" } }, "private", /This cam is private/],
  [
    "no connection",
    { connection: { kind: "retrying", retryAt: 63_200 } },
    "reconnecting",
    /Connection lost.*Last picture at .*Trying again in 4 s\./,
  ],
  [
    "no network here",
    { connection: { kind: "open", road: "stream", since: 0 }, online: false },
    "reconnecting",
    /You are offline.*Last picture at .*when the network is back/,
  ],
  [
    "nothing ever sent",
    { status: status({ state: "offline", version: undefined, receivedAt: undefined }) },
    "empty",
    /Waiting for the first picture/,
  ],
  [
    "an old picture on the screen of a camera called live",
    { shownAt: NOW - 8000 },
    "stale",
    /Last picture 8 s ago/,
  ],
  ["a slow camera in its own time", {
    shownAt: NOW - 50_000,
    status: status({ intervalMs: 60_000 }),
  }, "live"],
  [
    "stale as the edge says",
    { status: status({ state: "stale" }), shownAt: NOW - 42_000 },
    "stale",
    /Last picture 42 s ago/,
  ],
  [
    "offline",
    {
      status: status({ state: "offline", receivedAt: NOW - 3_600_000, lastError: "no camera" }),
      shownAt: NOW - 3_600_000,
    },
    "offline",
    /Offline since .*The camera reports: no camera/,
  ],
  [
    "just opened on a picture from before",
    { connection: opened(2000), shownAt: NOW - 9000 },
    "waking",
    /Waking the camera/,
  ],
  ["just opened, with a picture from since then", {
    connection: opened(9000),
    shownAt: NOW - 2000,
  }, "live"],
  [
    "opened long ago and still idle",
    { status: status({ state: "idle", intervalMs: 10_000 }), shownAt: NOW - 4000 },
    "idle",
    /A picture every 10 s; last 4 s ago\./,
  ],
  [
    "a camera that keeps its own slow pace, between two of its pictures",
    {
      shownAt: NOW - 8000,
      paceMs: 10_000,
    },
    "idle",
    /A picture every 10 s; last 8 s ago\./,
  ],
  ["a camera that keeps its own slow pace, just after a picture", { paceMs: 10_000 }, "idle"],
  [
    "a camera that has missed its own slow pace",
    {
      shownAt: NOW - 16_000,
      paceMs: 10_000,
    },
    "stale",
    /Last picture 16 s ago/,
  ],
  ["a camera of usual pace", { paceMs: 200 }, "live"],
];

for (const [name, change, kind, words] of CASES) {
  Deno.test(`the page calls it ${kind}: ${name}`, () => {
    const said = describe(situation(change));
    assert.equal(said.kind, kind);
    if (words) assert.match([said.headline, said.detail].join(" "), words);
  });
}

Deno.test("nothing older than five seconds and three intervals is ever called live", () => {
  for (const age of [5001, 6000, 9999, 14_999, 15_001, 30_000, 60_000, 200_000]) {
    for (const intervalMs of [100, 1000]) {
      for (const state of ["live", "idle", "stale", "offline"] as const) {
        for (const since of [0, 50_000, 59_900]) {
          const said = describe(situation({
            connection: { kind: "open", road: "WebSocket", since },
            status: status({ state, intervalMs }),
            shownAt: NOW - age,
          }));
          assert.notEqual(said.kind, "live", `${age} ms, ${state}`);
        }
      }
    }
  }
});
