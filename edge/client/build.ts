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

await Deno.remove(dist, { recursive: true }).catch((problem) => {
  if (!(problem instanceof Deno.errors.NotFound)) throw problem;
});
await Deno.mkdir(dist, { recursive: true });
const names: Record<string, string> = {};
for (const file of [...pages.outputFiles!, ...asked.outputFiles!, ...embed.outputFiles!]) {
  const name = file.path.slice(file.path.lastIndexOf("/") + 1);
  names[name.replace(/-[A-Z0-9]{8}(?=\.\w+$)/, "")] = name;
  await Deno.writeFile(new URL(name, dist), file.contents);
  if (name.endsWith(".png")) continue;
  await Deno.writeFile(new URL(`${name}.br`, dist), brotliCompressSync(file.contents));
  await Deno.writeFile(new URL(`${name}.gzip`, dist), gzipSync(file.contents, { level: 9 }));
}
for (const { name } of Deno.readDirSync(here)) {
  if (/\.(html|jpg)$/.test(name)) await Deno.copyFile(new URL(name, here), new URL(name, dist));
}
await Deno.writeTextFile(new URL("assets.json", dist), JSON.stringify(names, null, 2) + "\n");
