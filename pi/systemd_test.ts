import assert from "node:assert/strict";
import { toolTest } from "../shared/testing/tools.ts";
import type { Output } from "./process.ts";
import {
  installService,
  serviceArguments,
  SETTINGS_FILE,
  TOKEN_FILE,
  UNIT_FILE,
  unitProblems,
  unitText,
  writeFile,
} from "./systemd.ts";

const TASK = 'deno run -q --env-file --allow-env="PERCH_*,A" --allow-read --allow-run=ls,stdbuf ' +
  "--allow-ffi --allow-sys=cpus pi/main.ts";
const UNIT = {
  deno: "/usr/bin/env",
  root: "/opt/perch",
  args: serviceArguments(TASK, undefined),
};

Deno.test("the service runs what the task runs, without .env and with fewer rights", () => {
  assert.equal(
    UNIT.args.join(" "),
    "run -q --allow-env=PERCH_*,A --allow-read=/run/credentials --allow-run=ls,stdbuf pi/main.ts",
  );
  assert.equal(
    serviceArguments(TASK, "pattern").join(" "),
    "run -q --allow-env=PERCH_*,A --allow-read --allow-run=ls,stdbuf --allow-ffi --allow-sys=cpus pi/main.ts",
  );
});

Deno.test("words that systemd would read differently are quoted", () => {
  const text = unitText({ ...UNIT, args: ["run", "a b", "50%", "$HOME"] });
  assert.match(text, /^ExecStart=\/usr\/bin\/env run "a b" 50%% \$\$HOME$/m);
});

Deno.test("a unit that would not work from a home folder says so", () => {
  assert.deepEqual(unitProblems(UNIT), []);
  const [deno, root] = unitProblems({
    ...UNIT,
    deno: "/home/pi/.deno/bin/deno",
    root: "/home/pi/perch",
  });
  assert.match(deno, /sudo install \/home\/pi\/\.deno\/bin\/deno \/usr\/local\/bin\/deno/);
  assert.match(root, /move it to \/opt\/perch/);
});

Deno.test("nothing is set that V8 or a camera cannot live with", () => {
  const settings = unitText(UNIT).split("\n").filter((line) => !line.startsWith("#")).join("\n");
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
    const dir = await Deno.makeTempDir();
    const file = `${dir}/perch-test.service`;
    await Deno.writeTextFile(file, unitText(UNIT));
    try {
      const verify = await new Deno.Command("systemd-analyze", { args: ["verify", file] }).output();
      const said = new TextDecoder().decode(verify.stderr);
      assert.equal(said, "");
      assert.equal(verify.code, 0);
      const security = await new Deno.Command("systemd-analyze", {
        args: ["security", "--offline=yes", "--threshold=30", file],
      }).output();
      const report = new TextDecoder().decode(security.stdout);
      assert.equal(security.code, 0, report.split("\n").slice(-3).join("\n"));
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
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
    [UNIT_FILE]: { text: unitText(UNIT), mode: 0o644 },
  });
  assert.deepEqual(steps, [
    "systemctl daemon-reload",
    "systemctl enable perch.service",
    "systemctl restart perch.service",
  ]);
  assert.doesNotMatch(lines.join("\n"), /secret/);
});

Deno.test("a step that fails is told with its reason, and the rest is left", async () => {
  const { works, steps, lines } = await install((step) =>
    step.includes("enable") ? { code: 1, stdout: "", stderr: ["Access denied"] } : DONE
  );
  assert.equal(works, false);
  assert.equal(steps.length, 2);
  assert.equal(lines.at(-1), "systemctl enable perch.service failed: Access denied");
});

Deno.test("a machine without systemd is told so", async () => {
  const { works, lines } = await install(() => undefined);
  assert.equal(works, false);
  assert.equal(lines.at(-1), "systemctl daemon-reload failed: systemctl is not installed");
});

Deno.test("a file keeps no reader from before, whatever mode it had", async () => {
  const dir = await Deno.makeTempDir();
  const path = `${dir}/deep/token`;
  try {
    await writeFile(path, "old", 0o644);
    await writeFile(path, "new", 0o600);
    assert.equal(await Deno.readTextFile(path), "new");
    assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
