// The project's rules as a lint plugin: who may import whom, who may touch which part of Deno, how
// long a file may be. A message says what to do instead.

import { posix } from "node:path";
import { fileURLToPath } from "node:url";

/** Lines after which a file that is no test wants to be two files. */
export const MAX_LINES = 400;

const ROOT = fileURLToPath(new URL("../../", import.meta.url)).replaceAll("\\", "/");

const SHARED = "shared/(?!testing/|launch/)";
const NO_PROCESSES = "(?!node:(child_process|process)$)";
const HALVES = "pi/ and edge/ share by shared/";
const HOMES = "a home knows the core and itself";

/**
 * Files, and what they may use: files of the project, packages and modules of the platform, and whether
 * `Deno` at all; then what to do instead. The first row that a file is in decides. Tests and builds may
 * use what they like of their half.
 */
const ROOMS = ([
  ["shared/(testing|launch)/", "", "", true, ""],
  ["pi/.*_test\\.ts$", "(pi|shared)/", "", true, HALVES],
  ["edge/(.*_test|(client|workers)/build)\\.ts$", "(edge|shared)/", "", true, HALVES],
  ["shared/.*_test\\.ts$", "shared/", "", true, "shared/ knows neither program"],
  ["shared/", SHARED, "(zod|node:util)$", false, "shared/ does no I/O"],
  [
    "edge/client/",
    `(edge/client/|${SHARED})`,
    "(mediabunny|uqr)$",
    false,
    "the page runs in browsers",
  ],
  [
    "edge/core/",
    `(edge/core/|${SHARED})`,
    "(hono(/|$)|zod$)",
    false,
    "edge/core runs anywhere: ask its Platform",
  ],
  ["edge/deno/", `(edge/(core|deno)/|${SHARED})`, NO_PROCESSES, true, HOMES],
  ["edge/workers/", `(edge/(core|workers)/|${SHARED})`, "", false, HOMES],
  ["pi/", `(pi/|${SHARED})`, `${NO_PROCESSES}(?!hono)`, true, HALVES],
] as const).map(([files, imports, packages, deno, instead]) => {
  const at = (pattern: string) => new RegExp(`^${pattern}`);
  return { files: at(files), imports: at(imports), packages: at(packages), deno, instead };
});

/** Parts of Deno that only some files touch. */
const REACH: readonly { parts: RegExp; files: RegExp; instead: string }[] = [
  {
    parts: /^(addSignalListener|args|env|exit|exitCode|removeSignalListener)$/,
    files: /\/main\.ts$/,
    instead: "main.ts touches it and passes on what others need",
  },
  {
    parts: /^(Kv|Atomic|openKv$)/,
    files: /^edge\/deno\/kv\//,
    instead: "use FrameStore or PeerStore",
  },
  {
    parts: /^(Command|ChildProcess|kill$|spawn)/,
    files: /^(pi\/process|shared\/launch\/main)\.ts$/,
    instead: "process.ts starts programs",
  },
];

function isTest(file: string): boolean {
  return file.startsWith("shared/testing/") || /(_test|\/build)\.ts$/.test(file);
}

/** What is wrong with importing `specifier` from `file`. Paths are relative to the project. */
function importProblem(file: string, specifier: string): string | undefined {
  const found = ROOMS.find(({ files }) => files.test(file));
  if (!found) return undefined;
  const own = specifier.startsWith(".");
  const target = own ? posix.join(posix.dirname(file), specifier) : specifier;
  const allowed = own ? found.imports : found.packages;
  return allowed.test(target) ? undefined : `${file} imports "${target}": ${found.instead}.`;
}

/** What is wrong with `Deno.<name>` in `file`, as a value or as a type. */
function reachProblem(file: string, name: string): string | undefined {
  if (isTest(file)) return undefined;
  const found = ROOMS.find(({ files }) => files.test(file));
  if (found && !found.deno) return `${file} touches Deno.${name}: ${found.instead}.`;
  const rule = REACH.find(({ parts }) => parts.test(name));
  return rule && !rule.files.test(file)
    ? `${file} touches Deno.${name}: ${rule.instead}.`
    : undefined;
}

/** The path inside the project, with slashes. */
function pathOf({ filename }: Deno.lint.RuleContext): string {
  const path = filename.replaceAll("\\", "/");
  return path.startsWith(ROOT) ? path.slice(ROOT.length) : path;
}

const imports: Deno.lint.Rule = {
  create(context) {
    const check = (node: Deno.lint.Node, specifier: unknown) => {
      const message = typeof specifier === "string"
        ? importProblem(pathOf(context), specifier)
        : undefined;
      if (message) context.report({ node, message });
    };
    return {
      ImportDeclaration: (node) => check(node, node.source.value),
      ExportNamedDeclaration: (node) => check(node, node.source?.value),
      ExportAllDeclaration: (node) => check(node, node.source.value),
      ImportExpression: (node) =>
        check(node, node.source.type === "Literal" ? node.source.value : undefined),
      TSImportType(node) {
        const { argument } = node;
        if (argument.type !== "TSLiteralType" || argument.literal.type !== "Literal") return;
        check(node, argument.literal.value);
      },
    };
  },
};

const reach: Deno.lint.Rule = {
  create(context) {
    const check = (node: Deno.lint.Node, left: Deno.lint.Node, right: Deno.lint.Node) => {
      if (left.type !== "Identifier" || left.name !== "Deno" || right.type !== "Identifier") return;
      const message = reachProblem(pathOf(context), right.name);
      if (message) context.report({ node, message });
    };
    return {
      MemberExpression: (node) => check(node, node.object, node.property),
      TSQualifiedName: (node) => check(node, node.left, node.right),
    };
  },
};

const smallFiles: Deno.lint.Rule = {
  create(context) {
    return {
      Program(node) {
        const lines = context.sourceCode.text.trimEnd().split("\n").length;
        if (lines <= MAX_LINES || isTest(pathOf(context))) return;
        const message = `${lines} lines, at most ${MAX_LINES} wanted: split it by what it holds.`;
        context.report({ node, message });
      },
    };
  },
};

const plugin: Deno.lint.Plugin = {
  name: "perch",
  rules: { imports, reach, "small-files": smallFiles },
};
export default plugin;
