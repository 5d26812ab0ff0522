// Pages with several cameras: the wall, and pages of other sites. One connection for the pictures of all.

import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
import { SceneCamera } from "../camera.ts";
import { AMBER, GREEN, otherSite, pageTests, RED, Stage, VIEW_TOKEN } from "../page_stage.ts";
import { TestEdge } from "../test_edge.ts";
import { bePatient, until } from "../wait.ts";
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
  /** The cameras of each request for pictures; on a busy machine it may ask again for the same. */
  const asked: string[] = [];
  const viewer = await ViewerPage.open(browser, blog.url, {
    before: (page) => {
      page.on("request", (request) => {
        const { pathname, searchParams } = new URL(request.url());
        if (!pathname.startsWith("/live")) return;
        const cams = searchParams.get("cams")!.split(",").sort().join();
        if (asked.at(-1) !== cams) asked.push(cams);
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

const LIGHT = { colorScheme: "light" } as const;

/** Badge, its colour, and the words over the picture of each camera on the wall. */
async function wall(viewer: ViewerPage): Promise<Record<string, string[]>> {
  const tiles = await viewer.page.locator(".tile").evaluateAll((tiles) =>
    tiles.map((tile) => {
      const badge = tile.querySelector(".badge")!;
      const notice = tile.querySelector(".notice");
      return [
        tile.querySelector(".caption > span")!.textContent!,
        tile.getAttribute("data-state")!,
        badge.textContent!,
        getComputedStyle(badge).color,
        notice?.checkVisibility() ? notice.textContent!.replace(/\d+ (s|min)/, "N s") : "",
      ];
    })
  );
  return Object.fromEntries(tiles.map(([cam, ...rest]) => [cam, rest]));
}

pageTests("cameras side by side", {
  "the wall says of each camera what its own page says": async (browser) => {
    await using set = await Stage.make(browser);
    await set.send("gone");
    await set.pass(600_000);
    await set.run("cam", "silent");
    await using viewer = await set.open("/cams", LIGHT);
    let found: Record<string, string[]> = {};
    const say = (wanted: Record<string, string>) =>
      until(JSON.stringify(wanted), async () => {
        found = await wall(viewer);
        return Object.entries(wanted).every(([cam, kind]) => found[cam]?.[0] === kind);
      });
    await say({ cam: "live", silent: "live", gone: "offline" });
    set.stop("silent");
    await set.pass(60_000);
    await say({ cam: "live", silent: "stale", gone: "offline" });
    assert.deepEqual(found.cam, ["live", "Live", GREEN, ""]);
    assert.deepEqual(found.silent, ["stale", "Not live", AMBER, "Last picture N s ago"]);
    assert.deepEqual(found.gone.slice(0, 3), ["offline", "Offline", RED]);
    assert.match(found.gone[3], /^Offline since /);
    await viewer.page.locator("#summary", { hasText: "1 of 3 live" }).waitFor();
    assert.deepEqual(viewer.complaints, []);
  },

  "without script the wall shows each camera's picture and state": async (browser) => {
    await using set = await Stage.make(browser);
    await set.send();
    await set.pass(60_000);
    // Nobody watches yet: a camera that runs is idle, which no page with script sees, because it wakes it.
    await set.send("garden");
    await using viewer = await set.open("/cams", { ...LIGHT, javaScriptEnabled: false });
    const found = await wall(viewer);
    assert.deepEqual(found.cam, ["stale", "Not live", AMBER, "Last picture N s ago"]);
    assert.deepEqual(found.garden, ["idle", "Idle", AMBER, ""]);
    const images = viewer.page.locator(".tile img");
    assert.deepEqual(
      await images.evaluateAll((all) =>
        all.map((image) => (image as HTMLImageElement).naturalWidth)
      ),
      [320, 320],
    );
    await viewer.page.locator('.tile[href$="cams/garden"]').click();
    await viewer.page.waitForURL(`${set.url}/cams/garden`);
    assert.deepEqual(viewer.complaints, []);
  },

  "a new camera comes to the wall by itself, the first one too": async (browser) => {
    await using set = await Stage.make(browser);
    await using viewer = await set.open("/cams");
    await viewer.page.getByText("Waiting for the first camera").waitFor();
    await set.run();
    await viewer.page.locator('.tile[data-state="live"]').waitFor();
    assert.equal(await viewer.page.getByText("Waiting for the first camera").isVisible(), false);
    assert.deepEqual(viewer.complaints, []);
  },

  "twelve cameras come over one connection, and all of them move": async (browser) => {
    await using set = await Stage.make(browser);
    const cams = Array.from({ length: 12 }, (_, i) => `cam-${i + 1}`);
    await set.send(...cams);
    const roads: string[] = [];
    await using viewer = await set.open("/cams", {
      viewport: { width: 1440, height: 900 },
      before: async (page) => {
        await page.addInitScript(bePatient);
        page.on("request", (request) => {
          const { pathname } = new URL(request.url());
          if (/live|stream|ws/.test(pathname)) roads.push(pathname);
        });
      },
    });
    const shown = () =>
      viewer.page.locator(".tile canvas").evaluateAll((all) =>
        (all as HTMLCanvasElement[]).map((one) => one.width === 320 && one.toDataURL())
      );
    await until("all are there", async () => (await shown()).every((one) => one));
    const before = await shown();
    assert.equal(before.length, 12);
    await set.send(...cams);
    await until("all have moved", async () => (await shown()).every((one, i) => one !== before[i]));
    assert.deepEqual(roads, ["/live.stream"]);
    await set.run(...cams);
    await viewer.page.locator('.tile[data-state="live"]').nth(11).waitFor();
    assert.deepEqual(viewer.complaints, []);
  },

  "the wall fills the screen with tiles, and their pictures are no larger than they are": async (
    browser,
  ) => {
    await using set = await Stage.make(browser);
    const cameras = ["a", "b", "c", "d", "e"];
    const { jpegs } = await SceneCamera.make({ width: 1280, height: 720, pictures: 1 });
    for (const cam of cameras) await set.edge.put(jpegs[0], {}, `/cams/${cam}/live.jpeg`);
    const widths: (string | null)[] = [];
    await using viewer = await set.open("/cams", {
      viewport: { width: 1440, height: 900 },
      before: async (page) => {
        await page.addInitScript(bePatient);
        page.on("request", (request) => {
          const { pathname, searchParams } = new URL(request.url());
          if (pathname.startsWith("/live")) widths.push(searchParams.get("w"));
        });
      },
    });
    const { page } = viewer;
    /** How many beside each other, whether all are on the screen, and how wide their pictures are. */
    const laid = () =>
      page.evaluate(() => {
        const tiles = [...document.querySelectorAll(".tile")].map((one) =>
          one.getBoundingClientRect()
        );
        const pictures = [...document.querySelectorAll<HTMLCanvasElement>(".tile canvas")];
        return [
          new Set(tiles.map(({ left }) => left)).size,
          tiles.every(({ right, bottom }) => right <= innerWidth && bottom <= innerHeight),
          pictures.map(({ width }) => width).join(),
        ];
      });
    const each = (width: number) => cameras.map(() => width).join();
    for (
      const [width, height, wanted] of [
        // Two in the last row stand in its middle.
        [1440, 900, [5, true, each(480)]],
        [820, 1180, [3, true, each(480)]],
        [390, 844, [1, true, each(320)]],
      ] as const
    ) {
      await page.setViewportSize({ width, height });
      await until(`${width} x ${height}: ${wanted.join(" ")}`, async () => {
        return JSON.stringify(await laid()) === JSON.stringify(wanted);
      });
    }
    assert.deepEqual(widths, ["480", "320"], "asked anew only where the size is another one");
    assert.match(await page.locator(".age").first().innerText(), /^\d+ s$/);
    await page.keyboard.press("f");
    await page.waitForFunction(() => document.fullscreenElement !== null);
    await page.locator('#fullscreen[aria-pressed="true"]').click();
    await page.waitForFunction(() => document.fullscreenElement === null);
    assert.equal(await page.locator("#back").isVisible(), false, "nobody came from anywhere");
    await set.run("a");
    await page.locator(".tile").first().click();
    await viewer.state("live");
    await page.getByRole("link", { name: "All cameras" }).click();
    await page.getByRole("link", { name: "Back to the camera" }).click();
    await viewer.state("live");
    assert.equal(page.url(), `${set.url}/cams/a`);
    assert.deepEqual(viewer.complaints, []);
  },

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
    await until("each is watched once", async () => {
      return (await blog.viewers()).every((count) => count === 1);
    });
    await page.evaluate(() => {
      const [first, second] = document.querySelectorAll("perch-cam");
      first.remove();
      second.remove();
    });
    await until("it has asked again", () => blog.asked.length > 1);
    assert.deepEqual(blog.asked.slice(1), [cams.slice(2).join(",")]);
    await until("six are watched", async () => {
      return (await blog.viewers()).toSorted().join() === "0,0,1,1,1,1,1,1";
    });
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
      const live = blog.viewer.page.locator('perch-cam[data-state="live"]');
      await until("the others are live", async () => await live.count() === 2);
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
