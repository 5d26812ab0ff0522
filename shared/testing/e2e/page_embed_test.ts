// Pages of another site with several cameras on them: one connection for the pictures of all.

import assert from "node:assert/strict";
import { launchChromium } from "../chromium.ts";
import { until } from "../wait.ts";
import { startEdge } from "../processes.ts";
import { SceneCamera } from "../camera.ts";
import { toolTest } from "../tools.ts";
import { ViewerPage } from "../viewer_page.ts";

const VIEW_TOKEN = "a-view-token-for-tests";

/** An edge with cameras, and a page of another site that shows what is asked for. */
async function stage(
  cams: readonly string[],
  page: (edge: string) => string | Promise<string>,
  env: Readonly<Record<string, string>> = {},
) {
  const edge = await startEdge({ env });
  const scene = await SceneCamera.make({ width: 320, height: 180 });
  const cameras = cams.map((cam) => scene.as(cam));
  for (const camera of cameras) {
    await camera.send(edge.url);
    camera.run(edge.url, 2);
  }
  // The elements come all at once: while a page is being loaded they may come in pieces.
  const body = `<!doctype html><body><style>perch-cam { width: 160px; margin: 4px }</style>
    <template>${await page(edge.url)}</template><script src="${edge.url}/embed.js"></script>
    <script>document.body.append(document.querySelector("template").content)</script>`;
  const headers = { "content-type": "text/html" };
  const blog = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => new Response(body, { headers }),
  );
  const browser = await launchChromium();
  /** The cameras of each request for pictures. */
  const asked: string[] = [];
  const viewer = await ViewerPage.open(browser, `http://localhost:${blog.addr.port}/`, {
    before: (page) => {
      page.on("request", (request) => {
        const { pathname, searchParams } = new URL(request.url());
        if (!pathname.startsWith("/live")) return;
        asked.push(searchParams.get("cams")!.split(",").sort().join());
      });
      return Promise.resolve();
    },
  });
  return {
    asked,
    edge,
    scene,
    viewer,
    /** The element of a camera, in a state. */
    cam: (cam: string, state: string) =>
      viewer.page.locator(`perch-cam[src*="/cams/${cam}"][data-state="${state}"]`).waitFor(),
    /** How many watch each camera. */
    async viewers(): Promise<number[]> {
      const answer = await fetch(`${edge.url}/cams`, { headers: { accept: "application/json" } });
      const { cams }: { cams: { viewers: number }[] } = await answer.json();
      return cams.map(({ viewers }) => viewers);
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      await blog.shutdown();
      for (const camera of cameras) await camera.stop();
      await edge.stop();
    },
  };
}

toolTest(
  ["chromium"],
  "eight cameras on a page come over one connection, for as long as each is on the screen",
  async () => {
    const cams = Array.from({ length: 8 }, (_, i) => `cam-${i + 1}`);
    await using set = await stage(
      cams,
      (edge) =>
        cams.map((cam) => `<perch-cam src="${edge}/cams/${cam}"></perch-cam>`).join("") +
        `<p style="height: 3000px"></p><perch-cam src="${edge}/cams/cam-1" id="below"></perch-cam>`,
    );
    const { page } = set.viewer;
    for (const cam of cams) await set.cam(cam, "live");
    assert.deepEqual(set.asked, [cams.join(",")]);
    await page.evaluate(() => {
      const [first, second] = document.querySelectorAll("perch-cam");
      first.remove();
      second.remove();
    });
    await until("six are watched", async () => {
      return (await set.viewers()).toSorted().join() === "0,0,1,1,1,1,1,1";
    });
    assert.deepEqual(set.asked.slice(1), [cams.slice(2).join(",")]);
    await page.locator("#below").scrollIntoViewIfNeeded();
    await set.cam("cam-1", "live");
    assert.equal(set.asked.at(-1), "cam-1");
    await until("one is watched", async () => {
      return (await set.viewers()).toSorted().join() === "0,0,0,0,0,0,0,1";
    });
    await set.viewer.hide(true);
    await until("nobody watches", async () => (await set.viewers()).every((count) => count === 0));
    await set.viewer.hide(false);
    await set.cam("cam-1", "live");
    assert.deepEqual(set.viewer.complaints, []);
  },
);

toolTest(
  ["chromium"],
  "a camera that nobody knows waits beside others on a page, and joins them when it sends",
  async () => {
    await using set = await stage(
      ["a", "b"],
      (edge) =>
        ["a", "new", "b"].map((cam) => `<perch-cam src="${edge}/cams/${cam}"></perch-cam>`).join(
          "",
        ),
    );
    for (const cam of ["a", "b"]) await set.cam(cam, "live");
    await set.cam("new", "empty");
    assert.deepEqual(set.asked, ["a,b,new", "a,b"]);
    await using camera = set.scene.as("new");
    camera.run(set.edge.url, 2);
    await set.cam("new", "live");
    assert.deepEqual(set.asked.slice(2), ["a,b,new"]);
    assert.equal(set.viewer.complaints.length, 1, "the console names the 404");
  },
);

toolTest(
  ["chromium"],
  "private cameras with a link each share a connection; one without says that it is private",
  async () => {
    const page = async (edge: string) => {
      const elements = ["a", "b"].map(async (cam) => {
        const answer = await fetch(`${edge}/share`, {
          method: "POST",
          headers: { authorization: `Bearer ${VIEW_TOKEN}` },
          body: JSON.stringify({ cam, hours: 1 }),
        });
        const { url }: { url: string } = await answer.json();
        return `<perch-cam src="${url}"></perch-cam>`;
      });
      return (await Promise.all(elements)).join("") +
        `<perch-cam src="${edge}/cams/secret"></perch-cam>`;
    };
    await using set = await stage(["a", "b", "secret"], page, { PERCH_VIEW_TOKEN: VIEW_TOKEN });
    for (const cam of ["a", "b"]) await set.cam(cam, "live");
    await set.cam("secret", "private");
    assert.deepEqual(set.asked, ["a,b,secret", "a,b"]);
    // The words are looked at anew twice a second.
    await set.viewer.page.waitForTimeout(1200);
    await set.viewer.page.getByText("This cam is private").waitFor();
    assert.equal(await set.viewer.page.locator('perch-cam[data-state="live"]').count(), 2);
  },
);

toolTest(
  ["chromium"],
  "a double click shows an embedded camera alone on the screen, and back",
  async () => {
    await using set = await stage(["a"], (edge) => `<perch-cam src="${edge}/cams/a"></perch-cam>`);
    await set.cam("a", "live");
    const { page } = set.viewer;
    await page.locator("perch-cam").dblclick();
    await page.waitForFunction(() => document.fullscreenElement?.localName === "perch-cam");
    await page.locator("perch-cam").dblclick();
    await page.waitForFunction(() => document.fullscreenElement === null);
  },
);
