import assert from "node:assert/strict";
import { baseline } from "../../shared/testing/jpegs.ts";
import { TestEdge } from "../../shared/testing/test_edge.ts";

const PATHS = ["/", "/live.jpeg", "/status.json", "/health", "/metrics", "/nowhere", "/embed"];

async function edgeWithPicture(env: Record<string, string> = {}): Promise<TestEdge> {
  const edge = await TestEdge.start(env);
  await edge.put(await baseline(64, 48));
  return edge;
}

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
      assert.match(
        policy,
        path === "/embed" ? /frame-ancestors 'self' \*/ : /frame-ancestors 'none'/,
      );
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
    assert.equal((await ask(open, "https://evil.example")).get(allowed), null, path);
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

Deno.test("an answer that differs by origin says so to caches, beside what else it differs by", async () => {
  await using edge = await TestEdge.start({ PERCH_CORS_ORIGINS: "https://a.example" });
  for (const path of ["/cams", "/health", "/openapi.json"]) {
    const answer = await edge.request(path);
    await answer.body?.cancel();
    const vary = answer.headers.get("vary") ?? "";
    assert.match(vary, /Origin/, path);
    assert.equal(/Accept/.test(vary), path === "/cams", path);
  }
});
