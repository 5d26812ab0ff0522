import assert from "node:assert/strict";
import { toolTest } from "../shared/testing/tools.ts";
import { serviceArguments, unitProblems, unitText } from "./systemd.ts";

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
