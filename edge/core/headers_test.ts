import assert from "node:assert/strict";
import { baseline } from "../../shared/testing/jpegs.ts";
import { TestEdge } from "../../shared/testing/test_edge.ts";

const PATHS = ["/", "/live.jpeg", "/status.json", "/health", "/metrics", "/nowhere", "/embed"];

async function edgeWithPicture(env: Record<string, string> = {}): Promise<TestEdge> {
  const edge = await TestEdge.start(env);
  await edge.put(await baseline(64, 48));
  return edge;
}

Deno.test("HEAD is answered as GET without the body: its length, or none, and never 0", async () => {
  const env = { PERCH_VIEW_TOKEN: "only-some-may-watch", PERCH_LEGACY_UPLOAD: "true" };
  await using edge = await edgeWithPicture(env);
  await edge.clock.tick(2000);
  await using server = edge.listen();
  const { hostname, port } = new URL(server.url);
  const ask = async (method: string, path: string) => {
    using line = await Deno.connect({ hostname, port: Number(port) });
    await line.write(
      new TextEncoder().encode(
        `${method} ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: close\r\n` +
          `Authorization: Bearer only-some-may-watch\r\nAccept: text/html\r\n\r\n`,
      ),
    );
    let text = "";
    for await (const bytes of line.readable) {
      text += new TextDecoder("latin1").decode(bytes);
      if (method === "GET" && text.includes("\r\n\r\n")) break;
    }
    const [head, body] = text.split("\r\n\r\n");
    if (method === "HEAD") assert.equal(body, "", path);
    const [status, ...headers] = head.toLowerCase().split("\r\n")
      .filter((line) => !/^(date|content-length|transfer-encoding|etag|perch-)/i.test(line));
    return { status, headers: headers.sort(), length: /^content-length: (\d+)/im.exec(head)?.[1] };
  };
  const { frames: [kept] } = await (await edge.request("/frames", {
    headers: { authorization: "Bearer only-some-may-watch" },
  })).json();
  const paths = [
    ...PATHS,
    ...["/cams", "/sign-in", "/test", "/openapi.json", "/embed.js", "/manifest.webmanifest"],
    ...["/favicon.ico", "/stream.mjpeg", "/live", "/live.stream", "/frames", "/timelapse.mjpeg"],
    ...["/timelapse.avi", `/frames/${kept.version}.jpeg`, "/frames/1.jpeg", "/health?live", "/ws"],
    ...["/cams/none/live.jpeg", "/assets/none.js", "/live.jpeg?w=7", "/day.jpeg"],
  ];
  const unknown: string[] = [];
  for (const path of paths) {
    const [got, head] = [await ask("GET", path), await ask("HEAD", path)];
    assert.equal(head.status, got.status, path);
    assert.deepEqual(head.headers, got.headers, path);
    if (head.length === undefined) unknown.push(path);
    else if (path !== "/status.json") assert.equal(head.length, got.length, path);
  }
  assert.deepEqual(unknown, [
    ...["/favicon.ico", "/stream.mjpeg", "/live", "/live.stream", "/timelapse.mjpeg", "/ws"],
    ...["/cams/none/live.jpeg", "/live.jpeg?w=7"],
  ]);
});

async function headersOf(edge: TestEdge, path: string, init?: RequestInit): Promise<Headers> {
  const response = await edge.request(path, init);
  await response.body?.cancel();
  return response.headers;
}

Deno.test("every answer says that its type is meant, and tells other sites no more than it must", async () => {
  await using edge = await edgeWithPicture();
  for (const path of [...PATHS, "/stream.mjpeg", "/live?cams=cam", "/live.stream?cams=cam"]) {
    const headers = await headersOf(edge, path);
    assert.equal(headers.get("x-content-type-options"), "nosniff", path);
    assert.equal(headers.get("referrer-policy"), "same-origin", path);
    assert.equal(headers.get("x-powered-by"), null, path);
    if (headers.get("content-type")?.startsWith("text/html")) {
      const policy = headers.get("content-security-policy") ?? "";
      assert.match(policy, /default-src 'none'/, path);
      assert.doesNotMatch(policy, /unsafe/, path);
      const framed = path === "/embed" ? "'self' *" : "'none'";
      assert.ok(policy.endsWith(`frame-ancestors ${framed}`), policy);
    }
  }
});

Deno.test("other origins read nothing unless a setting names them, and publish never", async () => {
  const origin = "https://example.org";
  const allowed = "access-control-allow-origin";
  await using closed = await edgeWithPicture();
  await using open = await edgeWithPicture({ PERCH_CORS_ORIGINS: origin });
  for (const path of PATHS) {
    const ask = (edge: TestEdge, from: string) =>
      headersOf(edge, path, { headers: { origin: from } });
    assert.equal((await ask(closed, origin)).get(allowed), null, path);
    assert.equal((await ask(open, origin)).get(allowed), origin, path);
    const evil = await ask(open, "https://evil.example");
    assert.equal(evil.get(allowed), null, path);
    const vary = path === "/" ? /Accept.*Origin|Origin.*Accept/ : /Origin/;
    assert.match(evil.get("vary")!, vary, path);
  }
  const preflight = await headersOf(open, "/live.jpeg", {
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": "PUT" },
  });
  assert.doesNotMatch(preflight.get("access-control-allow-methods") ?? "", /PUT|POST/);
  assert.equal(preflight.get("access-control-allow-credentials"), null);
});

Deno.test("pages that may frame a camera read its pictures and whether it is known, and no more", async () => {
  const origin = "https://blog.example";
  await using edge = await edgeWithPicture({ PERCH_EMBED_ORIGINS: origin });
  const allowed = (path: string, from: string) =>
    headersOf(edge, path, { headers: { origin: from } })
      .then((headers) => headers.get("access-control-allow-origin"));
  for (const path of ["/live?cams=cam", "/cams/cam/embed"]) {
    assert.equal(await allowed(path, origin), origin, path);
    assert.equal(await allowed(path, "https://evil.example"), null, path);
  }
  for (const path of ["/cams/cam", "/status.json"]) assert.equal(await allowed(path, origin), null);
  const { headers } = await edge.request("/cams/cam/embed", {
    method: "HEAD",
    headers: { origin },
  });
  assert.match(headers.get("access-control-expose-headers")!, /Perch-State/);
  assert.match(headers.get("vary")!, /Origin/);
});
