import assert from "node:assert/strict";
import { settingRows } from "../../shared/settings.ts";
import { edgeSettings } from "../core/config.ts";
import { helpText, makeToken, parseCli, withToken } from "./cli.ts";
import { TempDir } from "../../shared/testing/temp.ts";

const TOKEN = "0123456789abcdef";

Deno.test("the edge takes its settings as flags, as the camera agent does", () => {
  const cli = parseCli(["--port", "80", "--viewer-sockets", "--no-strip-metadata"]);
  assert.deepEqual(cli.ok && cli.settings, {
    PORT: "80",
    PERCH_VIEWER_SOCKETS: "true",
    PERCH_STRIP_METADATA: "false",
  });
});

Deno.test("help is asked for by a flag, a token too, and words are a mistake", () => {
  const commands = [["--help"], ["-h"], ["--make-token"], []].map((args) => {
    const cli = parseCli(args);
    return cli.ok && cli.command;
  });
  assert.deepEqual(commands, ["help", "help", "make-token", "run"]);
  for (const args of [["run"], ["--make-token", "a", "b"], ["--prot", "80"]]) {
    const cli = parseCli(args);
    assert.ok(!cli.ok, args.join(" "));
    assert.equal(cli.problems.length, 1);
  }
});

Deno.test("help names every setting in lines that fit a terminal of 120", () => {
  const text = helpText();
  for (const { flag } of settingRows(edgeSettings)) assert.ok(text.includes(`  ${flag} `), flag);
  for (const line of text.split("\n")) assert.ok(line.length <= 120, line);
});

for (
  const [before, after] of [
    ["", `PERCH_PUBLISH_TOKENS=${TOKEN}\n`],
    ["A=1\nPERCH_PUBLISH_TOKENS=\nB=2\n", `A=1\nPERCH_PUBLISH_TOKENS=${TOKEN}\nB=2\n`],
    ["A=1\r\nPERCH_PUBLISH_TOKENS=\r\n", `A=1\r\nPERCH_PUBLISH_TOKENS=${TOKEN}\r\n`],
    ['PERCH_PUBLISH_TOKENS="" # none yet', `PERCH_PUBLISH_TOKENS=${TOKEN}`],
    ["# PERCH_PUBLISH_TOKENS=x", `# PERCH_PUBLISH_TOKENS=x\nPERCH_PUBLISH_TOKENS=${TOKEN}\n`],
    ["PERCH_PUBLISH_TOKENS=$1", undefined],
    ["A=1\n  export PERCH_PUBLISH_TOKENS='x'\n", undefined],
  ] as const
) {
  Deno.test(`a token is put into ${JSON.stringify(before)}`, () => {
    assert.equal(withToken(before, TOKEN), after);
  });
}

Deno.test("a file with a token is its owner's only, and the token is not printed", async () => {
  await using folder = new TempDir();
  const file = `${folder}/.env`;
  await Deno.writeTextFile(file, "PERCH_PUBLISH_TOKENS=\n", { mode: 0o644 });
  const { ok, line } = await makeToken(file);
  assert.ok(ok);
  const text = await Deno.readTextFile(file);
  const [, token] = /^PERCH_PUBLISH_TOKENS=(\S{16,})\n$/.exec(text)!;
  assert.ok(!line.includes(token));
  if (Deno.build.os !== "windows") assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);
  assert.deepEqual(await makeToken(file), {
    ok: false,
    line: `${file}: got a file with PERCH_PUBLISH_TOKENS, wanted one without that line`,
  });
  assert.equal(await Deno.readTextFile(file), text);
  await makeToken(`${folder}/new`);
  if (Deno.build.os !== "windows") {
    assert.equal((await Deno.stat(`${folder}/new`)).mode! & 0o777, 0o600);
  }
  const nowhere = await makeToken(`${folder}/none/edge.env`);
  assert.equal(nowhere.ok, false);
  assert.match(
    nowhere.line,
    /edge\.env: got "No such file.*", wanted a file that this user can write$/,
  );
});
