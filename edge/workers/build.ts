// Bundles the edge for Workers, beside the page's built files: `deno task workers:build`.

import { fileURLToPath } from "node:url";
import { build, type Metafile, type Plugin, stop } from "esbuild";

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** What the runtime itself serves below /assets/, and under which headers. */
const HEADERS = `/assets/*
  Cache-Control: public, max-age=31536000, immutable
  X-Content-Type-Options: nosniff
`;

/** Bundles a worker, with the packages of deno.json and what changes pictures, into `folder`. */
export async function bundle(
  entry: string,
  folder: string,
  more: { readonly plugins?: Plugin[]; readonly define?: Record<string, string> } = {},
): Promise<Metafile> {
  const { metafile } = await build({
    ...more,
    entryPoints: { worker: entry },
    outdir: folder,
    bundle: true,
    format: "esm",
    minify: true,
    metafile: true,
    target: "es2024",
    platform: "browser",
    conditions: ["workerd"],
    external: ["node:*", "cloudflare:*"],
    logLevel: "warning",
    plugins: [...more.plugins ?? [], {
      name: "packages of deno.json",
      setup: ({ onResolve }) =>
        onResolve({ filter: /^[@a-z]/ }, ({ path: name, kind }) => {
          if (kind === "entry-point" || /^(node|cloudflare):/.test(name)) return undefined;
          return { path: fileURLToPath(import.meta.resolve(name)) };
        }),
    }],
  });
  for (const [of, name] of [["dec", "mozjpeg_dec.wasm"], ["enc", "mozjpeg_enc.wasm"]]) {
    const file = new URL(`./codec/${of}/${name}`, import.meta.resolve("@jsquash/jpeg"));
    await Deno.copyFile(file, `${folder}/${name}`);
  }
  return metafile;
}

/** Copies the built page to where the runtime serves it from. */
async function copySite(): Promise<void> {
  await Deno.mkdir(path("dist/site/assets"), { recursive: true });
  for await (const { name } of Deno.readDir(path("../client/dist"))) {
    await Deno.copyFile(path(`../client/dist/${name}`), path(`dist/site/assets/${name}`));
  }
  await Deno.writeTextFile(path("dist/site/_headers"), HEADERS);
}

/** With `dev`, writes what the runtime serves here: the settings are the environment's. */
async function writeDev(): Promise<void> {
  const { assets, ...config } = JSON.parse(await Deno.readTextFile(path("wrangler.jsonc")));
  const settings = Object.entries(Deno.env.toObject()).filter(([name]) => /^PERCH_/.test(name));
  const dev = {
    ...config,
    main: "./code/worker.js",
    assets: { ...assets, directory: "./site" },
    vars: Object.fromEntries(settings),
  };
  await Deno.writeTextFile(path("dist/dev.json"), JSON.stringify(dev), { mode: 0o600 });
}

if (import.meta.main) {
  for (const folder of ["dist/code", "dist/site"]) {
    await Deno.remove(path(folder), { recursive: true }).catch((problem) => {
      if (!(problem instanceof Deno.errors.NotFound)) throw problem;
    });
  }
  await bundle(path("worker.ts"), path("dist/code"));
  await stop();
  await copySite();
  if (Deno.args[0] === "dev") await writeDev();
}
