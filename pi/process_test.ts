import assert from "node:assert/strict";
import { systemClock } from "../shared/clock.ts";
import { createSpawn, LineTail, TAIL_LINE_LENGTH, TAIL_LINES } from "./process.ts";

const NEVER = new AbortController().signal;

const text = (chunks: readonly Uint8Array[]) =>
  new TextDecoder().decode(new Uint8Array(chunks.flatMap((chunk) => [...chunk])));

/** Runs a program to its end. @returns what it wrote, and how it ended. */
async function run(command: readonly string[], signal = NEVER, env?: Record<string, string>) {
  const chunks: Uint8Array[] = [];
  const spawn = createSpawn({ clock: systemClock, env });
  const outcome = await spawn(command, signal, (chunk) => chunks.push(chunk));
  return { wrote: text(chunks), outcome };
}

Deno.test("a child's stdout comes as bytes, its stderr as lines, its end as a code", async () => {
  const script = "printf abc; echo first >&2; echo second >&2; printf def; exit 7";
  const { wrote, outcome } = await run(["sh", "-c", script]);
  assert.equal(wrote, "abcdef");
  assert.deepEqual(outcome, { kind: "exited", code: 7, stderr: ["first", "second"] });
});

Deno.test("a program that is not installed is missing", async () => {
  assert.deepEqual((await run(["perch-no-such-program"])).outcome, { kind: "missing" });
});

Deno.test("a program that cannot be run is a failed run, not a crash", async () => {
  const { outcome } = await run(["/tmp"]);
  assert.ok(outcome.kind === "exited" && outcome.code === 126);
  assert.match(outcome.stderr[0], /denied/i);
});

for (
  const [what, trap, patienceMs, code, stderr] of [
    ["a child is asked to end with TERM", "trap 'echo bye >&2; exit 5' TERM", 60_000, 5, ["bye"]],
    ["a child that ignores TERM is killed", "trap '' TERM", 50, 128 + 9, []],
  ] as const
) {
  Deno.test(what, async () => {
    const sleep = (ms: number, signal?: AbortSignal) =>
      systemClock.sleep(ms === 3000 ? patienceMs : ms, signal);
    const spawn = createSpawn({ clock: { ...systemClock, sleep } });
    const stop = new AbortController();
    const script = `${trap}; echo ready; while :; do sleep 0.05; done`;
    const outcome = await spawn(["sh", "-c", script], stop.signal, () => stop.abort());
    assert.deepEqual(outcome, { kind: "exited", code, stderr });
  });
}

Deno.test("while a child that outlived KILL is there, nothing new starts", async () => {
  // For this clock three seconds are over at once: before any child can have ended.
  const spawn = createSpawn({ clock: { ...systemClock, sleep: () => Promise.resolve() } });
  const stop = new AbortController();
  let pid = 0;
  const first = await spawn(["sh", "-c", "echo $$; exec sleep 100"], stop.signal, (chunk) => {
    pid = Number(text([chunk]));
    stop.abort();
  });
  assert.deepEqual(first, { kind: "stuck", pid, stderr: [] });
  assert.deepEqual(await spawn(["true"], NEVER, () => {}), first);
  let outcome = await spawn(["true"], NEVER, () => {});
  while (outcome.kind === "stuck") {
    await new Promise((resolve) => setTimeout(resolve, 5));
    outcome = await spawn(["true"], NEVER, () => {});
  }
  assert.equal(outcome.kind === "exited" && outcome.code, 0);
});

Deno.test("an abort before the start ends the child at once", async () => {
  const { outcome } = await run(["sleep", "1000"], AbortSignal.abort());
  assert.equal(outcome.kind === "exited" && outcome.code, 128 + 15);
});

Deno.test("a flood on stderr neither blocks the child nor stays in memory", async () => {
  const script = "i=0; while [ $i -lt 20000 ]; do echo warning $i >&2; i=$((i+1)); done; echo done";
  const { wrote, outcome } = await run(["sh", "-c", script]);
  assert.equal(wrote, "done\n");
  assert.ok(outcome.kind === "exited" && outcome.stderr.length === 50);
  assert.equal(outcome.stderr[49], "warning 19999");
});

Deno.test("a pipe that a grandchild keeps open does not hold up the end", async () => {
  const { wrote, outcome } = await run(["sh", "-c", "sleep 1000 & echo $!; exit 3"]);
  assert.equal(outcome.kind === "exited" && outcome.code, 3);
  Deno.kill(Number(wrote), "SIGKILL");
});

Deno.test("no child gets a setting: both programs' secrets may stand in one .env", async () => {
  const secrets = ["PERCH_TOKEN", "PERCH_PUBLISH_TOKENS", "PERCH_VIEW_TOKEN", "PERCH_INPUT"];
  const before = secrets.map((name) => [name, Deno.env.get(name)] as const);
  for (const name of secrets) Deno.env.set(name, "a-secret-that-no-child-sees");
  try {
    const { wrote } = await run(["env"], NEVER, { OF_ITS_OWN: "1" });
    assert.doesNotMatch(wrote, /no-child-sees/);
    assert.match(wrote, /^OF_ITS_OWN=1$/m);
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  }
});

Deno.test("keeps the last lines of text that comes cut anywhere", () => {
  const tail = new LineTail();
  const text = Array.from({ length: 200 }, (_, n) => `line ${n}\n`).join("");
  for (let at = 0; at < text.length; at += 7) tail.push(text.slice(at, at + 7));
  tail.push("half a l");
  assert.equal(tail.lines.length, TAIL_LINES);
  assert.deepEqual(tail.lines.slice(-2), ["line 199", "half a l"]);
});

Deno.test("memory stays bounded where a program never ends its line", () => {
  const tail = new LineTail();
  for (let n = 0; n < 1000; n++) tail.push("x".repeat(1000));
  assert.ok(tail.lines.join("").length <= TAIL_LINE_LENGTH);
});

Deno.test("progress that is written over is one line, and what follows it is kept", () => {
  const tail = new LineTail();
  tail.push("opened\r\n");
  for (let n = 0; n < 1000; n++) tail.push(`frame=${n} fps=5 size=12345kB\r`);
  tail.push("oh dear\n");
  assert.deepEqual(tail.lines, ["opened", "oh dear"]);
});

Deno.test("no cut leaves half of a password: an address is taken out before its line is cut", () => {
  const input = "rtsp://me:s3 cret@cam/1";
  for (let length = 380; length < 420; length++) {
    for (const end of ["", "\n"]) {
      const tail = new LineTail(["ffmpeg", "-i", input]);
      tail.push("x".repeat(length) + ` ${input}: gone${end}`);
      assert.doesNotMatch(tail.lines.join(), /s3|cr/);
    }
  }
});
