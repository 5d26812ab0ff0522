// Pages of another site with cameras on them: one connection for the pictures of all.

import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
import { otherSite, pageTests, Stage, VIEW_TOKEN } from "../page_stage.ts";
import { TestEdge } from "../test_edge.ts";
import { until } from "../wait.ts";
import { ViewerPage } from "../viewer_page.ts";

/** An edge with cameras, and a page of another site that shows what is asked for. */
async function blogOf(
  browser: Browser,
  cams: readonly string[],
  page: (edge: Stage) => string | Promise<string>,
  env: Readonly<Record<string, string>> = {},
) {
  const set = await Stage.make(browser, env);
  await set.run(...cams);
  // The elements come all at once: while a page is being loaded they may come in pieces.
  const blog = otherSite(
    `<!doctype html><body><style>perch-cam { width: 160px; margin: 4px }</style>
    <template>${await page(set)}</template><script src="${set.url}/embed.js"></script>
    <script>document.body.append(document.querySelector("template").content)</script>`,
  );
  /** The cameras of each request for pictures. */
  const asked: string[] = [];
  const viewer = await ViewerPage.open(browser, blog.url, {
    before: (page) => {
      page.on("request", (request) => {
        const { pathname, searchParams } = new URL(request.url());
        if (!pathname.startsWith("/live")) return;
        asked.push(searchParams.get("cams")!.split(",").sort().join());
      });
    },
  });
  return {
    asked,
    set,
    viewer,
    /** The element of a camera, in a state. */
    cam: (cam: string, state: string) =>
      viewer.page.locator(`perch-cam[src*="/cams/${cam}"][data-state="${state}"]`).waitFor(),
    /** How many watch each camera. */
    viewers: () => Promise.all(cams.map((cam) => set.viewers(cam))),
    async [Symbol.asyncDispose]() {
      await viewer[Symbol.asyncDispose]();
      await blog[Symbol.asyncDispose]();
      await set[Symbol.asyncDispose]();
    },
  };
}

pageTests("cameras on pages of another site", {
  "a cam leaves a page of another site as it was": async (browser) => {
    await using set = await Stage.make(browser);
    await set.run();
    await using blog = otherSite(
      `<!doctype html><title>A blog</title><style>canvas,p{display:none}</style>
      <script src="${set.url}/embed.js"></script>
      <perch-cam src="${set.url}/cams/cam"></perch-cam>
      <iframe src="${set.url}/embed" width="320" height="180"></iframe>`,
      {
        "content-security-policy":
          `default-src 'none'; script-src ${set.url}; style-src 'unsafe-inline'; ` +
          `connect-src ${set.url}; frame-src ${set.url}`,
      },
    );
    await using viewer = await ViewerPage.open(browser, blog.url);
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
  },

  "eight cameras on a page come over one connection, for as long as each is on the screen": async (
    browser,
  ) => {
    const cams = Array.from({ length: 8 }, (_, i) => `cam-${i + 1}`);
    await using blog = await blogOf(
      browser,
      cams,
      ({ url }) =>
        cams.map((cam) => `<perch-cam src="${url}/cams/${cam}"></perch-cam>`).join("") +
        `<p style="height: 3000px"></p><perch-cam src="${url}/cams/cam-1" id="below"></perch-cam>`,
    );
    const { page } = blog.viewer;
    for (const cam of cams) await blog.cam(cam, "live");
    assert.deepEqual(blog.asked, [cams.join(",")]);
    await page.evaluate(() => {
      const [first, second] = document.querySelectorAll("perch-cam");
      first.remove();
      second.remove();
    });
    await until("six are watched", async () => {
      return (await blog.viewers()).toSorted().join() === "0,0,1,1,1,1,1,1";
    });
    assert.deepEqual(blog.asked.slice(1), [cams.slice(2).join(",")]);
    await page.locator("#below").scrollIntoViewIfNeeded();
    await blog.cam("cam-1", "live");
    assert.equal(blog.asked.at(-1), "cam-1");
    await until("one is watched", async () => {
      return (await blog.viewers()).toSorted().join() === "0,0,0,0,0,0,0,1";
    });
    await blog.viewer.hide(true);
    await until("nobody watches", async () => (await blog.viewers()).every((count) => count === 0));
    await blog.viewer.hide(false);
    await blog.cam("cam-1", "live");
    assert.deepEqual(blog.viewer.complaints, []);
  },

  "private cameras with a link each share a connection; one without says that it is private":
    async (browser) => {
      const page = async (set: Stage) => {
        const elements = ["a", "b"].map(async (cam) => {
          const answer = await fetch(`${set.url}/share`, {
            method: "POST",
            headers: { authorization: `Bearer ${VIEW_TOKEN}` },
            body: JSON.stringify({ cam, hours: 1 }),
          });
          const { url }: { url: string } = await answer.json();
          return `<perch-cam src="${url}"></perch-cam>`;
        });
        return (await Promise.all(elements)).join("") +
          `<perch-cam src="${set.url}/cams/secret"></perch-cam>`;
      };
      await using blog = await blogOf(browser, ["a", "b", "secret"], page, {
        PERCH_VIEW_TOKEN: VIEW_TOKEN,
      });
      for (const cam of ["a", "b"]) await blog.cam(cam, "live");
      await blog.cam("secret", "private");
      assert.deepEqual(blog.asked, ["a,b,secret", "a,b"]);
      // The words are looked at anew twice a second.
      await blog.viewer.page.evaluate(() => dispatchEvent(new Event("offline")));
      await blog.viewer.page.getByText("This cam is private").waitFor();
      assert.equal(await blog.viewer.page.locator('perch-cam[data-state="live"]').count(), 2);
    },

  "a double click shows an embedded camera alone on the screen, and back": async (browser) => {
    await using blog = await blogOf(
      browser,
      ["a"],
      ({ url }) => `<perch-cam src="${url}/cams/a"></perch-cam>`,
    );
    await blog.cam("a", "live");
    const { page } = blog.viewer;
    await page.locator("perch-cam").dblclick();
    await page.waitForFunction(() => document.fullscreenElement?.localName === "perch-cam");
    await page.locator("perch-cam").dblclick();
    await page.waitForFunction(() => document.fullscreenElement === null);
  },
});

Deno.test("by settings the page for frames is framed by named sites only", async () => {
  for (
    const [origins, wanted] of [["https://blog.example", /'self' https:..blog.example$/], [
      "none",
      /'none'$/,
    ]] as const
  ) {
    await using edge = await TestEdge.start({ PERCH_EMBED_ORIGINS: origins });
    for (const [path, ancestors] of [["/embed", wanted], ["/", /'none'$/]] as const) {
      const answer = await edge.request(path, { headers: { accept: "text/html" } });
      await answer.body?.cancel();
      assert.match(answer.headers.get("content-security-policy")!, /frame-ancestors/);
      assert.match(answer.headers.get("content-security-policy")!, ancestors, path);
    }
  }
});
