import assert from "node:assert/strict";
import { z } from "zod";
import { baseline } from "../../shared/testing/jpegs.ts";
import { TEST_TOKEN } from "../../shared/testing/processes.ts";
import { TestEdge } from "../../shared/testing/test_edge.ts";
import { createApp } from "./app.ts";

interface Described {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, DescribedOperation>>;
  readonly components: { readonly schemas: Record<string, JsonSchema> };
}

interface DescribedOperation {
  readonly operationId: string;
  readonly summary?: string;
  readonly security: object[];
  readonly parameters: {
    readonly name: string;
    readonly in: string;
    readonly schema: JsonSchema;
  }[];
  readonly responses: Record<string, { content: Record<string, { schema: { $ref: string } }> }>;
}

type JsonSchema = Parameters<typeof z.fromJSONSchema>[0];

/** Every feature on, so that every route is there. */
const ALL = { PERCH_LEGACY_UPLOAD: "true", PERCH_VIEW_TOKEN: "only-friends-know-this" };

/** Files of the page, and what a page of another site loads: no interface to program against. */
const NO_INTERFACE = /^\/(assets\/|manifest\.webmanifest$|favicon\.ico$|embed\.js$)/;

async function described(edge: TestEdge): Promise<Described> {
  const document = await (await edge.request("/openapi.json")).json();
  assert.equal(document.openapi, "3.1.0");
  return document;
}

async function describedWith(env: Record<string, string>): Promise<Described> {
  await using edge = await TestEdge.start(env);
  return await described(edge);
}

Deno.test("the description has every route of the app, and no other", async () => {
  for (const env of [ALL, {}]) {
    await using edge = await TestEdge.start(env);
    const routes = createApp(edge.edge.deps).routes
      .filter(({ method, path }) => method !== "ALL" && !NO_INTERFACE.test(path))
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
    const found = Object.entries((await described(edge)).paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`)
    );
    assert.deepEqual(found.sort(), [...new Set(routes)].sort());
  }
});

Deno.test("every request says what it does and what it answers, under an id of its own", async () => {
  const { paths, components } = await describedWith(ALL);
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  for (const { operationId, summary, responses } of operations) {
    assert.ok(summary, operationId);
    assert.ok(Object.keys(responses).some((status) => Number(status) < 400), operationId);
  }
  const ids = operations.map(({ operationId }) => operationId);
  assert.equal(new Set(ids).size, ids.length);
  for (const [, name] of JSON.stringify({ paths, components }).matchAll(/"\$ref":"([^"]+)"/g)) {
    assert.ok(name.replace("#/components/schemas/", "") in components.schemas, name);
  }
});

Deno.test("a query value is described by the bounds it is held to", async () => {
  const { paths } = await describedWith({});
  const schemas = Object.fromEntries(
    paths["/timelapse.mjpeg"].get.parameters.map(({ name, schema }) => [name, schema]),
  );
  assert.partialDeepStrictEqual(schemas.limit, { type: "integer", minimum: 1, maximum: 5000 });
  assert.partialDeepStrictEqual(schemas.fps, { type: "number", minimum: 0.1, maximum: 60 });
});

Deno.test("what it takes to be let in is described as this edge asks for it", async () => {
  const open = (await describedWith({})).paths;
  const closed = (await describedWith(ALL)).paths;
  for (const paths of [open, closed]) {
    assert.deepEqual(paths["/live.jpeg"].put.security, [{ publishToken: [] }]);
    assert.deepEqual(paths["/health"].get.security, []);
  }
  assert.deepEqual(open["/status.json"].get.security, []);
  assert.ok(closed["/status.json"].get.security.some((one) => "viewToken" in one));
  assert.ok("401" in closed["/status.json"].get.responses);
});

Deno.test("what the edge answers is what the description says", async () => {
  await using edge = await TestEdge.start();
  const headers = { authorization: `Bearer ${TEST_TOKEN}`, "content-type": "image/jpeg" };
  const put = await edge.request("/live.jpeg", { method: "PUT", headers, body: await baseline() });
  assert.equal(put.status, 204);
  const { paths, components } = await described(edge);
  const json = { accept: "application/json" };
  const answers: [path: string, schema: string, headers?: HeadersInit][] = [
    ["/status.json", "Status"],
    ["/status.json", "Status", headers],
    ["/cams", "Cameras"],
    ["/frames", "Keyframes"],
    ["/health", "Health", json],
    ["/demand", "Demand", headers],
    ["/live.jpeg?w=161", "Problem"],
  ];
  for (const [path, name, headers] of answers) {
    const answer = await edge.request(path, { headers });
    const type = answer.headers.get("content-type")!.split(";")[0];
    const { content } = paths[path.split("?")[0]].get.responses[answer.status];
    assert.equal(content[type].schema.$ref, `#/components/schemas/${name}`, path);
    const parsed = z.fromJSONSchema(components.schemas[name]).safeParse(await answer.json());
    assert.ok(parsed.success, `${path}: ${JSON.stringify(parsed.error?.issues)}`);
  }
});

Deno.test("an answer has one of the statuses that are described", async () => {
  await using edge = await TestEdge.start({ ...ALL, PERCH_MAX_UPLOADS_PER_S: "10000" });
  const picture = await edge.put(await baseline());
  assert.equal(picture.status, 204);
  const { paths } = await described(edge);
  const wrong: string[] = [];
  let asked = 0;
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, { responses }] of Object.entries(operations)) {
      for (const token of [undefined, "nobody-knows-this-one", TEST_TOKEN, ALL.PERCH_VIEW_TOKEN]) {
        for (const query of ["", "?w=161&fps=0&wait=31&limit=0&cams=nobody&session=-"]) {
          const url = path.replace("{cam}", "cam").replace("{file}", "1.jpeg") + query;
          const headers: HeadersInit = token ? { authorization: `Bearer ${token}` } : {};
          const answer = await edge.request(url, { method: method.toUpperCase(), headers });
          await answer.body?.cancel();
          asked++;
          if (!(answer.status in responses)) wrong.push(`${method} ${url}: ${answer.status}`);
        }
      }
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(asked > 200);
});
