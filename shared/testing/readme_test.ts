import assert from "node:assert/strict";
import { edgeSettings } from "../../edge/core/config.ts";
import { cameraSettings } from "../../pi/config.ts";
import { settingRows } from "../settings.ts";
import { ROOT } from "./processes.ts";
import { runnableBlocks, settingCells, type SettingRow, tableUnder, withTable } from "./readme.ts";
import { TestEdge } from "./test_edge.ts";

const DOCS = [
  "README.md",
  ...["ARCHITECTURE", "CHANGELOG", "CLIENTS", "CONTRIBUTING", "RUNNING", "SECURITY"]
    .map((name) => `.github/${name}.md`),
];

/** Files for people that name settings too. */
const RECIPES = [
  ".env.example",
  ".github/workflows/release.yml",
  "edge/deploy/Containerfile",
  "edge/deploy/compose.yaml",
  "edge/deploy/monitoring/alerts.yml",
  "edge/deploy/Caddyfile",
  "edge/deploy/nginx.conf",
  "edge/deploy/perch-edge.service",
  "shared/launch/perch-lan.service",
];

let readme = await Deno.readTextFile(`${ROOT}README.md`);

const edgeRows = settingRows(edgeSettings);
const cameraRows = settingRows(cameraSettings);

/**
 * Compares a table with the settings; the failure shows the table that is wanted, and with
 * UPDATE_README set the table is written.
 */
async function sameTable(heading: string, settings: readonly SettingRow[]): Promise<void> {
  const wanted = settings.map(settingCells);
  const rows = wanted.map((cells) => `| ${cells.join(" | ")} |`);
  if (Deno.env.get("UPDATE_README")) {
    readme = withTable(readme, heading, rows);
    await Deno.writeTextFile(`${ROOT}README.md`, readme);
  }
  assert.deepEqual(
    tableUnder(readme, heading),
    wanted,
    `README.md: "${heading}" wants the rows below; UPDATE_README=1 writes them.\n${
      rows.join("\n")
    }`,
  );
}

Deno.test("README's table of edge settings is what the edge reads", async () => {
  await sameTable("Settings of the edge", edgeRows);
});

Deno.test("README's table of camera settings is what the camera agent reads", async () => {
  await sameTable("Settings of the camera", cameraRows);
});

Deno.test("settings named anywhere in the docs exist", async () => {
  const known = new Set([...edgeRows, ...cameraRows].map(({ name }) => name));
  for (const file of [...DOCS, ...RECIPES]) {
    const text = await Deno.readTextFile(`${ROOT}${file}`);
    const unknown = [...text.matchAll(/\bPERCH_[A-Z_]+\b/g)].map(([name]) => name)
      .filter((name) => !known.has(name));
    assert.deepEqual(unknown, [], file);
  }
});

Deno.test("README's endpoints are those that the edge describes", async () => {
  const table = tableUnder(readme, "Endpoints").map(([request]) => request).join("\n");
  const everything = { PERCH_LEGACY_UPLOAD: "true", PERCH_VIEW_TOKEN: "only-friends-know-this" };
  await using edge = await TestEdge.start(everything);
  const { paths }: { paths: object } = await (await edge.request("/openapi.json")).json();
  const wanted = Object.keys(paths).filter((path) =>
    path === "/cams" || !path.startsWith("/cams/")
  );
  for (const path of wanted) {
    const shown = path.replace("{file}", "<version>.jpeg");
    assert.match(table, new RegExp(`[ \`]${RegExp.escape(shown)}[?\`]`), path);
  }
});

Deno.test("links in the docs to files of the project lead somewhere", async () => {
  for (const file of DOCS) {
    const text = await Deno.readTextFile(`${ROOT}${file}`);
    for (const [, target] of text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)) {
      await Deno.stat(new URL(target, `file://${ROOT}${file}`));
    }
  }
});

Deno.test("every file and folder in the architecture's tree is there", async () => {
  const text = await Deno.readTextFile(`${ROOT}.github/ARCHITECTURE.md`);
  const tree = text.slice(text.indexOf("## The tree")).split("```")[1].trim();
  let half = "";
  for (const line of tree.split("\n")) {
    if (!line.startsWith(" ")) half = /^\S+/.exec(line)![0];
    for (
      const [name] of line.replace(/[^ ]*`.*?`[^ ]*/g, "").matchAll(/[\w/]+(?:\.ts|\/)(?= |$)/g)
    ) {
      await Deno.stat(`${ROOT}${line.startsWith(" ") ? half : ""}${name}`);
    }
  }
});

Deno.test("a runnable block is the fenced block behind its marker", () => {
  const text =
    "a\n<!-- runnable until: up -->\n\n```sh\nx\ny\n```\n<!-- runnable -->\n```sh\nz\n```\n";
  assert.deepEqual(runnableBlocks(text), [
    { line: 2, how: { kind: "until", text: "up" }, script: "x\ny" },
    { line: 8, how: { kind: "run" }, script: "z" },
  ]);
  assert.throws(() => runnableBlocks("<!-- runnable -->\ntext"), /line 1: a marker/);
  assert.throws(() => runnableBlocks("<!-- runnable soon -->\n```sh\n```"), /got "runnable soon"/);
});

Deno.test("a table's cells are read without its header", () => {
  const text = "## A\n\ntext\n\n| x | y |\n| --- | --- |\n| `1` | a \\| b |\n|  | c |\n\n## B\n";
  assert.deepEqual(tableUnder(text, "A"), [["`1`", "a \\| b"], ["", "c"]]);
  assert.throws(() => tableUnder(text, "B"), /no table under "B"/);
  assert.throws(() => tableUnder(text, "C"), /no heading "C"/);
});
