import assert from "node:assert/strict";
import { FakeClock } from "../../shared/testing/fake_clock.ts";
import { fakeLog } from "../../shared/testing/fake_log.ts";
import { type ErrorResult, SendDeadline, UplinkStatus } from "./uplink.ts";

/** Deadlines for frames of so many bytes, after others took so many ms. */
function deadlines(took: readonly (readonly [ms: number, bytes: number])[], ...sizes: number[]) {
  const deadline = new SendDeadline();
  for (const [ms, bytes] of took) deadline.arrived(ms, bytes);
  return sizes.map((bytes) => deadline.for(bytes));
}

// deno-fmt-ignore
const UPLINKS = [
  ["an unknown uplink gets 15 s", [], [50_000], [15_000]],
  ["a fast uplink gets 2 s", Array(30).fill([40, 50_000]), [50_000], [2000]],
  ["a slow uplink is left in peace: three times what frames take, more for larger ones", [[2000, 100_000]], [100_000, 200_000, 10_000], [6000, 12_000, 6000]],
  ["an uplink that turns slow is learnt at once", [[1000, 100_000], [5000, 100_000]], [100_000], [15_000]],
  ["an uplink that turns fast is learnt bit by bit", [[1000, 100_000], [5000, 100_000], [1000, 100_000]], [100_000], [12_600]],
] as const;

for (const [what, took, sizes, wanted] of UPLINKS) {
  Deno.test(what, () => assert.deepEqual(deadlines(took, ...sizes), wanted));
}

Deno.test("each timeout doubles the next deadline, up to two minutes, until a frame arrives", () => {
  const deadline = new SendDeadline();
  deadline.arrived(100, 50_000);
  const limits = Array.from({ length: 8 }, () => {
    deadline.timedOut();
    return deadline.for(50_000);
  });
  assert.deepEqual(limits, [4000, 8000, 16_000, 32_000, 64_000, 120_000, 120_000, 120_000]);
  deadline.arrived(100, 50_000);
  assert.equal(deadline.for(50_000), 2000);
});

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
