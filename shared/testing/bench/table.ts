// Figures as a table of text, and two runs side by side.

import type { BenchResult, Row } from "./scenario.ts";

/** Rows with one column for each figure that any of them has. */
export function renderTable(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))];
  return align([
    ["", ...columns],
    ...rows.map(({ subject, figures }) => [
      subject,
      ...columns.map((column) => cell(figures[column])),
    ]),
  ]);
}

/** Every figure that both runs have, with how the second relates to the first. */
export function renderComparison(a: BenchResult, b: BenchResult): string {
  const before = figuresOf(a);
  const lines = [["", "before", "after", "after / before"]];
  for (const [name, after] of figuresOf(b)) {
    const was = before.get(name);
    if (typeof was !== "number" || typeof after !== "number") continue;
    lines.push([name, cell(was), cell(after), was === 0 ? "" : (after / was).toFixed(3)]);
  }
  return align(lines);
}

function figuresOf(run: BenchResult): Map<string, number | string> {
  const all = new Map<string, number | string>();
  for (const { scenario, rows } of run.results) {
    for (const { subject, figures } of rows) {
      for (const [name, value] of Object.entries(figures)) {
        all.set(`${scenario}, ${subject}, ${name}`, value);
      }
    }
  }
  return all;
}

function cell(value: number | string | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "string") return value;
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** First column to the left, all others to the right. */
function align(lines: readonly (readonly string[])[]): string {
  const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  return lines
    .map((line) =>
      line.map((text, i) => i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i])).join("  ")
    )
    .join("\n");
}
