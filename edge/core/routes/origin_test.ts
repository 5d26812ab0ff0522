import assert from "node:assert/strict";
import { originOf } from "./origin.ts";

function origin(url: string, forwarded: string | undefined, trustedProxies: number): string {
  return originOf({ req: { url, header: () => forwarded } }, trustedProxies);
}

Deno.test("the scheme is what the proxies say that are trusted, else that of the request", () => {
  const url = "http://cam.example:8000/cams";
  assert.equal(origin(url, undefined, 1), "http://cam.example:8000");
  assert.equal(origin(url, "https", 0), "http://cam.example:8000");
  assert.equal(origin(url, "https", 1), "https://cam.example:8000");
  assert.equal(origin(url, "https", 2), "https://cam.example:8000");
  assert.equal(origin(url, "https, http", 1), "http://cam.example:8000");
  assert.equal(origin(url, "javascript", 1), "http://cam.example:8000");
  assert.equal(origin("https://cam.example/", "http", 0), "https://cam.example");
});
