// The built page in memory: read once, by names that the build gave, and never from the disk again.

import type { AssetNames } from "./page.ts";

/** One built file. */
export interface Asset {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
}

/** The built page. */
export interface Assets {
  readonly names: AssetNames;
  /** The template `name` (`index.html`) as text. */
  template(name: string): Promise<string>;
  /** A built file by its name with hash; undefined where the build made none of that name. */
  file(name: string): Promise<Asset | undefined>;
}

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  png: "image/png",
  svg: "image/svg+xml",
};

/**
 * Opens what `deno task build` made.
 *
 * @param readAsset Reads a file of `client/dist` by its name.
 * @throws Where the page was never built.
 */
export async function loadAssets(
  readAsset: (name: string) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<Assets> {
  const kept = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();
  const read = (name: string) => {
    const found = kept.get(name) ?? readAsset(name);
    kept.set(name, found);
    return found;
  };
  const text = async (name: string) => new TextDecoder().decode(await read(name));
  const names: AssetNames = JSON.parse(
    await text("assets.json").catch((cause) => {
      throw new Error("it was never built here, run `deno task build` once", { cause });
    }),
  );
  const built = new Set(Object.values(names));
  return {
    names,
    template: text,
    async file(name) {
      const type = TYPES[name.slice(name.lastIndexOf(".") + 1)];
      if (!built.has(name) || type === undefined) return undefined;
      return { bytes: await read(name), type };
    },
  };
}
