// The viewer page in a real browser, with everything it complains about written down.

import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { until } from "./wait.ts";

/** How long anything is waited for, ms. */
const PATIENCE_MS = 60_000;

/** What axe-core looks for. */
const TAGS: string[] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** How the browser of a test is set up; everything else is as for a person in Zurich. */
export interface OpenOptions extends BrowserContextOptions {
  /** Run in the page before anything else. */
  readonly before?: (page: Page) => unknown;
}

/** An open page. */
export class ViewerPage implements AsyncDisposable {
  readonly page: Page;
  /**
   * Console errors, uncaught errors, and refusals of the Content-Security-Policy. Not 503: a store
   * that is too slow on a busy machine is answered with it, and asked again.
   */
  readonly complaints: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on("console", (message) => {
      const refused = /content security/i.test(message.text());
      if (refused || message.type() === "error" && !message.text().includes("status of 503")) {
        this.complaints.push(`${message.text()} ${message.location().url}`);
      }
    });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
  }

  /** Opens `url` in a browser of its own. */
  static async open(browser: Browser, url: string, options: OpenOptions = {}): Promise<ViewerPage> {
    const { before, ...rest } = options;
    const context = await browser.newContext({
      viewport: { width: 390, height: 844 },
      locale: "en-GB",
      timezoneId: "Europe/Zurich",
      ...rest,
    });
    // A busy machine is no fault of the page.
    context.setDefaultTimeout(PATIENCE_MS);
    const viewer = new ViewerPage(await context.newPage());
    await before?.(viewer.page);
    await viewer.page.goto(url);
    return viewer;
  }

  /** Waits until the page is in a state, as its colour and words depend on it. */
  async state(kind: string): Promise<void> {
    await this.page.locator(`main[data-state="${kind}"]`).waitFor();
  }

  /** Writes states down. @returns What gives those that came since. */
  async statesFromNow(): Promise<() => Promise<string[]>> {
    const states = await this.page.evaluateHandle(() => {
      const main = document.querySelector("main")!;
      const states: string[] = [];
      new MutationObserver(() => states.push(main.dataset.state!))
        .observe(main, { attributeFilter: ["data-state"] });
      return states;
    });
    return () => states.jsonValue();
  }

  /** Waits until a picture is on the canvas. */
  async picture(): Promise<void> {
    await this.page.locator(".frame:not(.blank)").waitFor();
  }

  /** What axe-core says against it, as one line each. */
  async findings(runOnly: string[] = TAGS): Promise<string[]> {
    const { default: axe } = await import("axe-core");
    if (!await this.page.evaluate(() => "axe" in globalThis)) await this.page.evaluate(axe.source);
    const { violations } = await this.page.evaluate(
      (runOnly) => (globalThis as unknown as { axe: typeof axe }).axe.run(document, { runOnly }),
      runOnly,
    );
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  }

  /** Hides the tab, or shows it again. */
  async hide(hidden: boolean): Promise<void> {
    await this.page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  }

  /** What an element says. */
  async text(selector: string): Promise<string> {
    return (await this.page.locator(selector).innerText()).trim();
  }

  /** Numbers that differ where the picture differs. */
  async pixels(selector = "#picture"): Promise<string> {
    return await this.page.locator(selector).evaluate((canvas) => {
      const small = document.createElement("canvas");
      small.width = 32;
      small.height = 18;
      const context = small.getContext("2d")!;
      context.drawImage(canvas as HTMLCanvasElement, 0, 0, 32, 18);
      return context.getImageData(0, 0, 32, 18).data.join();
    });
  }

  /** Waits until the picture is another one. */
  async moves(): Promise<void> {
    const first = await this.pixels();
    await until("the picture changes", async () => await this.pixels() !== first);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
  }
}
