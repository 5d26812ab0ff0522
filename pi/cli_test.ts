import assert from "node:assert/strict";
import { settingRows } from "../shared/settings.ts";
import { helpText, parseCli } from "./cli.ts";
import { cameraSettings } from "./config.ts";

Deno.test("flags are the settings' names in small letters", () => {
  const runs = (settings: object) => ({ ok: true, command: "run", settings, install: false });
  const typed = ["--url", "https://a.example", "--idle-camera=stop", "--hflip"];
  const url = { PERCH_URL: "https://a.example", PERCH_IDLE_CAMERA: "stop" };
  assert.deepEqual(parseCli(typed), runs({ ...url, PERCH_HFLIP: "true" }));
  assert.deepEqual(parseCli(["--no-vflip"]), runs({ PERCH_VFLIP: "false" }));
});

Deno.test("commands are words", () => {
  for (const command of ["run", "doctor", "systemd", "help"]) {
    const cli = parseCli([command]);
    assert.equal(cli.ok && cli.command, command);
  }
  const help = parseCli(["doctor", "--help"]);
  assert.equal(help.ok && help.command, "help");
  const install = parseCli(["systemd", "--install"]);
  assert.equal(install.ok && install.install, true);
});

for (const args of [["dcotor"], ["--nope"], ["--fps"], ["run", "fast"]]) {
  Deno.test(`"${args.join(" ")}" is a problem in one line`, () => {
    const cli = parseCli(args);
    assert.ok(!cli.ok);
    assert.equal(cli.problems.length, 1);
    assert.doesNotMatch(cli.problems[0], /\n/);
  });
}

Deno.test("help names every setting in lines that fit a terminal of 120", () => {
  const text = helpText();
  for (const { flag } of settingRows(cameraSettings)) assert.ok(text.includes(`  ${flag} `), flag);
  for (const line of text.split("\n")) assert.ok(line.length <= 120, line);
  for (const heading of ["Where to", "What from", "The picture", "Focus", "Night", "How it runs"]) {
    assert.ok(text.includes(`\n\n${heading}\n  --`), heading);
  }
});
