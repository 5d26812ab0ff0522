import assert from "node:assert/strict";
import { writeFile } from "./files.ts";
import { installService } from "./install.ts";
import type { Output } from "./output.ts";
import { SETTINGS_FILE, TOKEN_FILE, UNIT_FILE, unitText } from "./systemd.ts";

const UNIT = { deno: "/usr/local/bin/deno", root: "/opt/perch", args: ["run", "pi/main.ts"] };
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
