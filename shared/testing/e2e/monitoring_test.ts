// The alert rules and the dashboard of edge/deploy/monitoring/ against promtool and a real edge.

import assert from "node:assert/strict";
import { baseline } from "../jpegs.ts";
import { putFrame, ROOT, startEdge } from "../processes.ts";
import { toolPath, toolTest } from "../tools.ts";

const FOLDER = `${ROOT}edge/deploy/monitoring`;

/** Runs it on files of the folder, or on what comes to it. */
async function promtool(args: readonly string[], input = ""): Promise<void> {
  const program = new Deno.Command(toolPath("promtool")!, {
    args: [...args],
    cwd: FOLDER,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await new Blob([input]).stream().pipeTo(program.stdin);
  const { code, stdout, stderr } = await program.output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.equal(code, 0, said);
  if (input) assert.equal(said, "");
}

toolTest(["promtool"], "the alert rules are valid and fire when they should", async () => {
  await promtool(["check", "rules", "alerts.yml"]);
  await promtool(["test", "rules", "alerts_test.yml"]);
});

/** Names of Perch's metrics in a text. */
function metricNames(text: string): Set<string> {
  return new Set(text.match(/\bperch_[a-z_]+\b/g));
}

toolTest(
  ["promtool"],
  "Prometheus's own parser takes the metrics of a busy edge, and alerts and dashboard name no others",
  async () => {
    await using edge = await startEdge();
    await putFrame(edge.url, await baseline());
    await putFrame(edge.url, new Uint8Array(3));
    const viewer = await fetch(`${edge.url}/stream.mjpeg`);
    const metrics = await (await fetch(`${edge.url}/metrics`)).text();
    await viewer.body!.cancel();
    await promtool(["check", "metrics"], metrics);
    const known = metricNames(metrics);
    const rules = await Deno.readTextFile(`${FOLDER}/alerts.yml`);
    const dashboard = JSON.parse(await Deno.readTextFile(`${FOLDER}/grafana.json`));
    const queries = dashboard.panels.flatMap((panel: { targets: { expr: string }[] }) =>
      panel.targets.map((target) => target.expr)
    );
    assert.ok(queries.length > 5);
    for (const name of [...metricNames(rules), ...metricNames(queries.join("\n"))]) {
      assert.ok(known.has(name), `${name} is in no answer of /metrics`);
    }
  },
);
