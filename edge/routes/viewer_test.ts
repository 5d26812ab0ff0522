import assert from "node:assert/strict";
import { Hono } from "hono";
import { ROOT } from "../../shared/testing/processes.ts";
import { onError } from "../problem.ts";
import { ViewerPages } from "./viewer.ts";

Deno.test("a page that was never built says how to build it, and is there once it is", async () => {
  let built = false;
  const pages = new ViewerPages({
    config: { title: "Perch", embedOrigins: [], historyMs: 0 },
    readAsset: (name) =>
      built
        ? Deno.readFile(`${ROOT}edge/client/dist/${name}`)
        : Promise.reject(new Deno.errors.NotFound(name)),
  });
  const app = new Hono();
  app.get("/", (context) => pages.page(context, "cam", false));
  app.onError(onError({ error: () => {} }));

  const missing = await app.request("/");
  assert.equal(missing.status, 503);
  assert.match((await missing.json()).detail, /deno task build/);
  built = true;
  assert.equal((await app.request("/")).status, 200);
});
