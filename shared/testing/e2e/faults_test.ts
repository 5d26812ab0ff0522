// Things that go wrong around a real edge, in short.

import assert from "node:assert/strict";
import { baseline, withSegment } from "../jpegs.ts";
import { NumberedCamera } from "../camera.ts";
import { putFrame, type RunningEdge, startEdge } from "../processes.ts";
import { StreamViewer } from "../viewer.ts";
import { until } from "../wait.ts";
import { silentClients } from "../clients.ts";
import { TempDir } from "../temp.ts";

const ENV = { PERCH_STRIP_METADATA: "false" };

const watched = (edge: RunningEdge, viewers: number) =>
  until(
    `${viewers} viewers`,
    async () => await edge.metric("perch_viewers_connected") === viewers,
  );

Deno.test("connections that never read, ask or answer take nothing from those who watch", async () => {
  await using edge = await startEdge({ env: ENV });
  const camera = await NumberedCamera.make();
  await camera.send(edge.url);
  const crowd = { "idle": 50, "half a request": 50, "stream": 100, "socket": 100 };
  const silent = await silentClients(edge.url, crowd);
  await watched(edge, 200);
  const viewers = Array.from(
    { length: 5 },
    () => new StreamViewer(() => `${edge.url}/stream.mjpeg`),
  );
  await watched(edge, 205);
  const first = camera.count;
  for (let i = 0; i < 40; i++) {
    await camera.send(edge.url);
    // The next frame is sent when all have this one: none may be missed.
    await Promise.all(
      viewers.map((viewer) => viewer.until(({ jpeg }) => camera.numberOf(jpeg) === camera.count)),
    );
  }
  for (const viewer of viewers) {
    assert.equal(viewer.cuts, 0);
    const numbers = viewer.frames.map(({ jpeg }) => camera.numberOf(jpeg));
    assert.deepEqual(
      numbers.filter((n) => n === undefined || n > first),
      Array.from({ length: 40 }, (_, i) => first + 1 + i),
    );
  }
  silent[Symbol.dispose]();
  await watched(edge, 5);
  await Promise.all(viewers.map((viewer) => viewer[Symbol.asyncDispose]()));
});

Deno.test("a full disk costs no live frame, and /health says what is wrong", async () => {
  await using folder = new TempDir();
  await using edge = await startEdge({
    env: { ...ENV, PERCH_KV_PATH: `${folder}/perch.sqlite3` },
    // Files of the process cannot grow past 512 KB: writes fail as on a full disk.
    wrap: ["bash", "-c", `trap '' XFSZ; ulimit -f 512; exec "$0" "$@"`],
  });
  const comment = new Uint8Array(60_000);
  let jpeg = await baseline(64, 48);
  while (jpeg.length < 600_000) jpeg = withSegment(jpeg, 0xfe, comment);
  const response = await putFrame(edge.url, jpeg);
  assert.equal(response.status, 204);
  const etag = response.headers.get("etag");
  await until(
    "a failure to store",
    async () => await edge.metric("perch_store_failures_total") > 0,
  );
  assert.match(await edge.health(), /^store: /);
  const still = await fetch(`${edge.url}/live.jpeg`);
  assert.equal(still.headers.get("etag"), etag);
  assert.deepEqual(await still.bytes(), jpeg);
});

Deno.test("Deno's own OpenTelemetry brings requests, metrics and logs to a collector", async () => {
  const seen = new Map<string, string>();
  const wanted = [
    ["/v1/metrics", "http.server.request.duration"],
    ["/v1/traces", "/live.jpeg"],
    ["/v1/logs", "listening on"],
  ];
  const collector = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (req) => {
    const { pathname } = new URL(req.url);
    const text = new TextDecoder("latin1").decode(await req.bytes());
    seen.set(pathname, (seen.get(pathname) ?? "") + text);
    return Response.json({});
  });
  await using edge = await startEdge({
    env: {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.addr.port}`,
      OTEL_METRIC_EXPORT_INTERVAL: "100",
      OTEL_BSP_SCHEDULE_DELAY: "100",
      OTEL_SERVICE_NAME: "perch",
    },
  });
  // Asked again and again: a batch that Deno's exporter gives up is not sent twice.
  await until("all that is wanted", async () => {
    await (await fetch(`${edge.url}/live.jpeg`)).body?.cancel();
    return wanted.every(([path, words]) => seen.get(path)?.includes(words));
  });
  await edge.stop();
  await collector.shutdown();
});

for (const [what, interval] of [["log lines", "60000"], ["metrics", "100"]]) {
  Deno.test(`an edge ends although its collector answers nothing to ${what}`, async () => {
    const answers = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const wanted = what === "metrics" ? "/v1/metrics" : "/v1/logs";
    const collector = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
      if (new URL(request.url).pathname === wanted) asked.resolve();
      return answers.promise.then(() => Response.json({}));
    });
    await using edge = await startEdge({
      env: {
        OTEL_DENO: "true",
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.addr.port}`,
        OTEL_BLRP_SCHEDULE_DELAY: "100",
        OTEL_METRIC_EXPORT_INTERVAL: interval,
        OTEL_EXPORTER_OTLP_TIMEOUT: "1000",
      },
    });
    await asked.promise;
    assert.equal(await edge.health(), "ok");
    const { code, signal } = await edge.stop();
    assert.ok(code === 0 || signal === "SIGALRM", `ended with ${code}, ${signal}`);
    answers.resolve();
    await collector.shutdown();
  });
}
