// The nginx recipe of edge/proxy/, in a real nginx before a real edge.

import assert from "node:assert/strict";
import { baseline } from "../jpegs.ts";
import {
  putFrame,
  ROOT,
  type RunningEdge,
  RunningProgram,
  startEdge,
  TEST_TOKEN,
} from "../processes.ts";
import { toolPath, toolTest } from "../tools.ts";

/** A port that was free a moment ago: nginx cannot choose one itself. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Runs `fn` with an edge behind nginx, and the address nginx serves it at. */
async function behindNginx(
  env: Readonly<Record<string, string>>,
  fn: (url: string, edge: RunningEdge) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await using edge = await startEdge({ env: { PERCH_TRUST_PROXY: "1", ...env } });
    const port = freePort();
    const recipe = (await Deno.readTextFile(`${ROOT}edge/proxy/nginx.conf`))
      .replaceAll("127.0.0.1:8000", new URL(edge.url).host)
      .replace("listen 80;", `listen 127.0.0.1:${port};`)
      .replace("/var/cache/nginx/perch", `${folder}/cache`);
    await Deno.writeTextFile(
      `${folder}/nginx.conf`,
      `${Deno.uid() === 0 ? "user root;" : ""}
daemon off; pid ${folder}/pid; error_log stderr notice; worker_processes 1;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  ${recipe}
}`,
    );
    await using nginx = new RunningProgram("nginx", toolPath("nginx")!, [
      "-p",
      folder,
      "-c",
      `${folder}/nginx.conf`,
    ], { group: true });
    await nginx.line(/start worker process \d+/);
    await fn(`http://127.0.0.1:${port}`, edge);
    await nginx.stop("SIGTERM");
    assert.doesNotMatch(nginx.output, /\[(warn|error|crit|alert|emerg)\]/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A counter of the edge's `/metrics`. */
async function counter(edge: RunningEdge, name: string): Promise<number> {
  const text = await (await fetch(`${edge.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1] ?? NaN);
}

toolTest(
  ["nginx"],
  "behind nginx 1,000 pollers cost the edge a request a second",
  async () => {
    await behindNginx({}, async (url, edge) => {
      const jpeg = await baseline();
      assert.equal((await putFrame(url, jpeg)).status, 204);
      const before = await counter(edge, "perch_stills_sent_total");
      const start = performance.now();
      await Promise.all(
        Array.from({ length: 1000 }, async (_, i) => {
          for (let round = 0; round < 4; round++) {
            const response = await fetch(`${url}/live.jpeg?${1_700_000_000_000 + i}`);
            assert.equal(response.status, 200);
            assert.deepEqual(await response.bytes(), jpeg);
          }
        }),
      );
      const seconds = Math.ceil((performance.now() - start) / 1000);
      const reached = await counter(edge, "perch_stills_sent_total") - before;
      assert.ok(reached >= 1 && reached <= seconds + 1, `${reached} requests reached the edge`);
    });
  },
);

toolTest(
  ["nginx"],
  "behind nginx an unchanged picture is a 304, and a wait ends with the next one",
  async () => {
    await behindNginx({}, async (url) => {
      const etag = (await putFrame(url, await baseline())).headers.get("etag")!;
      const same = await fetch(`${url}/live.jpeg`, { headers: { "if-none-match": etag } });
      await same.body?.cancel();
      assert.equal(same.status, 304);
      const waiting = fetch(`${url}/live.jpeg?wait=20`, { headers: { "if-none-match": etag } });
      const next = await baseline(64, 48);
      await putFrame(url, next);
      assert.deepEqual(await (await waiting).bytes(), next);
    });
  },
);

toolTest(
  ["nginx"],
  "behind nginx a stream brings each picture without waiting for the next",
  async () => {
    await behindNginx({}, async (url) => {
      await putFrame(url, await baseline(64, 48));
      const controller = new AbortController();
      const stream = await fetch(`${url}/stream.mjpeg`, { signal: controller.signal });
      const reader = stream.body!.getReader();
      for (const [width, height] of [[64, 48], [32, 24], [48, 32]]) {
        const jpeg = width === 64 ? undefined : await baseline(width, height);
        if (jpeg) await putFrame(url, jpeg);
        let seen = "";
        while (!seen.includes("\xff\xd9")) {
          const { value, done } = await reader.read();
          assert.ok(!done, "the stream ended");
          seen += String.fromCharCode(...value);
        }
      }
      controller.abort();
    });
  },
);

toolTest(["nginx"], "behind nginx a WebSocket viewer is greeted and gets a picture", async () => {
  await behindNginx({}, async (url) => {
    const jpeg = await baseline(64, 48);
    await putFrame(url, jpeg);
    const socket = new WebSocket(`${url.replace("http", "ws")}/ws`);
    socket.binaryType = "arraybuffer";
    const messages: (string | ArrayBuffer)[] = [];
    await new Promise<void>((resolve, reject) => {
      socket.onerror = () => reject(new Error("the socket failed"));
      socket.onmessage = ({ data }) => {
        messages.push(data);
        if (messages.some((one) => one instanceof ArrayBuffer)) resolve();
      };
    });
    const closed = new Promise((resolve) => socket.onclose = resolve);
    socket.close();
    await closed;
    assert.equal(JSON.parse(messages[0] as string).type, "hello");
    const frame = messages.find((one) => one instanceof ArrayBuffer) as ArrayBuffer;
    assert.deepEqual(new Uint8Array(frame).subarray(32), jpeg);
  });
});

toolTest(
  ["nginx"],
  "behind nginx a private cam's picture is never kept for somebody else",
  async () => {
    await behindNginx({ PERCH_VIEW_TOKEN: "only-friends-know-this" }, async (url) => {
      const jpeg = await baseline(64, 48);
      await putFrame(url, jpeg);
      const friend = { authorization: "Bearer only-friends-know-this" };
      for (let i = 0; i < 3; i++) {
        const allowed = await fetch(`${url}/live.jpeg`, { headers: friend });
        assert.deepEqual(await allowed.bytes(), jpeg);
        const stranger = await fetch(`${url}/live.jpeg`);
        await stranger.body?.cancel();
        assert.equal(stranger.status, 401);
      }
    });
  },
);

toolTest(["nginx"], "behind nginx the edge itself says why an upload is too large", async () => {
  await behindNginx({}, async (url) => {
    const response = await fetch(`${url}/live.jpeg`, {
      method: "PUT",
      headers: { authorization: `Bearer ${TEST_TOKEN}`, "content-type": "image/jpeg" },
      body: new Uint8Array(5 * 1024 * 1024),
    });
    assert.equal(response.status, 413);
    assert.equal(response.headers.get("content-type"), "application/problem+json");
    await response.body?.cancel();
  });
});
