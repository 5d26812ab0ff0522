import assert from "node:assert/strict";
import { systemClock } from "../../shared/clock.ts";
import { createSpawn, type Spawn } from "../process.ts";
import { runCommand } from "./command.ts";
import { SourceError } from "./source.ts";

const NEVER = new AbortController().signal;
const spawn = createSpawn({ clock: systemClock });

/** How running `command` fails. */
async function failure(
  command: readonly string[],
  { stopped, by = spawn }: { stopped?: SourceError; by?: Spawn } = {},
): Promise<SourceError> {
  const stop = new AbortController();
  const onBytes = () => stopped && stop.abort(stopped);
  const error = await runCommand(by, command, stop.signal, onBytes).then(() => undefined, (e) => e);
  assert.ok(error instanceof SourceError, String(error));
  return error;
}

Deno.test("a program that is not there is a wrong setting", async () => {
  const error = await failure(["perch-no-such-program"]);
  assert.deepEqual([error.kind, error.message], [
    "configuration",
    "perch-no-such-program is not installed",
  ]);
});

Deno.test("a program stopped for a reason fails with that reason, and what its lines mean", async () => {
  const stall = new SourceError("hardware", "no picture for 5 s");
  const hang = (line: string) => ["sh", "-c", `echo '${line}' >&2; echo x; exec sleep 100`];
  const known = await failure(hang("ERROR RPI vc4.cpp:1 Camera frontend has timed out!"), {
    stopped: stall,
  });
  assert.equal(
    known.message,
    "no picture for 5 s: the camera stopped answering: check the cable and the power supply",
  );
  assert.equal(known.detail.length, 1);
  assert.equal((await failure(hang("hello"), { stopped: stall })).message, "no picture for 5 s");
});

Deno.test("a program that was told to stop has not failed", async () => {
  const stop = new AbortController();
  await runCommand(spawn, ["sh", "-c", "echo x; exec sleep 100"], stop.signal, () => stop.abort());
});

Deno.test("a program that ends well gives its last lines back", async () => {
  assert.deepEqual(await runCommand(spawn, ["sh", "-c", "echo bye >&2"], NEVER, () => {}), ["bye"]);
});

Deno.test("a program that survives being killed needs a reboot", async () => {
  const by: Spawn = () => Promise.resolve({ kind: "stuck", pid: 7, stderr: [] });
  const error = await failure(["stdbuf", "-o0", "rpicam-still"], { by });
  assert.deepEqual(
    [error.kind, error.message],
    ["stuck", "reboot needed: rpicam-still (process 7) cannot be killed"],
  );
});
