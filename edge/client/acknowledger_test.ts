import assert from "node:assert/strict";
import { readAck } from "../../shared/wire_frame.ts";
import { Acknowledger } from "./acknowledger.ts";

function setUp() {
  const sent: [camera: number, version: number][] = [];
  const acknowledger = new Acknowledger((bytes) => {
    const { camera, version, atOnce } = readAck(bytes)!;
    assert(atOnce > 1, "says that it can acknowledge several at once");
    sent.push([camera, version]);
  });
  return { acknowledger, sent };
}

Deno.test("each frame is acknowledged until the edge asks for fewer", () => {
  const { acknowledger, sent } = setUp();
  for (let version = 1; version <= 3; version++) acknowledger.drawn(0, version);
  acknowledger.ask(0, 2);
  for (let version = 4; version <= 9; version++) acknowledger.drawn(0, version);
  assert.deepEqual(sent, [[0, 1], [0, 2], [0, 3], [0, 5], [0, 7], [0, 9]]);
});

Deno.test("what is owed when the edge asks for each frame again is sent at once, and nothing else", () => {
  const { acknowledger, sent } = setUp();
  acknowledger.ask(0, 2);
  acknowledger.drawn(0, 1);
  assert.deepEqual(sent, []);
  acknowledger.ask(0, 1);
  acknowledger.ask(0, 1);
  assert.deepEqual(sent, [[0, 1]]);
});

Deno.test("cameras are counted apart, and a frame drawn late takes nothing back", () => {
  const { acknowledger, sent } = setUp();
  acknowledger.ask(1, 2);
  acknowledger.drawn(1, 11);
  acknowledger.drawn(0, 5);
  acknowledger.drawn(1, 10);
  assert.deepEqual(sent, [[0, 5], [1, 11]]);
});
