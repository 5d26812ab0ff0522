import assert from "node:assert/strict";
import { RunningProgram } from "./processes.ts";

Deno.test("a running program's lines are awaited, past and future, from stdout and stderr", async () => {
  await using program = new RunningProgram("sh", "sh", [
    "-c",
    "echo one; echo two >&2; sleep 0.05; printf three",
  ]);
  assert.equal((await program.line(/^t(w)o$/))[1], "w");
  assert.equal((await program.line(/one/))[0], "one");
  assert.equal((await program.line(/three/))[0], "three");
  assert.equal((await program.ended()).code, 0);
});

Deno.test("a program that ends without the line says what it wrote instead", async () => {
  await using program = new RunningProgram("sh", "sh", ["-c", "echo no such camera; exit 2"]);
  await assert.rejects(program.line(/listening/), /sh ended without .*\nno such camera/);
  assert.equal((await program.ended()).code, 2);
});

Deno.test("a program gets the environment it is given and nothing of the test's own", async () => {
  Deno.env.set("PERCH_LEAK", "1");
  await using program = new RunningProgram("sh", "sh", ["-c", 'echo "$A:$PERCH_LEAK:end"'], {
    env: { A: "a" },
  });
  await program.line(/^a::end$/);
  Deno.env.delete("PERCH_LEAK");
});

Deno.test("a program is stopped by the signal that is asked for", async () => {
  await using program = new RunningProgram("sh", "sh", ["-c", "echo up; exec sleep 60"]);
  await program.line(/up/);
  assert.equal((await program.stop("SIGKILL")).signal, "SIGKILL");
  program.kill("SIGTERM");
});
