import assert from "node:assert/strict";
import { edgeSettings } from "../../edge/core/config.ts";
import { cameraSettings } from "../../pi/config.ts";
import { type SettingRow, settingRows } from "../settings.ts";
import { ROOT } from "./processes.ts";
import { settingCells, tableUnder, withTable } from "./readme.ts";
import { TestEdge } from "./test_edge.ts";

const DOCS = [
  "README.md",
  "edge/README.md",
  "edge/workers/README.md",
  "pi/README.md",
  ...[...Deno.readDirSync(`${ROOT}.github`)].map(({ name }) => `.github/${name}`)
    .filter((name) => name.endsWith(".md")),
];

/** What a person reads to the end. */
const README_MOST = { bytes: 9216, lines: 150 };

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

const edgeRows = settingRows(edgeSettings);
const cameraRows = settingRows(cameraSettings);

/**
 * Compares a document's table of settings with what a program reads; the failure shows the table
 * that is wanted, and with UPDATE_README set the table is written.
 */
async function sameTable(doc: string, settings: readonly SettingRow[]): Promise<void> {
  const wanted = settings.map(settingCells);
  const rows = wanted.map((cells) => `| ${cells.join(" | ")} |`);
  let text = await Deno.readTextFile(`${ROOT}${doc}`);
  if (Deno.env.get("UPDATE_README")) {
    text = withTable(text, "Settings", rows);
    await Deno.writeTextFile(`${ROOT}${doc}`, text);
  }
  assert.deepEqual(
    tableUnder(text, "Settings"),
    wanted,
    `${doc}: "Settings" wants the rows below; UPDATE_README=1 writes them.\n${rows.join("\n")}`,
  );
}

Deno.test("README is short enough to be read to the end", async () => {
  const { size } = await Deno.stat(`${ROOT}README.md`);
  const lines = (await Deno.readTextFile(`${ROOT}README.md`)).split("\n").length - 1;
  assert.ok(size <= README_MOST.bytes, `${size} bytes, wanted ${README_MOST.bytes} at most`);
  assert.ok(lines <= README_MOST.lines, `${lines} lines, wanted ${README_MOST.lines} at most`);
});

Deno.test("README's eight settings have the defaults of the programs", async () => {
  const readme = await Deno.readTextFile(`${ROOT}README.md`);
  const all = new Map([...edgeRows, ...cameraRows].map((row) => [row.name, row.fallback ?? ""]));
  const words = (cell: string) => [...cell.matchAll(/`([^`]*)`/g)].map(([, word]) => word);
  const rows = tableUnder(readme, "Settings").map((cells) => cells.map(words));
  assert.equal(rows.length, 8);
  for (const [names, fallbacks] of rows) {
    assert.deepEqual(fallbacks, names.map((name) => all.get(name)).filter(Boolean), names.join());
  }
});

Deno.test("the table of edge settings is what the edge reads", async () => {
  await sameTable("edge/README.md", edgeRows);
});

Deno.test("the table of camera settings is what the camera agent reads", async () => {
  await sameTable("pi/README.md", cameraRows);
});

Deno.test("each program knows the other's settings by name", async () => {
  const file = `${ROOT}shared/setting_names.ts`;
  const text = await Deno.readTextFile(file);
  const names = new Set([...edgeRows, ...cameraRows].map(({ name }) => `"${name}",`));
  const lines = [...names].join(" ").match(/.{1,98}(?= |$)/g)!.map((line) => `  ${line.trim()}\n`);
  const wanted = text.replace(/(= \[\n)[^]*(?=\];)/, `$1${lines.join("")}`);
  if (Deno.env.get("UPDATE_README")) await Deno.writeTextFile(file, wanted);
  else assert.equal(text, wanted, "UPDATE_README=1 writes it");
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

Deno.test("the requests in the docs are those that the edge describes", async () => {
  const text = await Deno.readTextFile(`${ROOT}edge/README.md`);
  const table = tableUnder(text, "Requests").map(([request]) => request).join("\n");
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

/** What a heading is called in an address, as GitHub does it. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replace(/[^\w\- ]/g, "").replaceAll(" ", "-");
}

Deno.test("links in the docs to files and headings of the project lead somewhere", async () => {
  for (const doc of DOCS) {
    const text = await Deno.readTextFile(`${ROOT}${doc}`);
    for (const [, link] of text.matchAll(/(?:\]\(|img src=")(?!https?:|…|\$)([^)"\s]+)/g)) {
      const target = new URL(link, `file://${ROOT}${doc}`);
      await Deno.stat(new URL(target.pathname, target));
      if (!target.hash) continue;
      const there = await Deno.readTextFile(new URL(target.pathname, target));
      const anchors = [...there.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading));
      assert.ok(anchors.includes(target.hash.slice(1)), `${doc}: ${link}`);
    }
  }
});

Deno.test("files that the docs name are there", async () => {
  for (const doc of DOCS) {
    const text = await Deno.readTextFile(`${ROOT}${doc}`);
    for (const line of text.split("\n")) {
      let folder = "";
      for (const [, path, name] of line.matchAll(/`((?:\.?\w+\/)*)(\w+\.(?:ts|sh|service))`/g)) {
        folder = path || folder;
        if (!folder) continue;
        const found = ["", "edge/"].map((half) => Deno.stat(`${ROOT}${half}${folder}${name}`));
        await Promise.any(found).catch(() => assert.fail(`${doc}: ${folder}${name}`));
      }
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
