// The day as a strip of tiny pictures in Chromium: an edge whose clock stands still keeps a past whose
// pictures tell the hour by their colour.

import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { loadSharp } from "../jpegs.ts";
import { pageTests, Stage } from "../page_stage.ts";
import type { OpenOptions, ViewerPage } from "../viewer_page.ts";
import { until } from "../wait.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Sunday, 22 November, 14:03 in Zurich: of the newest picture, and a little later. */
const NEWEST = Date.UTC(2026, 10, 22, 13, 3);
const NOW = NEWEST + MINUTE / 2;
/** The last day, which begins with its first picture. */
const LAST = [NEWEST - 23.75 * HOUR, NOW] as const;
const partOf = (time: number) => (time - LAST[0]) / (LAST[1] - LAST[0]);
const DESKTOP = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

/** A grey for each hour of the day in UTC: the darkest at its beginning. */
const greyAt = (time: number) => 10 + 10 * Math.floor(time / HOUR % 24);

interface Day extends AsyncDisposable {
  readonly set: Stage;
  /** What was asked for, by its path and query. */
  readonly asked: string[];
  open(options?: OpenOptions, path?: string): Promise<ViewerPage>;
}

/** An edge with a picture each quarter of an hour, but in the hours `without`. */
async function dayOf(
  browser: Browser,
  hours: number,
  { without = [], env = {} }: {
    readonly without?: readonly number[];
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<Day> {
  const sharp = await loadSharp();
  const jpegs = new Map<number, Uint8Array<ArrayBuffer>>();
  const set = await Stage.make(browser, env, NOW);
  for (let version = NEWEST - hours * HOUR; version <= NEWEST; version += 15 * MINUTE) {
    if (without.includes(Math.floor((NEWEST - version) / HOUR))) continue;
    const grey = greyAt(version);
    const background = { r: grey, g: grey, b: grey };
    const create = { width: 320, height: 180, channels: 3, background } as const;
    const jpeg = jpegs.get(grey) ?? new Uint8Array(await sharp({ create }).jpeg().toBuffer());
    jpegs.set(grey, jpeg);
    await set.put(version, jpeg);
  }
  const asked: string[] = [];
  return {
    set,
    asked,
    async open(options = {}, path = "/") {
      const before = async (page: Page) => {
        // Before it hears of the edge's clock the page goes by its own.
        await page.clock.setFixedTime(NOW);
        page.on("request", (request) => asked.push(request.url().slice(set.url.length)));
        await options.before?.(page);
      };
      const viewer = await set.open(path, { ...options, before });
      await viewer.page.locator("#timeline").waitFor();
      return viewer;
    },
    [Symbol.asyncDispose]: () => set[Symbol.asyncDispose](),
  };
}

/** The grey of the strip where a time is, by what its ends are; undefined where it is not drawn yet. */
async function stripAt(page: Page, time: number, [from, to]: readonly [number, number] = LAST) {
  return await page.locator("#strip").evaluate((element, part) => {
    const canvas = element as HTMLCanvasElement;
    const context = canvas.getContext("2d")!;
    const x = Math.round(part * canvas.width) + 3;
    const [grey, , , alpha] = context.getImageData(x, canvas.height >> 1, 1, 1).data;
    return alpha > 0 ? grey : undefined;
  }, (time - from) / (to - from));
}

/** When the page says that its picture was taken: `Sat 21 Nov, 14:03:00`. */
async function moment(viewer: ViewerPage): Promise<string> {
  return `${await viewer.text("#date")}, ${await viewer.text("#when")}`;
}

/** Moves the mouse to a time of the last day. */
async function pointAt(page: Page, time: number): Promise<void> {
  const track = (await page.locator("#track").boundingBox())!;
  await page.mouse.move(track.x + track.width * partOf(time), track.y + 20);
}

const isNear = (seen: number | undefined, wanted: number) =>
  seen !== undefined && Math.abs(seen - wanted) < 6;

pageTests("the day as a strip", {
  "one request brings the day, whose strip has its colours, its hours and its midnight": async (
    browser,
  ) => {
    await using day = await dayOf(browser, 30);
    await using viewer = await day.open(DESKTOP);
    const { page } = viewer;
    await until("the strip is drawn", async () => await stripAt(page, NOW - HOUR) !== undefined);
    for (const hours of [3, 8, 13, 18, 23]) {
      const time = Math.floor(NOW / HOUR - hours) * HOUR;
      const seen = await stripAt(page, time);
      assert.ok(isNear(seen, greyAt(time)), `${hours}: ${seen}, wanted ${greyAt(time)}`);
    }
    assert.equal(day.asked.filter((url) => url.includes("day.jpeg")).length, 1);
    assert.equal(day.asked.filter((url) => /frames\/\d/.test(url)).length, 0);
    const marks = await page.locator("#marks i").allInnerTexts();
    assert.deepEqual(marks.filter(Boolean).slice(0, 3), ["16:00", "18:00", "20:00"]);
    assert.equal(await viewer.text("#marks .midnight"), "Sun");
    assert.equal(await page.locator("#day").isVisible(), false);
    // Another page has it from its browser, and the edge made it once.
    await using second = await day.open(DESKTOP);
    await until("the strip is drawn", async () => {
      return await stripAt(second.page, NOW - HOUR) !== undefined;
    });
    const rows = day.asked.filter((url) => url.includes("day.jpeg"));
    assert.equal(new Set(rows).size, 1);
    assert.deepEqual([...viewer.complaints, ...second.complaints], []);
  },

  "a gap is shown as a gap, with nothing from there; arrows step over it, with shift by hours":
    async (browser) => {
      await using day = await dayOf(browser, 30, { without: [4, 5, 6, 7] });
      await using viewer = await day.open(DESKTOP);
      const { page } = viewer;
      const [track, gap] = [
        (await page.locator("#track").boundingBox())!,
        (await page.locator("#gaps i").boundingBox())!,
      ];
      const x = (hours: number) => track.x + track.width * partOf(NEWEST - hours * HOUR);
      assert.ok(Math.abs(gap.x - x(8)) < 2, `${gap.x}, wanted ${x(8)}`);
      assert.ok(Math.abs(gap.x + gap.width - x(3.75)) < 2);
      await pointAt(page, NOW - 5.5 * HOUR);
      await until("it says that there is none", async () => {
        return await viewer.text("#preview-time") === "No pictures 06:03 – 10:18";
      });
      assert.equal(await page.locator("#preview-picture").isVisible(), false);
      assert.deepEqual(await viewer.findings(), []);
      await pointAt(page, NOW - 10 * HOUR);
      await page.locator("#preview-picture").waitFor();
      assert.equal(await viewer.text("#preview-time"), "04:03");
      // Who presses there gets the nearest one, and sees where that is.
      await pointAt(page, NOW - 4.5 * HOUR);
      await page.mouse.down();
      await page.mouse.up();
      await viewer.state("past");
      assert.equal(await viewer.text("#when"), "10:18:00");
      const thumb = (await page.locator("#thumb").boundingBox())!;
      assert.ok(Math.abs(thumb.x + thumb.width / 2 - x(3.75)) < 2);
      await page.locator("#live").click();
      const steps: [key: string, shows: string][] = [
        ["ArrowLeft", "14:03:00"],
        ["ArrowLeft", "13:48:00"],
        ["Shift+ArrowLeft", "12:48:00"],
        ["ArrowRight", "13:03:00"],
        ["Shift+ArrowLeft", "12:03:00"],
        ["Shift+ArrowLeft", "11:03:00"],
        ["Shift+ArrowLeft", "10:18:00"],
        ["Shift+ArrowLeft", "06:03:00"],
        ["PageDown", "05:03:00"],
        ["Shift+ArrowRight", "06:03:00"],
        ["Shift+ArrowRight", "10:18:00"],
        ["Home", "14:18:00"],
      ];
      const slider = page.locator("#track");
      await slider.focus();
      for (const [key, shows] of steps) {
        await page.keyboard.press(key);
        await until(`${key} shows ${shows}`, async () => await viewer.text("#when") === shows);
        const said = (await slider.getAttribute("aria-valuetext"))!;
        assert.ok(said.includes(shows.replace(/:00$/, "")), `${key}: ${said}`);
      }
      await page.keyboard.press("End");
      await page.locator("#live").waitFor({ state: "hidden" });
      assert.equal(await slider.getAttribute("aria-valuetext"), "Live");
      assert.deepEqual(viewer.complaints, []);
    },

  "an earlier day can be chosen, and live is back at the last one": async (browser) => {
    await using day = await dayOf(browser, 50, { env: { PERCH_HISTORY_H: "240" } });
    await using viewer = await day.open(DESKTOP);
    const { page } = viewer;
    const select = page.getByLabel("Day", { exact: true });
    await select.waitFor();
    const options = await select.locator("option").allInnerTexts();
    // Of ten days that may be there it offers those that are.
    assert.deepEqual(options, ["Last 24 hours", "Sat 21 Nov", "Fri 20 Nov"]);
    await select.selectOption("Sat 21 Nov");
    await until("the same time of that day is shown", async () => {
      return await moment(viewer) === "Sat 21 Nov, 14:03:00";
    });
    assert.equal(await viewer.text("#badge"), "Earlier");
    const saturday = [Date.UTC(2026, 10, 20, 23), Date.UTC(2026, 10, 21, 23)] as const;
    const evening = Date.UTC(2026, 10, 21, 20);
    await until("its strip is drawn", async () => {
      return isNear(await stripAt(page, evening, saturday), greyAt(evening));
    });
    assert.equal(await page.locator("#gaps i").count(), 0);
    await page.locator("#track").press("Home");
    await until(
      "it begins at midnight",
      async () => await moment(viewer) === "Sat 21 Nov, 00:03:00",
    );
    const film = new URL(
      await page.locator("#film").evaluate((it) => (it as HTMLAnchorElement).href),
    );
    assert.deepEqual(
      [film.searchParams.get("from"), film.searchParams.get("to")],
      [String(saturday[0]), String(saturday[1] - 1)],
    );
    assert.deepEqual(await viewer.findings(), []);
    // The oldest has no pictures before its noon.
    await select.selectOption("Fri 20 Nov");
    await until("the first of that day is shown", async () => {
      return await moment(viewer) === "Fri 20 Nov, 12:03:00";
    });
    assert.equal(await page.locator("#gaps i").count(), 1);
    await page.locator("#live").click();
    await until("the last day is chosen", async () => await select.inputValue() === "0");
    await until("its strip is drawn", async () => {
      const time = Math.floor(NOW / HOUR - 3) * HOUR;
      return isNear(await stripAt(page, time), greyAt(time));
    });
    assert.deepEqual(viewer.complaints, []);
  },

  "a link to a moment of an earlier day opens that day": async (browser) => {
    await using day = await dayOf(browser, 50, { env: { PERCH_HISTORY_H: "72" } });
    const version = Date.UTC(2026, 10, 21, 8, 3);
    await using viewer = await day.open(DESKTOP, `/?at=${version}`);
    const { page } = viewer;
    const select = page.getByLabel("Day", { exact: true });
    await select.waitFor();
    assert.equal(await select.locator("option:checked").innerText(), "Sat 21 Nov");
    assert.equal(await moment(viewer), "Sat 21 Nov, 09:03:00");
    await page.keyboard.press("Shift+ArrowRight");
    await until("an hour later is shown", async () => {
      return await moment(viewer) === "Sat 21 Nov, 10:03:00";
    });
    await select.selectOption("Last 24 hours");
    await page.locator("#live").waitFor({ state: "hidden" });
    assert.equal(await select.inputValue(), "0");
    assert.deepEqual(viewer.complaints, []);
    // One that does not come leaves the one that is there.
    await page.route("**/frames?*", (route) => route.abort());
    await select.selectOption("Sat 21 Nov");
    await until("the last day is chosen again", async () => await select.inputValue() === "0");
    assert.equal(await viewer.text("#marks .midnight"), "Sun");
    await page.unroute("**/frames?*");
    await select.selectOption("Sat 21 Nov");
    await until("it is there", async () => await moment(viewer) === "Sat 21 Nov, 14:03:00");
  },

  "a day is the camera's, in hours of its own clocks": async (browser) => {
    await using day = await dayOf(browser, 30);
    await day.set.report({ state: "running", zone: "America/New_York" });
    await using viewer = await day.open(DESKTOP);
    const { page } = viewer;
    // The marks are made anew when it is.
    await until("the strip is drawn", async () => await stripAt(page, NOW - HOUR) !== undefined);
    const marks = (await page.locator("#marks i").allInnerTexts()).filter(Boolean);
    assert.deepEqual(marks.slice(0, 3), ["10:00", "12:00", "14:00"]);
    const [track, midnight] = [
      (await page.locator("#track").boundingBox())!,
      (await page.locator("#marks .midnight").boundingBox())!,
    ];
    const x = track.x + track.width * partOf(Date.UTC(2026, 10, 22, 5));
    assert.ok(Math.abs(midnight.x + midnight.width / 2 - x) < 2);
    await pointAt(page, NOW - HOUR);
    await page.locator("#preview").waitFor();
    assert.match(await viewer.text("#preview-time"), /^0[67]:\d\d GMT-5$/);
  },

  "a finger sees what it points at, and the strip stays under it": async (browser) => {
    await using day = await dayOf(browser, 30);
    await using viewer = await day.open(PHONE);
    const { page } = viewer;
    await until("the strip is drawn", async () => await stripAt(page, NOW - HOUR) !== undefined);
    const track = (await page.locator("#track").boundingBox())!;
    const cdp = await page.context().newCDPSession(page);
    const touch = async (type: "touchStart" | "touchMove" | "touchEnd", x?: number) => {
      const touchPoints = x === undefined ? [] : [{ x, y: track.y + 20 }];
      await cdp.send("Input.dispatchTouchEvent", { type, touchPoints });
    };
    const at = (hours: number) => track.x + track.width * partOf(NEWEST - hours * HOUR);
    await touch("touchStart", at(4));
    for (const hours of [5, 12, 20]) {
      await touch("touchMove", at(hours));
      const wanted = greyAt(NEWEST - hours * HOUR);
      await until(`the picture of ${hours} hours ago is over the finger`, async () => {
        const seen = await page.locator("#preview-picture").evaluate((element) => {
          const canvas = element as HTMLCanvasElement;
          return canvas.getContext("2d")!.getImageData(canvas.width >> 1, 9, 1, 1).data[0];
        });
        return Math.abs(seen - wanted) < 15;
      });
      assert.ok(await page.locator("#preview").isVisible());
      const box = (await page.locator("#preview").boundingBox())!;
      assert.ok(box.y + box.height <= track.y + 4, "it is above the finger");
    }
    await until("the picture is there", async () => /21 Nov/.test(await moment(viewer)));
    assert.deepEqual(await page.locator("#track").boundingBox(), track);
    await touch("touchEnd");
    await page.locator("#preview").waitFor({ state: "hidden" });
    assert.deepEqual(viewer.complaints, []);
  },

  "where no tiny pictures are made, bars say where there are some": async (browser) => {
    await using day = await dayOf(browser, 30, { without: [4, 5] });
    await using viewer = await day.open({
      ...DESKTOP,
      before: (page) => page.route("**/day.jpeg?*", (route) => route.fulfill({ status: 501 })),
    });
    const { page } = viewer;
    assert.equal(await page.locator("#gaps i").count(), 1);
    assert.equal(await stripAt(page, NOW - HOUR), undefined);
    await pointAt(page, NOW - 10 * HOUR);
    await page.locator("#preview-picture:not(.blank)").waitFor();
    assert.equal(await viewer.text("#preview-time"), "04:03");
    assert.deepEqual(viewer.complaints.filter((text) => !text.includes("501")), []);
  },
});
