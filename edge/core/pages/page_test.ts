import assert from "node:assert/strict";
import { html } from "hono/html";
import { inspectJpeg } from "../../../shared/jpeg/inspect.ts";
import { baseline } from "../../../shared/testing/jpegs.ts";
import { TestEdge } from "../../../shared/testing/test_edge.ts";
import type { CameraStatus } from "../../../shared/wire.ts";
import { frameAncestors, pagePolicy, renderTemplate, wallMarkup } from "./page.ts";

Deno.test("values are escaped, markup is not, and a value that is missing is an error", () => {
  assert.equal(
    renderTemplate('<p title="{{title}}">{{ nav }}</p>', { title: `"'><script>`, nav: html`<b>` }),
    '<p title="&quot;&#39;&gt;&lt;script&gt;"><b></p>',
  );
  assert.throws(() => renderTemplate("{{missing}}", {}), /\{\{missing\}\}/);
});

Deno.test("the policy allows nothing inline and names who may frame", () => {
  const policy = pagePolicy(frameAncestors(["https://a.example", "*"]));
  assert.doesNotMatch(policy, /unsafe/);
  assert.match(policy, /frame-ancestors 'self' https:\/\/a\.example \*$/);
  assert.equal(frameAncestors(["none"]), "'none'");
});

Deno.test("a link's preview is no larger than chats show it, and says how large it is", async () => {
  await using edge = await TestEdge.start();
  await edge.put(await baseline(1600, 900));
  const look = async () => {
    const html = await (await edge.request("/", { headers: { accept: "text/html" } })).text();
    const told = (name: string) => new RegExp(`og:${name}" content="([^"]*)"`).exec(html)![1];
    const { pathname, search } = new URL(told("image").replaceAll("&amp;", "&"));
    const shown = inspectJpeg(await (await edge.request(pathname + search)).bytes());
    assert.ok(shown.ok);
    assert.deepEqual([told("image:width"), told("image:height")], [
      `${shown.width}`,
      `${shown.height}`,
    ]);
    return shown.width;
  };
  assert.equal(await look(), 960);
  // Where pictures cannot be made smaller, it is the whole one.
  Object.assign(edge.edge.deps, { images: undefined });
  assert.equal(await look(), 1600);
});

const status = (change: Partial<CameraStatus>): CameraStatus => ({
  cam: "garden",
  state: "idle",
  version: 1,
  ageMs: 42_000,
  fps: 0,
  intervalMs: 10_000,
  viewers: 0,
  ...change,
});

const CASES: readonly [Partial<CameraStatus>, RegExp][] = [
  [{ state: "live" }, /data-state="live".*live\.jpeg.*>Live</],
  [{}, /data-state="idle".*>Idle</],
  [{ state: "stale" }, /data-state="stale".*Last picture 42 s ago.*>Not live</],
  [{ state: "offline", ageMs: 7_200_000 }, /data-state="offline".*Last picture 2 h ago.*>Offline</],
  [
    { state: "offline", version: undefined, ageMs: undefined },
    /^(?!.*<img).*data-state="empty".*Waiting for the first picture.*>No picture yet</,
  ],
];

for (const [change, wanted] of CASES) {
  Deno.test(`plain HTML says of a camera: ${wanted.source.split(">").at(-1)!.slice(0, -1)}`, () => {
    assert.match(String(wallMarkup([status(change)])), wanted);
  });
}
