// What processes cost, read from /proc.

import { readProc } from "./libc.ts";
import { toolPath } from "../tools.ts";

const TICKS_PER_SECOND = 100;

/** Memory of a process that is in RAM, MB. */
export function residentMb(pid: number): number {
  const text = readProc(`${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(text)?.[1]) * 1024 / 1e6;
}

/** CPU seconds that all cores together have worked since the machine started. */
export function machineCpuSeconds(): number {
  const [, user, nice, system, , , irq, softirq, steal] = readProc("stat")
    .split("\n", 1)[0].split(/\s+/).map(Number);
  return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND;
}

/** Whether a process can be kept on one core: the server gets the first, the load the second. */
export const canPin: boolean = navigator.hardwareConcurrency >= 2 &&
  toolPath("taskset") !== undefined;

/** A command line that stays on `core`. */
export function pinned(core: number, command: string, args: readonly string[]): [string, string[]] {
  return canPin ? ["taskset", ["-c", `${core}`, command, ...args]] : [command, [...args]];
}

/** Keeps a running process on `core` from now on. */
export async function pin(core: number, pid: number): Promise<void> {
  if (!canPin) return;
  await new Deno.Command("taskset", { args: ["-acp", `${core}`, `${pid}`], stdout: "null" })
    .output();
}
