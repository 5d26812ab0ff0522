import assert from "node:assert/strict";
import { SendDeadline } from "./send_deadline.ts";

Deno.test("an unknown uplink gets 15 s, a fast one 2 s", () => {
  const deadline = new SendDeadline();
  assert.equal(deadline.for(50_000), 15_000);
  for (let n = 0; n < 30; n++) deadline.arrived(40, 50_000);
  assert.equal(deadline.for(50_000), 2000);
});

Deno.test("a slow uplink is left in peace: three times what frames take, more for larger ones", () => {
  const deadline = new SendDeadline();
  deadline.arrived(2000, 100_000);
  assert.equal(deadline.for(100_000), 6000);
  assert.equal(deadline.for(200_000), 12_000);
  assert.equal(deadline.for(10_000), 6000);
});

Deno.test("an uplink that turns slow is learnt at once, one that turns fast bit by bit", () => {
  const deadline = new SendDeadline();
  deadline.arrived(1000, 100_000);
  deadline.arrived(5000, 100_000);
  assert.equal(deadline.for(100_000), 15_000);
  deadline.arrived(1000, 100_000);
  assert.equal(deadline.for(100_000), 12_600);
});

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
