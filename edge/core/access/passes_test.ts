import assert from "node:assert/strict";
import { Passes, SIGNED_IN_MS } from "./viewers.ts";

const NOW = Date.UTC(2026, 10, 21);
const HOUR = 3_600_000;
const secret = (digest: string) => ({ digest: Promise.resolve(digest) });
const view = secret("digest of the view token of tests");

Deno.test("a pass that was changed anywhere is worth nothing", async () => {
  const passes = new Passes(view);
  const pass = await passes.share({ cam: "garden", until: NOW + HOUR });
  for (let i = 0; i < pass.length; i++) {
    // The last character has two bits that mean nothing: these two differ in others.
    const changed = pass.slice(0, i) + (pass[i] === "A" ? "Q" : "A") + pass.slice(i + 1);
    assert.equal(await passes.shared(changed, NOW), undefined, changed);
  }
  const [, claims, signature] = pass.split(".");
  const forged = ["none", "HS512", "RS256"].flatMap((alg) => {
    const head = btoa(JSON.stringify({ alg, typ: "JWT" })).replaceAll("=", "");
    return [`${head}.${claims}.`, `${head}.${claims}.${signature}`];
  });
  for (const text of [...forged, "", ".", "..", "garden", "a".repeat(1000), undefined]) {
    assert.equal(await passes.shared(text, NOW), undefined);
    assert.equal(await passes.signedIn(text, NOW), undefined);
  }
});

Deno.test("another share key ends the links and leaves people signed in", async () => {
  const before = new Passes(view, "the first share key");
  const after = new Passes(view, "the second share key");
  const link = await before.share({ cam: "garden", until: NOW + HOUR });
  assert.equal(await after.shared(link, NOW), undefined);
  const signedIn = await before.signIn(NOW);
  assert.equal((await after.signedIn(signedIn, NOW))?.until, NOW + SIGNED_IN_MS);
  assert.equal(await after.signedIn(signedIn, NOW + SIGNED_IN_MS), undefined);
  const others = new Passes(secret("digest of another view token"));
  assert.equal(await others.signedIn(signedIn, NOW), undefined);
});

Deno.test("a link is no sign-in, and a sign-in no link, whatever the share key", async () => {
  const passes = new Passes(view, "-----BEGIN PRIVATE KEY----- PUBLIC");
  const link = await passes.share({ cam: "garden", until: NOW + HOUR });
  assert.deepEqual(await passes.shared(link, NOW), { cam: "garden", until: NOW + HOUR });
  assert.equal(await passes.signedIn(link, NOW), undefined);
  assert.equal(await passes.shared(await passes.signIn(NOW), NOW), undefined);
});
