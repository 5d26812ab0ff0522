// Who may import whom, as a pure decision: the lint plugin only walks the syntax tree.

import { posix } from "node:path";

/** Names of the rules about imports. */
export type ImportRule =
  | "halves-apart"
  | "shared-imports-only-zod"
  | "hono-at-the-border"
  | "client-without-zod"
  | "testing-by-tests"
  | "no-child-process-module";

/** A rule that an import breaks, and what to do instead. */
export interface ImportProblem {
  readonly rule: ImportRule;
  readonly message: string;
}

/** Files of shared/ that bring zod along. A file that imports one of these belongs here too. */
const SHARED_WITH_ZOD: ReadonlySet<string> = new Set(["shared/settings.ts", "shared/wire.ts"]);

const HONO = /^((npm|jsr):\/?)?(@hono\/[\w-]+|hono)(@|\/|$)/;
const HONO_FILES = /^edge\/((app|auth|problem)\.ts$|routes\/)/;

/** Whether `file` exists for tests only. Paths are relative to the project, with slashes. */
export function isTestFile(file: string): boolean {
  return file.startsWith("shared/testing/") || /_(test|bench|contract)\.tsx?$/.test(file);
}

/** `pi`, `edge`, `shared`, or whatever the first folder is called. */
function half(file: string): string {
  return file.split("/", 1)[0];
}

/**
 * The rules that importing `specifier` from `file` breaks.
 *
 * @param file Relative to the project, with slashes.
 * @param typeOnly Whether the import is gone once types are stripped.
 */
export function importProblems(
  file: string,
  specifier: string,
  typeOnly: boolean,
): ImportProblem[] {
  const relative = specifier.startsWith(".");
  const target = relative ? posix.join(posix.dirname(file), specifier) : undefined;
  const problems: ImportProblem[] = [];
  const found = (rule: ImportRule, message: string) => problems.push({ rule, message });

  if (target !== undefined && !file.startsWith("shared/testing/")) {
    const [from, to] = [half(file), half(target)];
    if (from !== to && (from === "pi" || from === "edge") && (to === "pi" || to === "edge")) {
      found("halves-apart", `${from}/ imports ${target}: put what both need into shared/.`);
    }
    if (target.startsWith("shared/testing/") && !isTestFile(file)) {
      found(
        "testing-by-tests",
        `${file} imports ${target}: only tests may import shared/testing/.`,
      );
    }
  }
  if (half(file) === "shared" && !isTestFile(file) && !isLauncher(file)) {
    const inside = target !== undefined && half(target) === "shared";
    if (!inside && specifier !== "zod") {
      found(
        "shared-imports-only-zod",
        `shared/ imports "${specifier}": only zod and other files of shared/ are allowed.`,
      );
    }
    const brings = specifier === "zod" || (target !== undefined && SHARED_WITH_ZOD.has(target));
    if (brings && !typeOnly && !SHARED_WITH_ZOD.has(file)) {
      found(
        "client-without-zod",
        `${file} brings zod along through "${specifier}": move this to a file listed in ` +
          `SHARED_WITH_ZOD (shared/testing/lint_imports.ts), or add the file there if no browser needs it.`,
      );
    }
  }
  if (HONO.test(specifier) && !HONO_FILES.test(file) && !isTestFile(file)) {
    found(
      "hono-at-the-border",
      `${file} imports "${specifier}": only edge/app.ts, auth.ts, problem.ts and routes/ know hono.`,
    );
  }
  if (file.startsWith("edge/client/") && !isTestFile(file) && !isBuildScript(file)) {
    const own = target?.startsWith("edge/client/");
    const shared = target !== undefined && half(target) === "shared" &&
      (typeOnly || !SHARED_WITH_ZOD.has(target));
    if (!own && !shared) {
      found(
        "client-without-zod",
        `the page imports "${specifier}": only edge/client/ and files of shared/ without zod are allowed.`,
      );
    }
  }
  if (/^node:(child_process|process)$/.test(specifier) && !isTestFile(file)) {
    found("no-child-process-module", `${file} imports "${specifier}": use Deno, where rules hold.`);
  }
  return problems;
}

/** Whether `file` is part of the launcher, which starts both halves as processes. */
export function isLauncher(file: string): boolean {
  return file.startsWith("shared/launch/");
}

/** Whether `file` bundles the page: run by `deno task build`, never by the edge. */
export function isBuildScript(file: string): boolean {
  return /^edge\/(client\/)?build(_\w+)?\.ts$/.test(file);
}
