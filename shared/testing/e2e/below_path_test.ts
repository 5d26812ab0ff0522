// The edge below a path of a host that has other things too: the recipe of edge/README.md in a real
// nginx, and the same without any header that tells the edge of it.

import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "../chromium.ts";
import { ROOT, type RunningEdge, startEdge, startPi } from "../processes.ts";
import { freePorts, runNginx } from "../proxies.ts";
import { SceneCamera } from "../camera.ts";
import { toolTest } from "../tools.ts";
import { ViewerPage } from "../viewer_page.ts";
import { TempDir } from "../temp.ts";

const VIEW_TOKEN = "a-view-token-for-tests";
const text = await Deno.readTextFile(`${ROOT}edge/README.md`);
const [, RECIPE] = /^```nginx\n(location \/garden\/ .*?)^```$/ms.exec(text)!;
const BARE = "location /garden/ { proxy_pass http://127.0.0.1:8000/; proxy_http_version 1.1; " +
  "proxy_set_header Host $http_host; }";

interface Place {
  readonly edge: RunningEdge;
  /** Where the site begins for people, with a slash at its end. */
  readonly site: string;
  /** What nginx has answered 404, for it is outside of the path. */
  readonly strays: () => string[];
}

/** Runs with an edge that has two cameras, behind nginx and below `/garden/` only. */
async function below(
  location: string,
  env: Readonly<Record<string, string>>,
  run: (place: Place) => Promise<void>,
): Promise<void> {
  await using folder = new TempDir();
  await using edge = await startEdge({ env: { PERCH_KEYFRAME_S: "1", ...env } });
  const [port] = freePorts(1);
  await using nginx = await runNginx(
    folder.path,
    `server { listen 127.0.0.1:${port}; server_name localhost;
      ${location.replace("127.0.0.1:8000", new URL(edge.url).host)}
      location / { log_not_found off; access_log ${folder}/strays; return 404; } }`,
  );
  const site = `http://127.0.0.1:${port}/garden/`;
  await using camera = await SceneCamera.make();
  await camera.send(site.replace(/\/$/, ""));
  await camera.as("hut").send(edge.url);
  camera.run(edge.url, 5);
  const strays = () =>
    Deno.readTextFileSync(`${folder}/strays`).split("\n").filter((line) => line !== "");
  await run({ edge, site, strays });
  await nginx.stop("SIGTERM");
}

const path = (page: Page) => new URL(page.url()).pathname;

/** Page, wall and frame are live, and nothing is asked outside of the path. */
async function assertWhole(browser: Browser, { site, strays }: Place): Promise<void> {
  await using viewer = await ViewerPage.open(browser, site);
  const { page } = viewer;
  await viewer.state("live");
  await viewer.picture();
  await page.locator("#timeline").waitFor();
  await page.keyboard.press("h");
  assert.equal(await page.locator("#link").inputValue(), site);
  const snippet = await page.locator("#snippet-element").inputValue();
  assert.ok(snippet.includes(`"${site}embed.js"`), snippet);
  assert.ok(snippet.includes(`"${site}cams/cam"`), snippet);
  await page.keyboard.press("Escape");
  const film = await page.locator("#film").getAttribute("href");
  assert.ok(film!.startsWith(`${site}cams/cam/timelapse.avi`), film!);
  await page.locator("#film").click();
  await page.locator("dialog:modal", { hasText: "Save the day" }).waitFor();
  await page.keyboard.press("Escape");

  await page.locator(".nav a").click();
  assert.equal(path(page), "/garden/cams");
  await page.locator('.tile[data-state="live"]', { hasText: "cam" }).click();
  await viewer.state("live");
  assert.equal(path(page), "/garden/cams/cam");

  for (const frame of ["embed", "cams/cam/embed"]) {
    await page.goto(site + frame);
    await page.locator('perch-cam[data-state="live"]').waitFor();
  }
  await page.goto(new URL("/garden", site).href);
  await viewer.state("live");

  const manifest = new URL("manifest.webmanifest", site);
  const { start_url, icons } = await (await fetch(manifest)).json();
  assert.equal(new URL(start_url, manifest).href, site);
  for (const { src } of icons) {
    const icon = await fetch(new URL(src, manifest));
    assert.equal(icon.status, 200, src);
    await icon.body?.cancel();
  }
  const favicon = await fetch(`${site}favicon.ico`);
  assert.equal(favicon.status, 200);
  await favicon.body?.cancel();

  const post = {
    contentType: "text/html",
    body: `<link rel="icon" href="data:,">${snippet}`,
  };
  await using blog = await ViewerPage.open(browser, `${site}blog`, {
    before: (page) => page.route(`${site}blog`, (route) => route.fulfill(post)),
  });
  await blog.page.locator('perch-cam[data-state="live"]').waitFor();
  assert.deepEqual([...viewer.complaints, ...blog.complaints], []);
  assert.deepEqual(strays(), []);
}

/** A private cam is signed in to, shared by a link, and left. */
async function assertPrivate(browser: Browser, { site, strays }: Place, byRecipe: boolean) {
  await using viewer = await ViewerPage.open(browser, `${site}cams/cam`);
  const { page } = viewer;
  assert.equal(path(page), "/garden/sign-in");
  await page.locator("#token").fill("something else that is wrong");
  await page.keyboard.press("Enter");
  await page.locator(".note", { hasText: "not the token" }).waitFor();
  await page.locator("#token").fill(VIEW_TOKEN);
  await page.keyboard.press("Enter");
  await viewer.state("live");
  assert.equal(path(page), "/garden/cams/cam");
  const [{ path: kept }] = await page.context().cookies();
  assert.equal(kept, byRecipe ? "/garden/" : "/");

  await page.keyboard.press("h");
  await page.locator("#make-link").click();
  await page.locator("#link-note", { hasText: "Ends" }).waitFor();
  const link = await page.locator("#link").inputValue();
  assert.ok(link.startsWith(`${site}cams/cam?share=`), link);
  await page.keyboard.press("Escape");
  await using guest = await ViewerPage.open(browser, link);
  await guest.state("live");
  assert.equal(guest.page.url(), `${site}cams/cam`);
  assert.deepEqual(guest.complaints, []);

  await page.keyboard.press("h");
  await page.locator("text=Sign out").click();
  await page.locator("#token").waitFor();
  assert.equal(path(page), "/garden/sign-in");
  await page.goto(site);
  assert.equal(path(page), "/garden/sign-in");
  assert.deepEqual(strays(), []);
}

/** A camera sends, and links that others read are whole. */
async function assertLinks({ edge, site }: Place): Promise<void> {
  const authorization = `Bearer ${VIEW_TOKEN}`;
  for (const PERCH_TRANSPORT of ["put", "ws"]) {
    const env = { PERCH_TRANSPORT, PERCH_CAM: PERCH_TRANSPORT };
    await using _pi = await startPi(site, { env });
    const url = `${edge.url}/cams/${PERCH_TRANSPORT}/live.jpeg?wait=20`;
    for (;;) {
      const { status, body } = await fetch(url, { headers: { authorization } });
      await body?.cancel();
      if (status === 200) break;
      assert.equal(status, 404);
      await new Promise((go) => setTimeout(go, 100));
    }
  }
  const html = await (await fetch(site, { headers: { authorization, accept: "text/html" } }))
    .text();
  assert.ok(
    html.includes(`og:image" content="${site}cams/cam/live.jpeg?v=`),
    html.slice(0, 2000),
  );
  const answer = await fetch(`${site}share`, {
    method: "POST",
    headers: { authorization },
    body: JSON.stringify({ cam: "cam", hours: 1 }),
  });
  const { url } = await answer.json();
  assert.ok(url.startsWith(`${site}cams/cam?share=`), url);
}

toolTest(
  ["chromium", "nginx"],
  "the edge below a path of a host that has other things too",
  async (t) => {
    await using browser = await launchChromium();
    const env = { PERCH_VIEW_TOKEN: VIEW_TOKEN, PERCH_TRUST_PROXY: "1" };
    for (const [how, recipe] of [["by the recipe", RECIPE], ["told of nothing", BARE]]) {
      await t.step(
        `${how}, page, wall and frame are live, and nothing is asked outside of it`,
        () => below(recipe, {}, (place) => assertWhole(browser, place)),
      );
      await t.step(
        `${how}, a private cam is signed in to, shared by a link, and left`,
        () =>
          below(recipe, env, async (place) => {
            await assertPrivate(browser, place, recipe === RECIPE);
            if (recipe === RECIPE) await assertLinks(place);
          }),
      );
    }
  },
);
