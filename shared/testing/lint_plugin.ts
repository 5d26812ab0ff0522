// The project's rules as a lint plugin: who may import whom, who may touch which part of Deno, how
// long a file may be. A message says what to do instead.

import { posix } from "node:path";
import { fileURLToPath } from "node:url";

/** Lines after which a file that is no test wants to be two files. */
export const MAX_LINES = 400;

const ROOT = fileURLToPath(new URL("../../", import.meta.url)).replaceAll("\\", "/");

/** What the files of a room may use. */
interface Room {
  readonly files: RegExp;
  /** Files of the project. */
  readonly imports: RegExp;
  /** Packages and modules of the platform. */
  readonly packages: RegExp;
  /** Whether it may touch `Deno` at all. */
  readonly deno: boolean;
  readonly instead: string;
}

const ANY = /^/;
const SHARED = "^shared/(?!testing/|launch/)";

/** The first room that a file is in decides. Tests and builds may use what they like of their half. */
const ROOMS: readonly Room[] = [
  room(/^shared\/(testing|launch)\//, ANY, ANY, true, ""),
  room(/^pi\/.*_test\.ts$/, /^(pi|shared)\//, ANY, true, "pi/ and edge/ share by shared/"),
  room(
    /^edge\/(.*_test|(client|workers)\/build)\.ts$/,
    /^(edge|shared)\//,
    ANY,
    true,
    "pi/ and edge/ share by shared/",
  ),
  room(/^shared\/.*_test\.ts$/, /^shared\//, ANY, true, "shared/ knows neither program"),
  room(
    /^shared\//,
    /^shared\/(?!testing\/|launch\/)/,
    /^(zod|node:util)$/,
    false,
    "shared/ does no I/O",
  ),
  room(
    /^edge\/client\//,
    anyOf("^edge/client/", SHARED),
    /^(mediabunny|uqr)$/,
    false,
    "the page runs in browsers",
  ),
  room(
    /^edge\/core\//,
    anyOf("^edge/core/", SHARED),
    /^(hono(\/|$)|zod$)/,
    false,
    "edge/core runs anywhere: ask its Platform",
  ),
  room(
    /^edge\/deno\//,
    anyOf("^edge/(core|deno)/", SHARED),
    /^(?!node:(child_process|process)$)/,
    true,
    "a home knows the core and itself",
  ),
  room(
    /^edge\/workers\//,
    anyOf("^edge/(core|workers)/", SHARED),
    ANY,
    false,
    "a home knows the core and itself",
  ),
  room(
    /^pi\//,
    anyOf("^pi/", SHARED),
    /^(?!node:(child_process|process)$|hono)/,
    true,
    "pi/ and edge/ share by shared/",
  ),
];

/** Parts of Deno that only some files touch. */
const REACH: readonly { parts: RegExp; files: RegExp; instead: string }[] = [
  {
    parts: /^(addSignalListener|args|env|exit|exitCode|openKv|removeSignalListener)$/,
    files: /\/main\.ts$/,
    instead: "main.ts touches it and passes on what others need",
  },
  {
    parts: /^(Kv|Atomic)/,
    files: /^edge\/deno\/(kv\/|main\.ts$)/,
    instead: "use FrameStore or PeerStore",
  },
  {
    parts: /^(Command|ChildProcess|kill$|spawn)/,
    files: /^(pi|shared\/launch)\/process\.ts$/,
    instead: "process.ts starts programs",
  },
];

function room(
  files: RegExp,
  imports: RegExp,
  packages: RegExp,
  deno: boolean,
  instead: string,
): Room {
  return { files, imports, packages, deno, instead };
}

function anyOf(...patterns: string[]): RegExp {
  return new RegExp(patterns.join("|"));
}

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
