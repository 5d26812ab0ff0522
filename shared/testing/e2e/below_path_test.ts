// The edge below a path of a host that has other things too: the recipe of edge/README.md in a real
// nginx, and the same without any header that tells the edge of it.

import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "../chromium.ts";
import { ROOT, type RunningEdge, startEdge, startPi } from "../processes.ts";
import { freePorts, runNginx } from "../proxies.ts";
import { SceneCamera } from "../camera.ts";
import { together, toolTest } from "../tools.ts";
import { ViewerPage } from "../viewer_page.ts";
import { TempDir } from "../temp.ts";
import { until } from "../wait.ts";

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

/** Runs with an edge that has two cameras, behind nginx and below `/garden/` only, on two ports. */
async function below(
  env: Readonly<Record<string, string>>,
  run: (byRecipe: Place, bare: Place) => Promise<void>,
): Promise<void> {
  await using folder = new TempDir();
  await using edge = await startEdge({ env: { PERCH_KEYFRAME_S: "1", ...env } });
  const ports = freePorts(2);
  const servers = [RECIPE, BARE].map((location, i) =>
    `server { listen 127.0.0.1:${ports[i]}; server_name localhost;
      ${location.replace("127.0.0.1:8000", new URL(edge.url).host)}
      location / { log_not_found off; access_log ${folder}/strays-${i}; return 404; } }`
  );
  await using nginx = await runNginx(folder.path, servers.join("\n"));
  const places = ports.map((port, i): Place => ({
    edge,
    site: `http://127.0.0.1:${port}/garden/`,
    strays: () =>
      Deno.readTextFileSync(`${folder}/strays-${i}`).split("\n").filter((line) => line !== ""),
  }));
  await using camera = await SceneCamera.make();
  await camera.send(places[0].site.replace(/\/$/, ""));
  await camera.as("hut").send(edge.url);
  camera.run(edge.url, 5);
  await until("there are pictures of the past", async () => {
    const headers = { authorization: `Bearer ${VIEW_TOKEN}` };
    const index = await fetch(`${edge.url}/cams/cam/frames`, { headers });
    return (await index.json()).frames.length > 1;
  });
  await run(places[0], places[1]);
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
  await Promise.all(["put", "ws"].map(async (transport) => {
    const env = { PERCH_TRANSPORT: transport, PERCH_CAM: transport };
    await using _pi = await startPi(site, { env });
    await until(`a picture by ${transport}`, async () => {
      const url = `${edge.url}/cams/${transport}/live.jpeg`;
      const { status, body } = await fetch(url, { headers: { authorization } });
      await body?.cancel();
      return status === 200;
    });
  }));
  const headers = { authorization, accept: "text/html" };
  const html = await (await fetch(site, { headers })).text();
  const image = `og:image" content="${site}cams/cam/live.jpeg?v=`;
  assert.ok(html.includes(image), html.slice(0, 2000));
  const body = JSON.stringify({ cam: "cam", hours: 1 });
  const answer = await fetch(`${site}share`, { method: "POST", headers: { authorization }, body });
  const { url } = await answer.json();
  assert.ok(url.startsWith(`${site}cams/cam?share=`), url);
}

toolTest(
  ["chromium", "nginx"],
  "the edge below a path of a host that has other things too",
  async (t) => {
    await using browser = await launchChromium();
    const env = { PERCH_VIEW_TOKEN: VIEW_TOKEN, PERCH_TRUST_PROXY: "1" };
    await below({}, (byRecipe, bare) =>
      together(t, {
        "by the recipe page, wall and frame are live, and nothing is asked outside of it": () =>
          assertWhole(browser, byRecipe),
        "told of nothing they are too": () => assertWhole(browser, bare),
      }));
    await below(env, (byRecipe, bare) =>
      together(t, {
        "by the recipe a private cam is signed in to, shared by a link, and left": () =>
          assertPrivate(browser, byRecipe, true),
        "told of nothing it is too": () => assertPrivate(browser, bare, false),
        "cameras send, and links that others read are whole": () => assertLinks(byRecipe),
      }));
  },
);
