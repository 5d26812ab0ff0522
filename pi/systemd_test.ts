import assert from "node:assert/strict";
import { TempDir } from "../shared/testing/temp.ts";
import { toolTest } from "../shared/testing/tools.ts";
import type { Output } from "./process.ts";
import {
  installService,
  SETTINGS_FILE,
  TOKEN_FILE,
  UNIT_FILE,
  unitProblems,
  unitText,
  writeFile,
} from "./systemd.ts";

const FILE = await Deno.readTextFile(new URL("./perch-pi.service", import.meta.url));
const MACHINE = { deno: "/usr/bin/env", root: "/opt/perch" };
const UNIT = unitText(FILE, MACHINE);

/** What Deno is run with. */
function argumentsOf(unit: string): string[] {
  return /^ExecStart=\S+ (.*)$/m.exec(unit)![1].split(" ");
}

Deno.test("the service has the rights of the task, less those that a camera does not need", async () => {
  const config = await Deno.readTextFile(new URL("../deno.json", import.meta.url));
  const words: string[] = JSON.parse(config).tasks.pi.command.split(" ").slice(1);
  const task = words.filter((word) => !word.startsWith("--env-file"));
  const few = task.filter((word) => !/^--allow-(ffi|sys)/.test(word))
    .map((word) => word === "--allow-read" ? `${word}=/run/credentials` : word);
  assert.deepEqual(argumentsOf(UNIT), few);
  const pattern = unitText(FILE, { ...MACHINE, source: "pattern" });
  assert.deepEqual(argumentsOf(pattern).sort(), task.sort());
});

Deno.test("a machine's own paths are in the unit, as systemd reads them", () => {
  const text = unitText(FILE, { deno: "/opt/a b/50%/$HOME/deno", root: "/srv/perch" });
  assert.match(text, /^ExecStart="\/opt\/a b\/50%%\/\$\$HOME\/deno" run /m);
  assert.match(text, /^WorkingDirectory=\/srv\/perch$/m);
});

Deno.test("a unit that would not work from a home folder says so", () => {
  assert.deepEqual(unitProblems(MACHINE), []);
  const home = { deno: "/home/pi/.deno/bin/deno", root: "/home/pi/perch" };
  const [deno, root] = unitProblems({ ...MACHINE, ...home });
  assert.match(deno, /sudo install \/home\/pi\/\.deno\/bin\/deno \/usr\/local\/bin\/deno/);
  assert.match(root, /move it to \/opt\/perch/);
});

Deno.test("nothing is set that V8 or a camera cannot live with", () => {
  const settings = UNIT.split("\n").filter((line) => !line.startsWith("#")).join("\n");
  for (const name of ["PrivateDevices", "MemoryDenyWriteExecute", "LimitAS"]) {
    assert.ok(!settings.includes(name), name);
  }
  for (const device of ["char-video4linux rw", "char-media rw", "char-dma_heap rw"]) {
    assert.ok(settings.includes(`DeviceAllow=${device}`), device);
  }
});

toolTest(
  ["systemd-analyze"],
  "systemd finds nothing wrong with the unit, and little exposed",
  async () => {
    await using dir = new TempDir();
    const file = `${dir}/perch-test.service`;
    await Deno.writeTextFile(file, UNIT);
    const verify = await new Deno.Command("systemd-analyze", { args: ["verify", file] }).output();
    assert.equal(new TextDecoder().decode(verify.stderr), "");
    assert.equal(verify.code, 0);
    const args = ["security", "--offline=yes", "--threshold=30", file];
    const security = await new Deno.Command("systemd-analyze", { args }).output();
    const report = new TextDecoder().decode(security.stdout);
    assert.equal(security.code, 0, report.split("\n").slice(-3).join("\n"));
  },
);

const DONE: Output = { code: 0, stdout: "", stderr: [] };

async function install(answer: (step: string) => Output | undefined) {
  const files: Record<string, { text: string; mode: number }> = {};
  const steps: string[] = [];
  const lines: string[] = [];
  const works = await installService(
    {
      write: (path, text, mode) => {
        files[path] = { text, mode };
        return Promise.resolve();
      },
      ask: (...command) => {
        steps.push(command.join(" "));
        return Promise.resolve(answer(command.join(" ")));
      },
      print: (line) => lines.push(line),
    },
    UNIT,
    [["PERCH_URL", "https://cam.example.org"], ["PERCH_EXTRA_ARGS", '--info-text "a b"']],
    "a-token-that-is-secret",
  );
  return { works, files, steps, lines };
}

Deno.test("installing writes unit, settings and token, and starts the service", async () => {
  const { works, files, steps, lines } = await install(() => DONE);
  assert.ok(works);
  assert.deepEqual(files, {
    [SETTINGS_FILE]: {
      text: 'PERCH_URL="https://cam.example.org"\nPERCH_EXTRA_ARGS="--info-text \\"a b\\""\n',
      mode: 0o600,
    },
    [TOKEN_FILE]: { text: "a-token-that-is-secret", mode: 0o600 },
    [UNIT_FILE]: { text: UNIT, mode: 0o644 },
  });
  assert.deepEqual(steps, [
    "systemctl daemon-reload",
    "systemctl enable perch.service",
    "systemctl restart perch.service",
  ]);
  assert.doesNotMatch(lines.join("\n"), /secret/);
});

for (
  const [what, answer, said] of [
    [
      "a step that fails is told with its reason, and the rest is left",
      { code: 1, stdout: "", stderr: ["Access denied"] },
      "Access denied",
    ],
    ["a machine without systemd is told so", undefined, "systemctl is not installed"],
  ] as const
) {
  Deno.test(what, async () => {
    const { works, steps, lines } = await install((step) =>
      step.includes("enable") ? answer : DONE
    );
    assert.equal(works, false);
    assert.equal(steps.length, 2);
    assert.equal(lines.at(-1), `systemctl enable perch.service failed: ${said}`);
  });
}

Deno.test("a file keeps no reader from before, whatever mode it had", async () => {
  await using dir = new TempDir();
  const path = `${dir}/deep/token`;
  await writeFile(path, "old", 0o644);
  await writeFile(path, "new", 0o600);
  assert.equal(await Deno.readTextFile(path), "new");
  assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
});
