// Reads the docs as data, so that tests can hold them to what the programs do.

import type { SettingRow } from "../settings.ts";

/** How a command block is to be tried. */
export type BlockKind =
  /** Runs to its end with exit code 0. */
  | { readonly kind: "run" }
  /** Runs until a line holds `text`, then is stopped as with Ctrl-C. */
  | { readonly kind: "until"; readonly text: string }
  /** Runs to its end against an edge that has a picture, in place of `http://localhost:8000`. */
  | { readonly kind: "edge" }
  /** Runs to its end as root of a new server, in place of its `/etc` and `/opt`. */
  | { readonly kind: "server" };

/** A fenced block that says it can be run. */
export interface RunnableBlock {
  /** Line of the marker, from 1. */
  readonly line: number;
  readonly how: BlockKind;
  readonly script: string;
}

/**
 * The blocks behind a marker: `<!-- runnable -->`, `<!-- runnable until: TEXT -->`,
 * `<!-- runnable against an edge -->` or `<!-- runnable on a server -->`.
 *
 * @throws On a marker that is none of these, or that no fenced block follows.
 */
export function runnableBlocks(markdown: string): RunnableBlock[] {
  const lines = markdown.split("\n");
  const blocks: RunnableBlock[] = [];
  for (let i = 0; i < lines.length; i++) {
    const marker = /^<!-- runnable(.*) -->$/.exec(lines[i].trim());
    if (!marker) continue;
    const open = lines.findIndex((line, at) => at > i && line.trim() !== "");
    const close = lines.findIndex((line, at) => at > open && line.startsWith("```"));
    if (!/^```(sh|bash|console)$/.test(lines[open] ?? "") || close < 0) {
      throw new Error(`line ${i + 1}: a marker, but no fenced sh block behind it`);
    }
    blocks.push({
      line: i + 1,
      how: blockKind(marker[1].trim(), i + 1),
      script: lines.slice(open + 1, close).join("\n"),
    });
  }
  return blocks;
}

function blockKind(words: string, line: number): BlockKind {
  if (words === "") return { kind: "run" };
  if (words === "against an edge") return { kind: "edge" };
  if (words === "on a server") return { kind: "server" };
  const until = /^until: (.+)$/.exec(words);
  if (until) return { kind: "until", text: until[1] };
  throw new Error(
    `line ${line}: got "runnable ${words}", wanted nothing, "until: TEXT", "against an edge" or ` +
      `"on a server"`,
  );
}

/**
 * The rows of the first table under a heading, as trimmed cells, without the header.
 *
 * @throws When there is no such heading, or no table under it.
 */
export function tableUnder(markdown: string, heading: string): string[][] {
  const lines = markdown.split("\n");
  const [from, to] = tableRows(lines, heading);
  return lines.slice(from, to).map((line) =>
    line.slice(1, line.lastIndexOf("|")).split(/(?<!\\)\|/).map((cell) => cell.trim())
  );
}

/** `markdown` with other rows in the first table under a heading. */
export function withTable(markdown: string, heading: string, rows: readonly string[]): string {
  const lines = markdown.split("\n");
  const [from, to] = tableRows(lines, heading);
  return [...lines.slice(0, from), ...rows, ...lines.slice(to)].join("\n");
}

/** Where a table's rows begin and end. */
function tableRows(lines: readonly string[], heading: string): [from: number, to: number] {
  const start = lines.findIndex((line) =>
    /^#+ /.test(line) && line.replace(/^#+ /, "") === heading
  );
  if (start < 0) throw new Error(`no heading "${heading}"`);
  const first = lines.findIndex((line, at) => at > start && line.startsWith("|"));
  const next = lines.findIndex((line, at) => at > start && /^#+ /.test(line));
  if (first < 0 || (next >= 0 && first > next)) throw new Error(`no table under "${heading}"`);
  const end = lines.findIndex((line, at) => at > first && !line.startsWith("|"));
  return [first + 2, end < 0 ? lines.length : end];
}

/** The table row of a setting, as cells. */
export function settingCells({ name, fallback, help }: SettingRow): string[] {
  return [`\`${name}\``, fallback ? `\`${fallback}\`` : "", help.replaceAll("|", "\\|")];
}
