// The house's rules as a lint plugin: who may import whom, who may touch which part of Deno,
// no barrels, small files. One rule per name, so that a message says which rule it is about.

import { fileURLToPath } from "node:url";
import { importProblems, type ImportRule, isTestFile } from "./lint_imports.ts";
import { reachProblems, type ReachRule } from "./lint_reach.ts";

/** Lines after which a file that is no test wants to be two files. */
export const MAX_LINES = 400;

const ROOT = fileURLToPath(new URL("../../", import.meta.url)).replaceAll("\\", "/");

/** The path inside the project, with slashes. */
function projectPath(filename: string): string {
  const path = filename.replaceAll("\\", "/");
  return path.startsWith(ROOT) ? path.slice(ROOT.length) : path;
}

function importRule(rule: ImportRule): Deno.lint.Rule {
  return {
    create(context) {
      const file = projectPath(context.filename);
      const check = (node: Deno.lint.Node, specifier: unknown, typeOnly: boolean) => {
        if (typeof specifier !== "string") return;
        for (const problem of importProblems(file, specifier, typeOnly)) {
          if (problem.rule === rule) context.report({ node, message: problem.message });
        }
      };
      return {
        ImportDeclaration(node) {
          const typeOnly = node.importKind === "type" || (node.specifiers.length > 0 &&
            node.specifiers.every((one) =>
              one.type === "ImportSpecifier" && one.importKind === "type"
            ));
          check(node, node.source.value, typeOnly);
        },
        ExportNamedDeclaration(node) {
          check(node, node.source?.value, node.exportKind === "type");
        },
        ExportAllDeclaration(node) {
          check(node, node.source.value, node.exportKind === "type");
        },
        ImportExpression(node) {
          check(node, node.source.type === "Literal" ? node.source.value : undefined, false);
        },
        TSImportType(node) {
          const argument = node.argument;
          if (argument.type === "TSLiteralType" && argument.literal.type === "Literal") {
            check(node, argument.literal.value, true);
          }
        },
      };
    },
  };
}

function reachRule(rule: ReachRule): Deno.lint.Rule {
  return {
    create(context) {
      const file = projectPath(context.filename);
      const check = (node: Deno.lint.Node, name: string) => {
        for (const problem of reachProblems(file, name)) {
          if (problem.rule === rule) context.report({ node, message: problem.message });
        }
      };
      return {
        MemberExpression(node) {
          if (node.object.type !== "Identifier" || node.object.name !== "Deno") return;
          if (node.property.type === "Identifier") check(node, node.property.name);
        },
        TSQualifiedName(node) {
          if (node.left.type !== "Identifier" || node.left.name !== "Deno") return;
          if (node.right.type === "Identifier") check(node, node.right.name);
        },
      };
    },
  };
}

const noBarrel: Deno.lint.Rule = {
  create(context) {
    const report = (node: Deno.lint.Node, from: string) =>
      context.report({
        node,
        message: `re-exports "${from}": import a thing from the file it is named after.`,
      });
    return {
      ExportAllDeclaration(node) {
        report(node, node.source.value);
      },
      ExportNamedDeclaration(node) {
        if (node.source) report(node, node.source.value);
      },
    };
  },
};

const smallFiles: Deno.lint.Rule = {
  create(context) {
    return {
      Program(node) {
        const lines = context.sourceCode.text.trimEnd().split("\n").length;
        if (lines <= MAX_LINES || isTestFile(projectPath(context.filename))) return;
        context.report({
          node,
          message: `${lines} lines, at most ${MAX_LINES} wanted: split it by what it holds.`,
        });
      },
    };
  },
};

const plugin: Deno.lint.Plugin = {
  name: "house",
  rules: {
    "halves-apart": importRule("halves-apart"),
    "shared-imports-only-zod": importRule("shared-imports-only-zod"),
    "hono-at-the-border": importRule("hono-at-the-border"),
    "client-without-zod": importRule("client-without-zod"),
    "testing-by-tests": importRule("testing-by-tests"),
    "no-child-process-module": importRule("no-child-process-module"),
    "pure-shared": reachRule("pure-shared"),
    "main-only": reachRule("main-only"),
    "kv-in-store": reachRule("kv-in-store"),
    "commands-in-process": reachRule("commands-in-process"),
    "no-barrel": noBarrel,
    "small-files": smallFiles,
  },
};
export default plugin;
