import assert from "node:assert/strict";
import { type AckPace, EACH_FRAME, nextAckPace } from "./ack_pace.ts";

function run(pace: AckPace, count: number, rttMs: number, limited = false): AckPace {
  for (let i = 0; i < count; i++) pace = nextAckPace(pace, rttMs, limited);
  return pace;
}

const every = (count: number, rttMs: number, limited = false) =>
  run(EACH_FRAME, count, rttMs, limited).every;

Deno.test("a fast line is asked for every second frame after sixteen acknowledgements", () => {
  assert.equal(every(15, 60), 1);
  assert.equal(every(16, 60), 2);
  assert.equal(every(1000, 60), 2);
});

Deno.test("a line slower than the camera, or simply slow, is asked for each frame", () => {
  assert.equal(every(1000, 60, true), 1);
  assert.equal(every(1000, 500), 1);
});

Deno.test("one slow acknowledgement is enough to ask for each frame again, and for longer", () => {
  const fast = run(EACH_FRAME, 16, 20);
  const slow = nextAckPace(fast, 400, false);
  assert.equal(slow.every, 1);
  assert.equal(nextAckPace(fast, 20, true).every, 1);
  assert.equal(run(slow, 63, 20).every, 1);
  assert.equal(run(slow, 64, 20).every, 2);
});

Deno.test("a line that is only now and then fast is never asked for fewer", () => {
  let pace = EACH_FRAME;
  for (let i = 0; i < 100; i++) {
    pace = nextAckPace(run(pace, 15, 20), 400, false);
    assert.equal(pace.every, 1);
  }
});
