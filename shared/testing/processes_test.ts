import assert from "node:assert/strict";
import { RunningProgram } from "./processes.ts";

Deno.test("a program gets the environment it is given and nothing of the test's own", async () => {
  Deno.env.set("PERCH_LEAK", "1");
  await using program = new RunningProgram("sh", "sh", ["-c", 'echo "$A:$PERCH_LEAK:end"'], {
    env: { A: "a" },
  });
  await program.line(/^a::end$/);
  Deno.env.delete("PERCH_LEAK");
});

Deno.test("a program that ends without the line says what it wrote instead", async () => {
  await using program = new RunningProgram("sh", "sh", ["-c", "echo no such camera; exit 2"]);
  await assert.rejects(program.line(/listening/), /sh ended without .*\nno such camera/);
});
