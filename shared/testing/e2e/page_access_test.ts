// The pages on other sites' pages, and for those who hold the token of a private cam.

import assert from "node:assert/strict";
import { launchChromium } from "../chromium.ts";
import { startEdge } from "../processes.ts";
import { SceneCamera } from "../camera.ts";
import { toolTest } from "../tools.ts";
import { ViewerPage } from "../viewer_page.ts";

const VIEW_TOKEN = "a-view-token-for-tests";

toolTest(
  ["chromium"],
  "a cam lives on a page of another site and leaves it as it was",
  async () => {
    await using edge = await startEdge();
    await using camera = await SceneCamera.make();
    await camera.send(edge.url);
    camera.run(edge.url, 5);
    const html = `<!doctype html><title>A blog</title><style>canvas,p{display:none}</style>
    <script src="${edge.url}/embed.js"></script>
    <perch-cam src="${edge.url}/cams/cam"></perch-cam>
    <iframe src="${edge.url}/embed" width="320" height="180"></iframe>`;
    const blog = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      () =>
        new Response(html, {
          headers: {
            "content-type": "text/html",
            "content-security-policy":
              `default-src 'none'; script-src ${edge.url}; style-src 'unsafe-inline'; ` +
              `connect-src ${edge.url} ${edge.url.replace("http", "ws")}; frame-src ${edge.url}`,
          },
        }),
    );
    try {
      await using browser = await launchChromium();
      await using viewer = await ViewerPage.open(browser, `http://localhost:${blog.addr.port}/`);
      const { page } = viewer;
      await page.locator('perch-cam[data-state="live"]').waitFor();
      await page.frameLocator("iframe").locator('perch-cam[data-state="live"]').waitFor();
      assert.ok(await page.locator("perch-cam canvas").isVisible(), "the blog's style reaches in");
      assert.deepEqual(
        await page.evaluate(() => [
          document.styleSheets.length,
          document.adoptedStyleSheets.length,
          Object.keys(globalThis).filter((name) => /perch|live|painter/i.test(name)).length,
        ]),
        [1, 0, 0],
      );
      assert.deepEqual(viewer.complaints, []);
    } finally {
      await blog.shutdown();
    }
  },
);

Deno.test("by settings the embed page is framed by named sites only", async () => {
  for (
    const [origins, wanted] of [["https://blog.example", /'self' https:\/\/blog\.example$/], [
      "none",
      /frame-ancestors 'none'$/,
    ]] as const
  ) {
    await using edge = await startEdge({ env: { PERCH_EMBED_ORIGINS: origins } });
    const answer = await fetch(`${edge.url}/embed`, { headers: { accept: "text/html" } });
    assert.match(answer.headers.get("content-security-policy")!, wanted);
    await answer.body?.cancel();
    const page = await fetch(`${edge.url}/`, { headers: { accept: "text/html" } });
    assert.match(page.headers.get("content-security-policy")!, /frame-ancestors 'none'$/);
    await page.body?.cancel();
  }
});

toolTest(
  ["chromium"],
  "a private cam asks people to sign in, and shares by links that end",
  async () => {
    await using edge = await startEdge({ env: { PERCH_VIEW_TOKEN: VIEW_TOKEN } });
    await using camera = await SceneCamera.make();
    await camera.send(edge.url);
    camera.run(edge.url, 5);
    await using browser = await launchChromium();
    await using owner = await ViewerPage.open(browser, `${edge.url}/cams/cam`);
    const { page } = owner;
    await page.locator("#token").waitFor();
    await page.locator("#token").fill("not the right token");
    await page.keyboard.press("Enter");
    await page.getByText("That is not the token.").waitFor();
    assert.equal(owner.complaints.splice(0).length, 1, "the console names the 401");
    await page.locator("#token").fill(VIEW_TOKEN);
    await page.keyboard.press("Enter");
    await owner.state("live");
    assert.equal(new URL(page.url()).pathname, "/cams/cam");
    await page.keyboard.press("h");
    await page.locator("#make-link").click();
    await page.getByText(/^Ends .* Shows this camera only\.$/).waitFor();
    const link = await page.locator("#link").inputValue();
    assert.deepEqual(owner.complaints, []);

    await using guest = await ViewerPage.open(browser, link);
    await guest.state("live");
    assert.equal(new URL(guest.page.url()).search, "", "the address bar keeps no pass");
    assert.equal(await guest.text("#watching"), "");
    assert.deepEqual(guest.complaints, []);
    assert.equal((await fetch(`${edge.url}/stream.mjpeg`)).status, 401);

    await page.keyboard.press("Escape");
    await page.context().clearCookies();
    await page.reload();
    await page.locator("#token").waitFor();
  },
);

toolTest(
  ["chromium"],
  "a link that ends has the name that people use, whatever a proxy calls the edge",
  async () => {
    await using edge = await startEdge({ env: { PERCH_VIEW_TOKEN: VIEW_TOKEN } });
    await using proxy = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
      const { pathname, search } = new URL(request.url);
      // `Host` is that of the new address.
      return fetch(new Request(edge.url + pathname + search, request), { redirect: "manual" });
    });
    await using browser = await launchChromium();
    const origin = `http://localhost:${proxy.addr.port}`;
    await using owner = await ViewerPage.open(browser, `${origin}/cams/cam`);
    const { page } = owner;
    await page.locator("#token").fill(VIEW_TOKEN);
    await page.keyboard.press("Enter");
    await page.locator("#share").click();
    await page.locator("#make-link").click();
    await page.getByText(/^Ends .* Shows this camera only\.$/).waitFor();
    const link = new URL(await page.locator("#link").inputValue());
    assert.equal(link.origin + link.pathname, `${origin}/cams/cam`);
    assert.match(await page.locator("#snippet-frame").inputValue(), new RegExp(`"${origin}/cams`));
  },
);
