// What the page asks of the device: fingers, a floating window, a screen that stays on, its share
// sheet and its clipboard.

import assert from "node:assert/strict";
import { stage, viewersOf } from "../page_stage.ts";
import { until } from "../wait.ts";
import { toolTest } from "../tools.ts";
import { ViewerPage } from "../viewer_page.ts";

toolTest(
  ["chromium"],
  "two fingers magnify the picture around themselves, one moves it",
  async () => {
    await using set = await stage();
    await using viewer = await ViewerPage.open(set.browser, set.edge.url, { hasTouch: true });
    const { page } = viewer;
    await viewer.state("live");
    const box = (await page.locator("#frame").boundingBox())!;
    const fingers = await page.context().newCDPSession(page);
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", ...at: [number, number][]) =>
      fingers.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: at.map(([x, y], id) => ({
          x: box.x + x * box.width,
          y: box.y + y * box.height,
          id,
        })),
      });
    const picture = async () => {
      const found = (await page.locator("#picture").boundingBox())!;
      return {
        scale: found.width / box.width,
        left: (found.x - box.x) / box.width,
      };
    };
    await touch("touchStart", [0.4, 0.5], [0.6, 0.5]);
    for (let step = 1; step <= 5; step++) {
      await touch("touchMove", [0.4 - step * 0.04, 0.5], [0.6 + step * 0.04, 0.5]);
    }
    await touch("touchEnd");
    const pinched = await picture();
    assert.ok(Math.abs(pinched.scale - 3) < 0.2, `magnified ${pinched.scale} times`);
    // The point between the fingers, the middle, is still in the middle.
    const middle = pinched.left + pinched.scale / 2;
    assert.ok(Math.abs(middle - 0.5) < 0.1, `the middle is at ${middle}`);
    await touch("touchStart", [0.5, 0.5]);
    await touch("touchMove", [0.7, 0.5]);
    await touch("touchEnd");
    const moved = await picture();
    assert.ok(Math.abs(moved.left - pinched.left - 0.2) < 0.05, `moved from ${pinched.left}`);
    assert.ok(Math.abs(moved.scale - pinched.scale) < 0.01, `magnified ${moved.scale} times`);
    assert.equal(
      await page.evaluate(() => visualViewport!.scale),
      1,
      "the page itself is not zoomed",
    );
    assert.deepEqual(viewer.complaints, []);
  },
);

toolTest(
  ["chromium"],
  "the picture floats over other windows, and is watched while it does",
  async () => {
    await using set = await stage();
    await using viewer = await ViewerPage.open(set.browser, set.edge.url);
    const { page } = viewer;
    await viewer.state("live");
    await page.locator("#pip").click();
    await page.waitForFunction(() => document.pictureInPictureElement !== null);
    await viewer.hide(true);
    const first = await viewer.pixels();
    await until("it still moves", async () => await viewer.pixels() !== first);
    assert.equal(await viewersOf(set.edge), 1);
    // The window is closed while the tab is hidden: nobody sees the picture any more.
    await page.evaluate(() => document.exitPictureInPicture());
    await until("nobody watches", async () => await viewersOf(set.edge) === 0);
    await viewer.hide(false);
    await viewer.state("live");
    await page.locator("#pip").click();
    await page.waitForFunction(() => document.pictureInPictureElement !== null);
    await page.locator("#pip").click();
    await page.waitForFunction(() => document.pictureInPictureElement === null);
    assert.deepEqual(viewer.complaints, []);
  },
);

toolTest(["chromium"], "a browser without floating windows has no button for them", async () => {
  await using set = await stage();
  await using viewer = await ViewerPage.open(set.browser, set.edge.url, {
    before: (page) =>
      page.addInitScript(() =>
        Object.defineProperty(document, "pictureInPictureEnabled", { value: false })
      ),
  });
  await viewer.state("live");
  assert.equal(await viewer.page.locator("#pip").isVisible(), false);
  assert.ok(await viewer.page.locator("#snapshot").isVisible());
});

toolTest(["chromium"], "the screen stays on in fullscreen, and only there", async () => {
  await using set = await stage();
  await using viewer = await ViewerPage.open(set.browser, set.edge.url, {
    before: (page) =>
      page.addInitScript(() => {
        // The browser's own lock is taken; what it says of itself is kept to be asked.
        const request = navigator.wakeLock.request.bind(navigator.wakeLock);
        const locks: WakeLockSentinel[] = [];
        Object.assign(globalThis, { locks });
        navigator.wakeLock.request = async (type) => {
          const lock = await request(type);
          locks.push(lock);
          return lock;
        };
      }),
  });
  const { page } = viewer;
  await viewer.state("live");
  const held = (wanted: readonly boolean[]) =>
    page.waitForFunction((wanted) => {
      const { locks } = globalThis as unknown as { locks: WakeLockSentinel[] };
      return JSON.stringify(locks.map(({ released }) => !released)) === JSON.stringify(wanted);
    }, wanted);
  await held([]);
  await page.keyboard.press("f");
  await held([true]);
  await page.keyboard.press("f");
  await held([false]);
  assert.deepEqual(viewer.complaints, []);
});

toolTest(["chromium"], "a link is sent by the device's share sheet where it has one", async () => {
  await using set = await stage();
  await using viewer = await ViewerPage.open(set.browser, `${set.edge.url}/cams/cam`, {
    before: (page) =>
      page.addInitScript(() => {
        const shared: ShareData[] = [];
        Object.assign(globalThis, { shared });
        navigator.share = (data) => Promise.resolve(void shared.push(data!));
      }),
  });
  const { page } = viewer;
  await viewer.state("live");
  await page.locator("#share").click();
  await page.locator("#send").click();
  assert.deepEqual(
    await page.evaluate(() => (globalThis as unknown as { shared: ShareData[] }).shared),
    [{ title: "Perch", url: `${set.edge.url}/cams/cam` }],
  );
  assert.deepEqual(viewer.complaints, []);
});

toolTest(["chromium"], "without a share sheet the link and the snippets are copied", async () => {
  await using set = await stage();
  await using viewer = await ViewerPage.open(set.browser, `${set.edge.url}/cams/cam`, {
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const { page } = viewer;
  await viewer.state("live");
  await page.locator("#share").click();
  assert.equal(await page.locator("#send").isVisible(), false, "Chromium for Linux has none");
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await page.locator('[data-copy="link"]').click();
  await page.getByText("Copied").waitFor();
  assert.equal(await copied(), `${set.edge.url}/cams/cam`);
  await page.getByText("Put it on your page").click();
  await page.locator('[data-copy="snippet-element"]').click();
  await page.locator('[data-copy="snippet-element"]').getByText("Copied").waitFor();
  assert.match(await copied(), new RegExp(`<perch-cam src="${set.edge.url}/cams/cam">`));
  assert.deepEqual(viewer.complaints, []);
});

toolTest(["chromium"], "every control is whole on the smallest screens", async () => {
  await using set = await stage({ PERCH_KEYFRAME_S: "1" });
  await until(
    "there is a past",
    async () => (await (await fetch(`${set.edge.url}/frames`)).json()).frames.length >= 3,
  );
  for (const viewport of [{ width: 320, height: 568 }, { width: 568, height: 320 }]) {
    await using viewer = await ViewerPage.open(set.browser, set.edge.url, { viewport });
    await viewer.state("live");
    await viewer.page.locator("#timeline").waitFor();
    const boxes = await viewer.page.locator("footer :is(button, a):visible").evaluateAll((all) =>
      all.map((one) => {
        const { left, right, top, bottom, width, height } = one.getBoundingClientRect();
        return { id: one.id, left, right, top, bottom, width, height };
      })
    );
    assert.equal(boxes.length, 9);
    for (const { id, left, right, top, bottom, width, height } of boxes) {
      const inside = left >= 0 && top >= 0 && right <= viewport.width && bottom <= viewport.height;
      assert.ok(inside, `#${id} leaves ${viewport.width}x${viewport.height}`);
      assert.ok(width >= 40 && height >= 44, `#${id} is ${width}x${height}`);
    }
  }
});

toolTest(["chromium"], "fullscreen turns a phone on its side for a wide picture", async () => {
  await using set = await stage();
  await using viewer = await ViewerPage.open(set.browser, set.edge.url, {
    before: (page) =>
      page.addInitScript(() => {
        const turned: string[] = [];
        Object.assign(globalThis, { turned });
        Object.assign(ScreenOrientation.prototype, {
          lock: (to: string) => Promise.resolve(void turned.push(to)),
        });
      }),
  });
  const { page } = viewer;
  await viewer.state("live");
  await page.locator("#fullscreen").click();
  await page.waitForFunction(() =>
    (globalThis as unknown as { turned: string[] }).turned.join() === "landscape"
  );
  assert.deepEqual(viewer.complaints, []);
});

toolTest(
  ["chromium"],
  "of a picture that fills the screen every part can be dragged into sight",
  async () => {
    await using set = await stage();
    await using viewer = await ViewerPage.open(set.browser, set.edge.url);
    const { page } = viewer;
    await viewer.state("live");
    await page.keyboard.press("z");
    const frame = (await page.locator("#frame").boundingBox())!;
    const middle = frame.y + frame.height / 2;
    const ends = async () => {
      const { aspect, left, width } = await page.locator("#picture").evaluate((it) => {
        const { left, width, height } = it.getBoundingClientRect();
        const { width: across, height: down } = it as HTMLCanvasElement;
        return { aspect: across / down / (width / height), left, width };
      });
      // Where it is of another shape than the canvas it lies in its middle.
      const part = Math.min(1, aspect) * width;
      return [left + (width - part) / 2, left + (width + part) / 2];
    };
    for (const [way, end] of [[1, 0], [-1, 1]]) {
      for (let pull = 0; pull < 4; pull++) {
        await page.mouse.move(frame.x + frame.width * (0.5 - way * 0.45), middle);
        await page.mouse.down();
        await page.mouse.move(frame.x + frame.width * (0.5 + way * 0.45), middle, { steps: 3 });
        await page.mouse.up();
      }
      const wanted = frame.x + end * frame.width;
      assert.ok(Math.abs((await ends())[end] - wanted) < 2, `${await ends()}, wanted ${wanted}`);
    }
    assert.deepEqual(viewer.complaints, []);
  },
);
