// Which files may touch which part of Deno, as a pure decision for the lint plugin.

import { isBuildScript, isTestFile } from "./lint_imports.ts";

/** Names of the rules about `Deno.*`. */
export type ReachRule = "pure-shared" | "main-only" | "kv-in-store" | "commands-in-process";

/** A rule that a use of `Deno.<name>` breaks, and what to do instead. */
export interface ReachProblem {
  readonly rule: ReachRule;
  readonly message: string;
}

const MAIN_ONLY: ReadonlySet<string> = new Set([
  "addSignalListener",
  "args",
  "env",
  "exit",
  "exitCode",
  "openKv",
  "removeSignalListener",
  "serve",
]);

const KV = /^(Kv|Atomic)/;
const COMMAND = /^(Command|ChildProcess|kill$|spawn)/;

/**
 * The rules that `Deno.<name>` breaks in `file`, as a value or as a type.
 *
 * @param file Relative to the project, with slashes.
 */
export function reachProblems(file: string, name: string): ReachProblem[] {
  if (isTestFile(file)) return [];
  const main = /(^|\/)main\.ts$|^edge\/deno\//.test(file);
  if (file.startsWith("shared/") && !file.startsWith("shared/launch/")) {
    return [{
      rule: "pure-shared",
      message: `Deno.${name} in shared/: shared code does no I/O. Take it as a parameter.`,
    }];
  }
  if (MAIN_ONLY.has(name) && !main && !isBuildScript(file)) {
    return [{
      rule: "main-only",
      message: `Deno.${name} in ${file}: only main.ts touches it and passes on what others need.`,
    }];
  }
  if (KV.test(name) && !main && !/^edge\/store\/kv_\w+\.ts$/.test(file)) {
    return [{
      rule: "kv-in-store",
      message: `Deno.${name} in ${file}: only edge/store/kv_*.ts knows Deno KV. Use FrameStore.`,
    }];
  }
  if (COMMAND.test(name) && !/^(pi|shared\/launch)\/process\.ts$/.test(file)) {
    return [{
      rule: "commands-in-process",
      message:
        `Deno.${name} in ${file}: only pi/process.ts and shared/launch/process.ts start programs.`,
    }];
  }
  return [];
}
