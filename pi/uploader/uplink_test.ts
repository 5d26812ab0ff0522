import assert from "node:assert/strict";
import { FakeClock } from "../../shared/testing/fake_clock.ts";
import { type ErrorResult, UplinkStatus } from "./uplink.ts";
import { fakeLog } from "../../shared/testing/fake_log.ts";

function start() {
  const clock = new FakeClock();
  const { lines, log } = fakeLog();
  return { clock, lines, uplink: new UplinkStatus(clock, log) };
}

const LOST: ErrorResult = { kind: "failed", detail: "client error (Connect): no route" };

Deno.test("trouble is told when it starts and when it is over", async () => {
  const { clock, lines, uplink } = start();
  uplink.failed(LOST);
  uplink.failed(LOST);
  assert.match(uplink.text!, /cannot be reached/);
  await clock.tick(5000);
  uplink.recovered();
  uplink.recovered();
  assert.equal(uplink.text, undefined);
  assert.deepEqual(lines.map((line) => line.slice(0, 29)), [
    "the edge cannot be reached: c",
    "the edge takes frames again",
  ]);
});

Deno.test("a network that comes and goes is told once a minute, not at every turn", async () => {
  const { clock, lines, uplink } = start();
  for (let second = 0; second < 110; second += 2) {
    uplink.failed(LOST);
    await clock.tick(1000);
    uplink.recovered();
    await clock.tick(1000);
  }
  assert.equal(lines.length, 4, lines.join("\n"));
});

Deno.test("other trouble is news at once", () => {
  const { lines, uplink } = start();
  uplink.failed(LOST);
  uplink.failed({ kind: "busy", status: 503, detail: "HTTP 503", retryMs: 1000 });
  uplink.failed({ kind: "refused", status: 401, detail: "wrong token" });
  assert.equal(lines.length, 3);
});
