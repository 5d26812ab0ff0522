import assert from "node:assert/strict";
import { Passes, SIGNED_IN_MS } from "./passes.ts";

const NOW = Date.UTC(2026, 10, 21);
const HOUR = 3_600_000;
const secret = (text: string) => ({ token: new TextEncoder().encode(text) });
const view = secret("the view token of tests");

Deno.test("a share pass is for one camera, until it ends", async () => {
  const passes = new Passes(view);
  const pass = await passes.share({ cam: "garden", until: NOW + HOUR });
  assert.deepEqual(await passes.shared(pass, NOW), { cam: "garden", until: NOW + HOUR });
  assert.equal(await passes.shared(pass, NOW + HOUR), undefined);
});

Deno.test("a pass that was changed anywhere is worth nothing", async () => {
  const passes = new Passes(view);
  const pass = await passes.share({ cam: "garden", until: NOW + HOUR });
  for (let i = 0; i < pass.length; i++) {
    const changed = pass.slice(0, i) + (pass[i] === "1" ? "2" : "1") + pass.slice(i + 1);
    assert.equal(await passes.shared(changed, NOW), undefined, changed);
  }
  for (const text of ["", ".", "garden", `garden.${NOW + HOUR}`, "a".repeat(1000), undefined]) {
    assert.equal(await passes.shared(text, NOW), undefined);
    assert.equal(await passes.signedInUntil(text, NOW), undefined);
  }
});

Deno.test("another share key ends the links and leaves people signed in", async () => {
  const before = new Passes(view, "the first share key");
  const after = new Passes(view, "the second share key");
  const link = await before.share({ cam: "garden", until: NOW + HOUR });
  assert.equal(await after.shared(link, NOW), undefined);
  const signedIn = await before.signIn(NOW);
  assert.equal(await after.signedInUntil(signedIn, NOW), NOW + SIGNED_IN_MS);
  assert.equal(await after.signedInUntil(signedIn, NOW + SIGNED_IN_MS), undefined);
  assert.equal(
    await new Passes(secret("another view token")).signedInUntil(signedIn, NOW),
    undefined,
  );
});

Deno.test("a link is no sign-in, and a sign-in no link", async () => {
  const passes = new Passes(view);
  assert.equal(
    await passes.signedInUntil(await passes.share({ cam: "garden", until: NOW + HOUR }), NOW),
    undefined,
  );
  assert.equal(await passes.shared(await passes.signIn(NOW), NOW), undefined);
});
