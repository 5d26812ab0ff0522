// One version of Deno and pinned actions, wherever they are named.

import assert from "node:assert/strict";
import { ROOT } from "./processes.ts";
import { RUNTIME } from "./workerd.ts";

const version = (await Deno.readTextFile(`${ROOT}.dvmrc`)).trim();

/** The workflows' texts by name. */
async function workflows(): Promise<[name: string, text: string][]> {
  const folder = `${ROOT}.github/workflows/`;
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  return await Promise.all(
    names.map(async (name) => [name, await Deno.readTextFile(folder + name)] as [string, string]),
  );
}

Deno.test("the docs name the Deno that everything is tried with", async () => {
  for (const file of ["README.md", "edge/deploy/Containerfile"]) {
    const text = await Deno.readTextFile(`${ROOT}${file}`);
    const named = [...text.matchAll(/\b(?:deno[@:]|v|Deno )(\d+\.\d+\.\d+)/g)].map(([, found]) =>
      found
    );
    assert.ok(named.length > 0, file);
    for (const found of named) assert.equal(found, version, file);
  }
});

Deno.test("Workers' runtime is one version, for the tests and for who tries it here", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  assert.ok(tasks["workers:dev"].command.includes(` ${RUNTIME} `));
});

Deno.test("who runs a camera or an edge does not fetch Workers' runtime", async () => {
  assert.doesNotMatch(await Deno.readTextFile(`${ROOT}deno.lock`), /workerd/);
});

Deno.test("workflows take Deno's version from .dvmrc, and actions by full commit only", async () => {
  const { imports } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  const found = await workflows();
  assert.ok(found.length >= 2);
  for (const [name, text] of found) {
    for (const [, used] of text.matchAll(/playwright-core@([\d.]+)/g)) {
      assert.equal(`npm:playwright-core@${used}`, imports["playwright-core"], name);
    }
    for (const [, action] of text.matchAll(/^\s*-?\s*uses: (\S+)/gm)) {
      assert.match(action, /^[\w-]+\/[\w-]+@[0-9a-f]{40}$/, name);
    }
    assert.match(text, /deno-version-file: \.dvmrc/, name);
    assert.match(text, /^permissions:\n {2}contents: read$/m, name);
    assert.match(text, /timeout-minutes: \d+/, name);
  }
});
