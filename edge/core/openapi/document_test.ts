import assert from "node:assert/strict";
import { baseline } from "../../../shared/testing/jpegs.ts";
import { TEST_TOKEN } from "../../../shared/testing/processes.ts";
import { TestEdge } from "../../../shared/testing/test_edge.ts";
import { createApp } from "../app.ts";
import { openapiDocument } from "./document.ts";
import { SCHEMAS } from "./operations.ts";

interface Described {
  readonly paths: Record<string, Record<string, { operationId: string; responses: object }>>;
  readonly components: { readonly schemas: object };
}

/** Every feature on, so that every route is there. */
const ALL = { PERCH_LEGACY_UPLOAD: "true", PERCH_VIEW_TOKEN: "only-friends-know-this" };

/** Files of the page, and what a page of another site loads: no interface to program against. */
const NO_INTERFACE = /^\/(assets\/|manifest\.webmanifest$|favicon\.ico$|embed\.js$)/;

Deno.test("the description has every route of the app, and no other", async () => {
  await using edge = await TestEdge.start(ALL);
  const app = createApp(edge.edge.deps);
  const routes = app.routes
    .filter(({ method, path }) => method !== "ALL" && !NO_INTERFACE.test(path))
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
  const { paths } = openapiDocument("Perch", true) as unknown as Described;
  const described = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`)
  );
  assert.deepEqual(described.sort(), [...new Set(routes)].sort());
});

Deno.test("the description's references lead somewhere, and its operation ids are unique", () => {
  const document = openapiDocument("Perch", true) as unknown as Described;
  for (const [, name] of JSON.stringify(document).matchAll(/#\/components\/schemas\/(\w+)/g)) {
    assert.ok(name in document.components.schemas, name);
  }
  const ids = Object.values(document.paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId)
  );
  assert.equal(new Set(ids).size, ids.length);
});

Deno.test("the older interface is described only where it is on", () => {
  const { paths } = openapiDocument("Perch", false) as unknown as Described;
  assert.ok(!("/test" in paths));
  assert.deepEqual(Object.keys(paths["/"]), ["get"]);
});

Deno.test("what the edge answers is what the schemas say", async () => {
  await using edge = await TestEdge.start();
  const headers = { authorization: `Bearer ${TEST_TOKEN}`, "content-type": "image/jpeg" };
  const put = await edge.request("/live.jpeg", { method: "PUT", headers, body: await baseline() });
  assert.equal(put.status, 204);
  const json = { accept: "application/json" };
  const answers: [path: string, schema: string, headers?: HeadersInit][] = [
    ["/status.json", "Status"],
    ["/cams", "Cameras"],
    ["/frames", "Keyframes"],
    ["/health", "Health", json],
    ["/demand", "Demand", headers],
    ["/nothing", "Problem"],
    ["/live.jpeg?w=161", "Problem"],
  ];
  for (const [path, schema, headers] of answers) {
    const body = await (await edge.request(path, { headers })).json();
    const parsed = SCHEMAS[schema].safeParse(body);
    assert.ok(parsed.success, `${path}: ${JSON.stringify(parsed.error?.issues)}`);
  }
});

Deno.test("the description is served as JSON to anybody, on a private cam too", async () => {
  await using edge = await TestEdge.start(ALL);
  const answer = await edge.request("/openapi.json");
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get("content-type")!, /^application\/json/);
  assert.equal((await answer.json()).openapi, "3.1.0");
});
