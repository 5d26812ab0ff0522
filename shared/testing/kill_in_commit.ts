// SIGKILL for an edge while it stores a frame, as far as it can be caught at that from outside.

import type { KvConnectServer } from "./kv_connect.ts";
import type { RunningProgram } from "./processes.ts";

/** Kills a program with SIGKILL and says whether that hit it in the middle of a commit. */
export type KillInCommit = (program: RunningProgram) => Promise<boolean>;

/** Less is a record of viewers, not a frame. */
const FRAME_BYTES = 10_000;

/** How long to wait for the start of a commit, ms. */
const AIM_MS = 100;

/** For a program that stores at `server`, and is the only one to store frames there. */
export function killAtServer(server: KvConnectServer): KillInCommit {
  const committing = () => server.openWriteBytes >= FRAME_BYTES;
  return async (program) => {
    for (const end = performance.now() + AIM_MS; !committing() && performance.now() < end;) {
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    program.kill("SIGKILL");
    return committing();
  };
}

/**
 * SQLite locks byte 120 of its `-shm` file from the start of a transaction to its end, and Linux
 * tells who holds a lock. The program is stopped first, because a dead one holds none: it dies where
 * it was stopped. In a shell, because Deno reads `/proc` with all permissions only.
 */
const SCRIPT = `
lock="WRITE $1 [0-9a-f:]*:$2 120 120\\$"
for try in $(seq 50); do grep -q "$lock" /proc/locks && break; done
kill -STOP $1
while grep -qv ') [TtZX] ' /proc/$1/task/*/stat; do :; done
grep -q "$lock" /proc/locks
hit=$?
kill -KILL $1
exit $hit`;

/** For a program that stores in a SQLite file. Where this is not Linux, no commit is seen. */
export function killAtFile(path: string): KillInCommit {
  return async (program) => {
    if (Deno.build.os !== "linux") {
      program.kill("SIGKILL");
      return false;
    }
    const { ino } = await Deno.stat(`${path}-shm`);
    const args = ["-c", SCRIPT, "sh", `${program.pid}`, `${ino}`];
    return (await new Deno.Command("sh", { args }).output()).success;
  };
}
