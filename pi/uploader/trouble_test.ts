import assert from "node:assert/strict";
import type { Log } from "../../shared/log.ts";
import { FakeClock } from "../../shared/testing/fake_clock.ts";
import { type BadVerdict, Trouble } from "./trouble.ts";

function start() {
  const clock = new FakeClock();
  const lines: string[] = [];
  const note = (message: string) => void lines.push(message);
  const log: Log = { info: note, warn: note, error: note };
  return { clock, lines, trouble: new Trouble(clock, log) };
}

function lost(port: number): BadVerdict {
  return { kind: "failed", detail: `error sending request from 10.0.0.7:${port} for http://edge` };
}

Deno.test("trouble is told when it starts and when it is over", async () => {
  const { clock, lines, trouble } = start();
  trouble.start(lost(1));
  trouble.start(lost(1));
  assert.match(trouble.text!, /cannot be reached/);
  await clock.tick(5000);
  trouble.end();
  trouble.end();
  assert.equal(trouble.text, undefined);
  assert.deepEqual(lines.map((line) => line.slice(0, 29)), [
    "the edge cannot be reached: e",
    "the edge takes frames again",
  ]);
});

Deno.test("the same trouble from another port is no news", () => {
  const { lines, trouble } = start();
  for (let port = 40_000; port < 40_100; port++) trouble.start(lost(port));
  assert.equal(lines.length, 1);
});

Deno.test("a network that comes and goes is told once a minute, not at every turn", async () => {
  const { clock, lines, trouble } = start();
  for (let second = 0; second < 110; second += 2) {
    trouble.start(lost(second));
    await clock.tick(1000);
    trouble.end();
    await clock.tick(1000);
  }
  assert.equal(lines.length, 4, lines.join("\n"));
});

Deno.test("other trouble is news at once", () => {
  const { lines, trouble } = start();
  trouble.start(lost(1));
  trouble.start({ kind: "busy", status: 503, detail: "HTTP 503", retryMs: 1000 });
  trouble.start({ kind: "refused", status: 401, detail: "wrong token" });
  assert.equal(lines.length, 3);
});
