import assert from "node:assert/strict";
import { createLog, type LogOptions } from "./log.ts";

function lines(format: LogOptions["format"]): string[] {
  const written: string[] = [];
  const log = createLog({ format, write: (line) => written.push(line), now: () => 0 });
  log.info("camera back", { cam: "nest", after: 12 });
  log.warn("camera lost", { cam: "nest", error: "no frame for 7 s", code: undefined });
  return written;
}

Deno.test("text lines have time, words and fields", () => {
  assert.deepEqual(lines("text"), [
    "1970-01-01T00:00:00.000Z camera back cam=nest after=12",
    '1970-01-01T00:00:00.000Z WARN camera lost cam=nest error="no frame for 7 s"',
  ]);
});

Deno.test("json lines are one object each", () => {
  const time = "1970-01-01T00:00:00.000Z";
  assert.deepEqual(lines("json").map((line) => JSON.parse(line)), [
    { time, level: "info", message: "camera back", cam: "nest", after: 12 },
    { time, level: "warn", message: "camera lost", cam: "nest", error: "no frame for 7 s" },
  ]);
});

Deno.test("journald lines start with their priority and leave the time to the journal", () => {
  assert.deepEqual(lines("journald"), [
    "<6>camera back cam=nest after=12",
    '<4>camera lost cam=nest error="no frame for 7 s"',
  ]);
});

Deno.test("what others wrote neither steers a terminal nor begins a line, in words and in fields", () => {
  for (const format of ["text", "json", "journald"] as const) {
    const written: string[] = [];
    const log = createLog({ format, write: (line) => written.push(line), now: () => 0 });
    const evil = "\x1b[2J\r\n<0>all is well\u009b1m\u2028\u202e\x7f";
    log.warn(`the edge says ${evil}`, { detail: evil, plain: `a${"\u009b"}b` });
    assert.doesNotMatch(written[0], /[\p{Cc}\u2028-\u202e]/u, format);
    if (format === "json") assert.equal(JSON.parse(written[0]).detail, evil);
  }
});

Deno.test("a line that cannot be written ends no program", () => {
  const write = () => {
    throw new Error("No space left on device (os error 28)");
  };
  createLog({ format: "text", write, now: () => 0 }).info("camera back");
});
