// Bundles the page: `deno task build`. Names carry a hash of the content, so that browsers may keep
// every asset for ever; assets.json tells the edge which name is current. What is text lies there
// compressed as well.

import { brotliCompressSync, gzipSync } from "node:zlib";
import { build, type BuildOptions, stop } from "esbuild";

const here = new URL("./", import.meta.url);
const dist = new URL("./dist/", here);
const path = (name: string) => decodeURIComponent(new URL(name, here).pathname);

const common: BuildOptions = {
  outdir: path("dist"),
  entryNames: "[name]-[hash]",
  bundle: true,
  minify: true,
  target: ["chrome107", "firefox110", "safari16"],
  write: false,
  logLevel: "warning",
};
const pages = await build({
  ...common,
  entryPoints: [
    "viewer.ts",
    "viewer.css",
    "wall.ts",
    "wall.css",
    "frame.css",
    "icon.svg",
    "icon-180.png",
    "icon-512.png",
  ].map(path),
  format: "esm",
  loader: { ".svg": "copy", ".png": "copy" },
});
// Loaded when somebody asks for it, and alone: what it shares with the page would cost a file of its own.
const asked = await build({
  ...common,
  entryPoints: ["film.ts", "qr.ts"].map(path),
  format: "esm",
  plugins: [{
    name: "packages of deno.json",
    setup: ({ onResolve }) =>
      onResolve({ filter: /^(mediabunny|uqr)$/ }, ({ path: name }) => {
        return {
          path: decodeURIComponent(new URL(import.meta.resolve(name)).pathname),
          sideEffects: false,
        };
      }),
  }],
});
// Loaded by other sites' pages as a plain script: it must leave no names behind.
const embed = await build({
  ...common,
  entryPoints: [path("embed.ts")],
  format: "iife",
  loader: { ".css": "text" },
});
await stop();

await Deno.mkdir(dist, { recursive: true });
const written = new Set<string>();
const names: Record<string, string> = {};
for (const file of [...pages.outputFiles!, ...asked.outputFiles!, ...embed.outputFiles!]) {
  const name = file.path.slice(file.path.lastIndexOf("/") + 1);
  names[name.replace(/-[A-Z0-9]{8}(?=\.\w+$)/, "")] = name;
  await put(name, file.contents);
  if (name.endsWith(".png")) continue;
  await put(`${name}.br`, brotliCompressSync(file.contents));
  await put(`${name}.gzip`, gzipSync(file.contents, { level: 9 }));
}
for (const { name } of Deno.readDirSync(here)) {
  if (/\.(html|jpg)$/.test(name)) await put(name, await Deno.readFile(new URL(name, here)));
}
await put("assets.json", new TextEncoder().encode(JSON.stringify(names, null, 2) + "\n"));
for (const { name } of Deno.readDirSync(dist)) {
  if (!written.has(name) && !name.startsWith(".")) await Deno.remove(new URL(name, dist));
}

/** Writes a file in one step: an edge that runs meanwhile reads what was there, or what is. */
async function put(name: string, content: Uint8Array): Promise<void> {
  const next = new URL(`.${Deno.pid}-${name}`, dist);
  await Deno.writeFile(next, content);
  await Deno.rename(next, new URL(name, dist));
  written.add(name);
}
