// How much memory a process holds.

/** Resident bytes of a process. Deno itself may not read /proc, and minimal systems have no `ps`. */
export async function residentBytes(pid: number): Promise<number> {
  const { stdout } = await new Deno.Command("cat", { args: [`/proc/${pid}/status`] }).output();
  const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(new TextDecoder().decode(stdout))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}
