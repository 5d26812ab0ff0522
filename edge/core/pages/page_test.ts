import assert from "node:assert/strict";
import { frameAncestors, pagePolicy, pageValues, renderManifest, renderTemplate } from "./page.ts";

Deno.test("values are escaped, markup is not, and a value that is missing is an error", () => {
  assert.equal(
    renderTemplate('<p title="{{title}}">{{ nav }}</p>', { title: `"><script>` }, { nav: "<b>" }),
    '<p title="&#34;&#62;&#60;script&#62;"><b></p>',
  );
  assert.throws(() => renderTemplate("{{missing}}", {}), /\{\{missing\}\}/);
});

Deno.test("a page names its camera where it is not the default one", () => {
  const of = (cam: string) => pageValues({}, { cam, title: "Hut", origin: "https://cam.example" });
  assert.equal(of("cam").title, "Hut");
  assert.equal(of("garden").title, "garden · Hut");
  assert.equal(of("garden").image, "https://cam.example/cams/garden/live.jpeg");
});

Deno.test("the policy allows nothing inline and names who may frame", () => {
  const policy = pagePolicy(frameAncestors(["https://a.example", "https://b.example;x", "*"]));
  assert.doesNotMatch(policy, /unsafe/);
  assert.match(policy, /frame-ancestors 'self' https:\/\/a\.example \*$/);
  assert.equal(frameAncestors(["none"]), "'none'");
});

Deno.test("the manifest has a name and icons", () => {
  const names = { "icon.svg": "i.svg", "icon-180.png": "a.png", "icon-512.png": "b.png" };
  const manifest = JSON.parse(renderManifest(names, "The hut by the lake"));
  assert.equal(manifest.name, "The hut by the lake");
  assert.deepEqual(manifest.icons.map(({ src }: { src: string }) => src), [
    "/assets/i.svg",
    "/assets/a.png",
    "/assets/b.png",
  ]);
});
