import assert from "node:assert/strict";
import { INITIAL_WINDOW, MAX_WINDOW, nextWindow, type WindowState } from "./socket.ts";

/** Acknowledgements on a line whose round trip depends on the window. */
function run(count: number, rtt: (size: number) => number, limited = true): WindowState[] {
  const states = [INITIAL_WINDOW];
  for (let i = 0; i < count; i++) {
    const last = states.at(-1)!;
    states.push(nextWindow(last, rtt(last.size), limited));
  }
  return states;
}

Deno.test("a slow line keeps a window of one nearly all the time", () => {
  const states = run(1000, (size) => size * 500);
  const wider = states.filter(({ size }) => size > 1).length;
  assert.ok(wider < 30, `${wider} of 1000 with more than one frame under way`);
});

Deno.test("a long line opens to the largest window and stays there", () => {
  const states = run(200, () => 300);
  assert.equal(states.at(-1)!.size, MAX_WINDOW);
});

Deno.test("a line that is fast enough is left at one", () => {
  assert.equal(run(200, () => 5, false).at(-1)!.size, 1);
});

Deno.test("a long line that becomes slow goes back to one", () => {
  let state = run(200, () => 300).at(-1)!;
  for (let i = 0; i < 20; i++) state = nextWindow(state, state.size * 700, true);
  assert.equal(state.size, 1);
});

Deno.test("a very slow line is never given a second frame", () => {
  const states = run(200, (size) => size * 3700);
  assert.ok(states.every(({ size }) => size === 1));
});
