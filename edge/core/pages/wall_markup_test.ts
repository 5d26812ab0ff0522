import assert from "node:assert/strict";
import type { CameraStatus } from "../../../shared/wire.ts";
import { wallMarkup } from "./wall_markup.ts";

const status = (change: Partial<CameraStatus>): CameraStatus => ({
  cam: "garden",
  state: "idle",
  version: 1,
  ageMs: 42_000,
  fps: 0,
  intervalMs: 10_000,
  viewers: 0,
  ...change,
});

const CASES: readonly [Partial<CameraStatus>, RegExp][] = [
  [{ state: "live" }, /data-state="live".*live\.jpeg.*>Live</],
  [{}, /data-state="idle".*>Idle</],
  [{ state: "stale" }, /data-state="stale".*Last picture 42 s ago.*>Not live</],
  [{ state: "offline", ageMs: 7_200_000 }, /data-state="offline".*Last picture 2 h ago.*>Offline</],
  [
    { state: "offline", version: undefined, ageMs: undefined },
    /data-state="empty".*Waiting for the first picture.*>No picture yet</,
  ],
];

for (const [change, wanted] of CASES) {
  Deno.test(`plain HTML says of a camera: ${wanted.source.split(">").at(-1)!.slice(0, -1)}`, () => {
    assert.match(wallMarkup([status(change)]), wanted);
  });
}

Deno.test("plain HTML asks for no picture where there is none", () => {
  assert.doesNotMatch(wallMarkup([status({ version: undefined })]), /<img/);
});
