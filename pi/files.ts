// The only place that writes files, and only when a service is installed.

import { dirname } from "node:path";

/** Writes a file, and the folder it is in; nobody else reads it before it has its mode. */
export async function writeFile(path: string, text: string, mode: number): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.remove(path).catch(() => {});
  await Deno.writeTextFile(path, text, { mode, createNew: true });
}
