// The alert rules and the dashboard of edge/deploy/monitoring/ against promtool and a real edge.

import assert from "node:assert/strict";
import { baseline } from "../jpegs.ts";
import { putFrame, ROOT, startEdge } from "../processes.ts";
import { toolPath, toolTest } from "../tools.ts";

const FOLDER = `${ROOT}edge/deploy/monitoring`;

async function promtool(...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await new Deno.Command(toolPath("promtool")!, {
    args,
    cwd: FOLDER,
    stdin: "null",
  }).output();
  const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.equal(code, 0, output);
}

toolTest(["promtool"], "the alert rules are valid and fire when they should", async () => {
  await promtool("check", "rules", "alerts.yml");
  await promtool("test", "rules", "alerts_test.yml");
});

/** Names of Perch's metrics in a text. */
function metricNames(text: string): Set<string> {
  return new Set(text.match(/\bperch_[a-z_]+\b/g));
}

Deno.test("alerts and dashboard name only metrics that the edge has", async () => {
  await using edge = await startEdge();
  await (await putFrame(edge.url, await baseline())).body?.cancel();
  const known = metricNames(await (await fetch(`${edge.url}/metrics`)).text());
  const rules = await Deno.readTextFile(`${FOLDER}/alerts.yml`);
  const dashboard = JSON.parse(await Deno.readTextFile(`${FOLDER}/grafana.json`));
  const queries = dashboard.panels.flatMap((panel: { targets: { expr: string }[] }) =>
    panel.targets.map((target) => target.expr)
  );
  assert.ok(queries.length > 5);
  for (const name of [...metricNames(rules), ...metricNames(queries.join("\n"))]) {
    assert.ok(known.has(name), `${name} is in no answer of /metrics`);
  }
});
