// The alert rules and the dashboard of edge/deploy/monitoring/ against promtool, Prometheus and a real edge.

import assert from "node:assert/strict";
import { baseline } from "../jpegs.ts";
import { putFrame, ROOT, RunningProgram, startEdge } from "../processes.ts";
import { toolPath, toolTest } from "../tools.ts";
import { TempDir } from "../temp.ts";

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

toolTest(["promtool"], "Prometheus scrapes the edge and loads the alert rules", async () => {
  await using folder = new TempDir();
  await using edge = await startEdge();
  await (await putFrame(edge.url, await baseline())).body?.cancel();
  await Deno.writeTextFile(
    `${folder}/prometheus.yml`,
    `global: { scrape_interval: 1s }
rule_files: ["${FOLDER}/alerts.yml"]
scrape_configs:
- job_name: perch
  static_configs: [{ targets: ["${new URL(edge.url).host}"] }]
`,
  );
  const prometheus = toolPath("promtool")!.replace(/promtool$/, "prometheus");
  await using server = new RunningProgram("prometheus", prometheus, [
    `--config.file=${folder}/prometheus.yml`,
    `--storage.tsdb.path=${folder}/data`,
    "--web.listen-address=127.0.0.1:0",
  ]);
  const [, port] = await server.line(/address=(?:127\.0\.0\.1|\[::\]):([1-9]\d*)/);
  await server.line(/Server is ready to receive web requests/);
  const get = async (path: string) =>
    (await (await fetch(`http://127.0.0.1:${port}/api/v1/${path}`)).json()).data;
  for (;;) {
    const { result } = await get("query?query=perch_frames_received_total");
    if (result.length > 0) {
      assert.equal(result[0].value[1], "1");
      break;
    }
    // Prometheus tells nobody when it has scraped.
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { groups } = await get("rules");
  assert.deepEqual(
    groups[0].rules.map((rule: { name: string; health: string }) => [rule.name, rule.health])
      .at(0)[0],
    "PerchCameraStale",
  );
  await server.stop("SIGTERM");
});
