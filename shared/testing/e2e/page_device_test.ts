// What the page asks of the device: fingers, a floating window, a screen that stays on, its share
// sheet and its clipboard.

import assert from "node:assert/strict";
import { pageTests, Stage } from "../page_stage.ts";
import { until } from "../wait.ts";

/** What the page asked of the browser. */
interface Noted {
  readonly locks: WakeLockSentinel[];
  readonly turned: string[];
}

pageTests("what the page asks of the device", {
  "two fingers magnify the picture around themselves, one moves it": async (browser) => {
    await using set = await Stage.make(browser);
    await set.send();
    await using viewer = await set.open("/", { hasTouch: true });
    const { page } = viewer;
    await viewer.picture();
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

  "the picture floats over other windows, and is watched while it does": async (browser) => {
    await using set = await Stage.make(browser);
    await set.run();
    await using viewer = await set.open();
    const { page } = viewer;
    await viewer.state("live");
    // The browser lets it only within 5 s of a click: a picture may take longer to be there.
    const floats = () =>
      until("it floats", async () => {
        await page.locator("#pip").click();
        const is = () => document.pictureInPictureElement !== null;
        return await page.waitForFunction(is, null, { timeout: 10_000 }).catch(() => undefined) !==
          undefined;
      });
    await floats();
    await viewer.hide(true);
    await viewer.moves();
    await set.watched(1);
    // The window is closed while the tab is hidden: nobody sees the picture any more.
    await page.evaluate(() => document.exitPictureInPicture());
    await set.watched(0);
    await viewer.hide(false);
    await viewer.state("live");
    await floats();
    await page.locator("#pip").click();
    await page.waitForFunction(() => document.pictureInPictureElement === null);
    assert.deepEqual(viewer.complaints, []);
  },

  "fullscreen keeps the screen on, and turns a phone on its side for a wide picture": async (
    browser,
  ) => {
    await using set = await Stage.make(browser);
    await set.send();
    await using viewer = await set.open("/", {
      before: (page) =>
        page.addInitScript(() => {
          // The browser's own lock is taken; what it says of itself is kept to be asked.
          const request = navigator.wakeLock.request.bind(navigator.wakeLock);
          const noted: Noted = { locks: [], turned: [] };
          Object.assign(globalThis, { noted });
          navigator.wakeLock.request = async (type) => {
            const lock = await request(type);
            noted.locks.push(lock);
            return lock;
          };
          Object.assign(ScreenOrientation.prototype, {
            lock: (to: string) => Promise.resolve(void noted.turned.push(to)),
          });
          Object.defineProperty(document, "pictureInPictureEnabled", { value: false });
        }),
    });
    const { page } = viewer;
    await viewer.picture();
    assert.equal(await page.locator("#pip").isVisible(), false, "this browser floats no windows");
    const noted = (held: string, turned: string) =>
      page.waitForFunction((wanted) => {
        const { locks, turned } = (globalThis as unknown as { noted: Noted }).noted;
        return `${locks.map(({ released }) => !released)} ${turned}` === wanted;
      }, `${held} ${turned}`);
    await noted("", "");
    await page.locator("#fullscreen").click();
    await noted("true", "landscape");
    await page.keyboard.press("f");
    await noted("false", "landscape");
    assert.deepEqual(viewer.complaints, []);
  },

  "links are sent by the share sheet, and copied with the snippets": async (browser) => {
    await using set = await Stage.make(browser);
    await set.send();
    await using viewer = await set.open("/cams/cam", {
      permissions: ["clipboard-read", "clipboard-write"],
      before: (page) =>
        page.addInitScript(() => {
          const shared: ShareData[] = [];
          Object.assign(globalThis, { shared });
          navigator.share = (data) => Promise.resolve(void shared.push(data!));
        }),
    });
    const { page } = viewer;
    await viewer.picture();
    await page.locator("#share").click();
    await page.getByRole("button", { name: "Send the link" }).click();
    assert.deepEqual(
      await page.evaluate(() => (globalThis as unknown as { shared: ShareData[] }).shared),
      [{ title: "Perch", url: `${set.url}/cams/cam` }],
    );
    const copied = () => page.evaluate(() => navigator.clipboard.readText());
    // The buttons say it for a moment only.
    const said = await page.evaluateHandle(() => {
      const said: string[] = [];
      const note = (changes: MutationRecord[]) => {
        for (const { target } of changes) {
          said.push(`${(target as HTMLElement).dataset.copy}: ${target.textContent}`);
        }
      };
      const buttons = document.querySelectorAll("[data-copy]");
      const observer = new MutationObserver(note);
      for (const button of buttons) observer.observe(button, { childList: true });
      return said;
    });
    const says = (words: string) =>
      until(words, async () => (await said.jsonValue()).includes(words));
    await page.locator('[data-copy="link"]').click();
    await says("link: Copied");
    assert.equal(await copied(), `${set.url}/cams/cam`);
    await page.getByText("Put it on your page").click();
    await page.locator('[data-copy="snippet-element"]').click();
    await says("snippet-element: Copied");
    assert.match(await copied(), new RegExp(`<perch-cam src="${set.url}/cams/cam">`));
    assert.deepEqual(viewer.complaints, []);
  },

  "of a picture that fills the screen every part can be dragged into sight": async (browser) => {
    await using set = await Stage.make(browser);
    await set.send();
    await using viewer = await set.open();
    const { page } = viewer;
    await viewer.picture();
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
}, { whole: true });
