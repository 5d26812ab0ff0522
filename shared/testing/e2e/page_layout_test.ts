// What no name, no words and no screen may do to the page: make it wider than the screen, or take a
// control away; and a timeline that stays where it is while somebody drags it.

import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { pageTests, Stage } from "../page_stage.ts";
import { until } from "../wait.ts";

/** CSS pixels: phones upright and on their side, tablets, desktops, and some of them zoomed to 200 %. */
const SCREENS = [
  [320, 568],
  [360, 740],
  [390, 844],
  [820, 1180],
  [1024, 768],
  [1440, 900],
  [844, 390],
  [667, 375],
  [195, 422],
  [720, 450],
] as const;

const NAMES = [
  "cam",
  "x".repeat(32),
  "Heron Lake at the Old Mill, Vermont, seen from the north east",
] as const;

/** What the page says in its states. */
const STATES: readonly [kind: string, badge: string, headline: string, detail: string][] = [
  ["live", "Live", "", ""],
  ["empty", "No picture yet", "Waiting for the first picture", "The camera has not sent any."],
  ["waking", "Waking up", "Waking the camera", "This picture is 13 min old."],
  [
    "offline",
    "Offline",
    "Offline since 21 Nov, 14:03",
    "The camera reports: no camera was found at /dev/video0, plug it in and try again",
  ],
  [
    "reconnecting",
    "Reconnecting",
    "Connection lost",
    "Last picture at 14:03:27. Trying again in 15 s.",
  ],
];

/** What is wrong with the page as it says `name` in each state; measured in one turn, before it says else. */
async function faults(page: Page, name: string, states: typeof STATES): Promise<string[]> {
  return await page.evaluate(
    async ([name, states]) => {
      // Controls that lie over the picture leave it while nobody uses them.
      document.dispatchEvent(new Event("pointermove"));
      // By then the page has taken note of the screen.
      await new Promise(requestAnimationFrame);
      return states.flatMap(([kind, badge, headline, detail]) => {
        const set = (id: string, text: string) => document.getElementById(id)!.textContent = text;
        document.querySelector("h1")!.textContent = name;
        document.querySelector("main")!.dataset.state = kind;
        set("watching", "12 watching");
        set("badge-text", badge);
        set("headline", headline);
        set("detail", detail);
        set("words", headline === "" ? "A picture every 10 s; last 7 s ago." : "");
        set("when", "14:03:27");
        set("date", "Sat, 21 Nov");
        set("there", "Camera: Fri 23:03 GMT-5");
        const days = document.getElementById("day") as HTMLSelectElement;
        days.replaceChildren(new Option("Last 24 hours"));
        days.hidden = kind === "live";
        document.getElementById("notice")!.hidden = headline === "";
        document.getElementById("live")!.hidden = false;
        document.getElementById("tell")!.hidden = kind !== "offline" && kind !== "empty";
        document.getElementById("retry")!.hidden = kind !== "reconnecting";
        const found: string[] = [];
        const wide = document.documentElement.scrollWidth - innerWidth;
        if (wide > 0) found.push(`${wide} px wider than the screen`);
        const words = [...document.querySelectorAll(".words:not(:empty)")].map((it) =>
          it.getClientRects()
        );
        for (const [i, [next]] of words.slice(1).entries()) {
          const before = [...words[i]].at(-1)!;
          if (next.top === before.top && next.left - before.right < 6) {
            found.push(`${i + 2} words run together`);
          }
        }
        const parts =
          "h1, #badge, #when, #date, #there, #headline, #detail, a[href], button, #track, #day";
        for (const part of document.querySelectorAll<HTMLElement>(parts)) {
          if (part.closest("dialog") || !part.checkVisibility({ visibilityProperty: true })) {
            continue;
          }
          if (part.textContent === "" && !part.matches("button, a, #track")) continue;
          part.scrollIntoView({ block: "nearest" });
          const { left, right, top, bottom, width, height } = part.getBoundingClientRect();
          const what = part.id || part.tagName;
          if (left < 0 || right > innerWidth + 0.5 || top < -0.5 || bottom > innerHeight + 0.5) {
            found.push(`${what} from ${left},${top} to ${right},${bottom}`);
          }
          const least = part.matches("button, a") ? 24 : 8;
          if (width < least || height < least) found.push(`${what} is ${width} x ${height}`);
          const top_ = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
          const solid = getComputedStyle(part).pointerEvents !== "none" && !part.closest("#notice");
          if (solid && !part.contains(top_) && !top_?.contains(part)) {
            found.push(`${what} lies under ${top_?.id || top_?.className}`);
          }
        }
        return found.map((fault) => `${innerWidth} x ${innerHeight}, ${kind}, ${name}: ${fault}`);
      });
    },
    [name, states] as const,
  );
}

/** @param zoomed Whether screens are looked at that are zoomed: they and large text are each for itself. */
const nothingBreaks = (zoomed: boolean) => async (browser: Browser) => {
  await using set = await Stage.make(browser);
  await set.keep(5);
  await set.send("cam", "second");
  await using viewer = await set.open("/", { reducedMotion: "reduce" });
  await viewer.picture();
  await viewer.page.locator("#timeline").waitFor();
  const broken: string[] = [];
  for (const [width, height] of SCREENS) {
    if (width === 195 && !zoomed) continue;
    await viewer.page.setViewportSize({ width, height });
    for (const name of NAMES) broken.push(...await faults(viewer.page, name, STATES));
  }
  assert.deepEqual(broken, []);
};

pageTests("layouts with text at 200 %", {
  "no name, no words and no screen break the page": nothingBreaks(false),
}, { args: ["--blink-settings=defaultFontSize=32"] });

pageTests("layouts", {
  "no name, no words and no screen break the page": nothingBreaks(true),

  "the timeline stays while it is dragged, the thumb under the pointer": async (browser) => {
    await using set = await Stage.make(browser);
    await set.keep(8);
    await set.send();
    for (const [width, height] of [[390, 844], [820, 1180], [1440, 900]]) {
      await using viewer = await set.open("/", { viewport: { width, height } });
      const { page } = viewer;
      await page.locator("#timeline").waitFor();
      const track = (await page.locator("#track").boundingBox())!;
      let x = track.x + track.width * 0.4;
      await page.mouse.move(x, track.y + track.height / 2);
      await page.mouse.down();
      await viewer.state("past");
      for (const step of [0, 1, 1, 40, -80]) {
        await page.mouse.move(x += step, track.y + track.height / 2);
        await until(`${width}: the thumb is under the pointer`, async () => {
          const thumb = (await page.locator("#thumb").boundingBox())!;
          return Math.abs(thumb.x + thumb.width / 2 - x) <= 1;
        });
        assert.deepEqual(await page.locator("#track").boundingBox(), track, `${width}: it moved`);
      }
      await page.mouse.up();
    }
  },

  "every control is whole on the smallest screens": async (browser) => {
    await using set = await Stage.make(browser);
    await set.keep(3);
    await set.send();
    for (const viewport of [{ width: 320, height: 568 }, { width: 568, height: 320 }]) {
      await using viewer = await set.open("/", { viewport });
      await viewer.page.locator("#timeline").waitFor();
      const look = () =>
        viewer.page.locator("footer :is(button, a)").evaluateAll(async (all) => {
          document.dispatchEvent(new Event("pointermove"));
          // They come back from one frame to the next.
          for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
          return all.filter((one) => one.checkVisibility({ visibilityProperty: true })).map(
            (one) => {
              const { left, right, top, bottom, width, height } = one.getBoundingClientRect();
              return { id: one.id, left, right, top, bottom, width, height };
            },
          );
        });
      let boxes: Awaited<ReturnType<typeof look>> = [];
      // Three frames may take so long that they have left again.
      await until("there are nine", async () => (boxes = await look()).length === 9);
      for (const { id, left, right, top, bottom, width, height } of boxes) {
        const inside = left >= 0 && top >= 0 && right <= viewport.width &&
          bottom <= viewport.height;
        assert.ok(inside, `#${id} leaves ${viewport.width}x${viewport.height}`);
        assert.ok(width >= 40 && height >= 44, `#${id} is ${width}x${height}`);
      }
    }
  },
});
