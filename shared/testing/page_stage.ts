// What tests of the page stand on: an edge in this process whose time passes as the test says, cameras
// that send when they are told to, and one browser for all tests of a file.

import type { Browser } from "playwright-core";
import { SceneCamera } from "./camera.ts";
import { launchChromium } from "./chromium.ts";
import { FakeClock } from "./fake_clock.ts";
import { TEST_TOKEN } from "./processes.ts";
import { TestEdge } from "./test_edge.ts";
import { toolTest } from "./tools.ts";
import { type OpenOptions, ViewerPage } from "./viewer_page.ts";
import { until } from "./wait.ts";

/** The colours of the page's words about its picture, in the light. */
export const GREEN = "rgb(20, 122, 70)";
export const AMBER = "rgb(135, 84, 0)";
export const RED = "rgb(176, 35, 24)";
export const GREY = "rgb(74, 80, 86)";

export const VIEW_TOKEN = "a-view-token-for-tests";

/** Ms between two pictures of a camera that runs. */
const PACE_MS = 250;

const scene = SceneCamera.make({ width: 320, height: 180, pictures: 6 });

/** An edge, and a browser. */
export class Stage implements AsyncDisposable {
  readonly edge: TestEdge;
  readonly browser: Browser;
  /** Where the edge is, without a slash at the end. */
  readonly url: string;
  /** Pictures of the cameras, in their order. */
  readonly jpegs: readonly Uint8Array<ArrayBuffer>[];
  readonly #server: AsyncDisposable;
  readonly #running = new Set<string>();
  #sent = 0;
  #at = performance.now();
  #turn: Promise<void> = Promise.resolve();
  #goes = false;
  #over = false;

  private constructor(edge: TestEdge, browser: Browser, jpegs: Stage["jpegs"]) {
    this.edge = edge;
    this.browser = browser;
    this.jpegs = jpegs;
    const server = edge.listen();
    this.url = server.url;
    this.#server = server;
  }

  /** @param env Settings of the edge. @param now What time it is there, Unix ms. */
  static async make(
    browser: Browser,
    env: Readonly<Record<string, string>> = {},
    now: number = Date.now(),
  ): Promise<Stage> {
    const edge = await TestEdge.start(env, ":memory:", { clock: new FakeClock(now) });
    return new Stage(edge, browser, (await scene).jpegs);
  }

  /** Opens a page of it. */
  open(path = "/", options: OpenOptions = {}): Promise<ViewerPage> {
    return ViewerPage.open(this.browser, this.url + path, options);
  }

  /** Lets the time pass that has passed anyway, and some more. In between it stands. */
  pass(ms = 0): Promise<void> {
    return this.#inTurn(() => this.#tick(ms));
  }

  /** Sends the next picture of cameras. */
  send(...cams: readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      await this.#tick(0);
      const jpeg = this.jpegs[this.#sent++ % this.jpegs.length];
      for (const cam of cams.length > 0 ? cams : ["cam"]) {
        const answer = await this.edge.put(jpeg, {}, `/cams/${cam}/live.jpeg`);
        if (!answer.ok) throw new Error(`camera ${cam} was answered ${answer.status}`);
      }
    });
  }

  /** Sends pictures of cameras until they are told to `stop`. From now on time does not stand. */
  async run(...cams: readonly string[]): Promise<void> {
    for (const cam of cams.length > 0 ? cams : ["cam"]) this.#running.add(cam);
    await this.send(...this.#running);
    if (!this.#goes) void this.#go();
  }

  async #go(): Promise<void> {
    this.#goes = true;
    for (;;) {
      await new Promise((go) => setTimeout(go, PACE_MS));
      if (this.#over) return;
      if (this.#running.size > 0) await this.send(...this.#running);
      else await this.pass();
    }
  }

  stop(...cams: readonly string[]): void {
    for (const cam of cams.length > 0 ? cams : ["cam"]) this.#running.delete(cam);
  }

  /** Keeps pictures of the past; the newest is a minute old. */
  async keep(count: number, everyMs = 300_000): Promise<number[]> {
    const newest = this.edge.clock.now() - 60_000;
    const versions = Array.from({ length: count }, (_, i) => newest - (count - 1 - i) * everyMs);
    for (const [i, version] of versions.entries()) {
      await this.put(version, this.jpegs[i % this.jpegs.length]);
    }
    return versions;
  }

  /** Puts a picture of 320 x 180 into the store, as one of the past. */
  async put(version: number, jpeg: Uint8Array<ArrayBuffer>): Promise<void> {
    const meta = { version, size: jpeg.length, width: 320, height: 180 };
    const frame = { cam: "cam", ...meta, capturedAt: version, receivedAt: version, jpeg };
    await this.edge.store.put(frame, { history: true });
  }

  /** A camera reports something of itself. */
  async report(body: Readonly<Record<string, unknown>>, cam = "cam"): Promise<void> {
    const headers = { authorization: `Bearer ${TEST_TOKEN}` };
    const request = { method: "PUT", headers, body: JSON.stringify(body) };
    const { status } = await this.edge.request(`/cams/${cam}/report`, request);
    if (status >= 300) throw new Error(`a report of ${cam} was answered ${status}`);
  }

  /** How many people watch a camera. */
  async viewers(cam = "cam"): Promise<number> {
    return (await (await this.edge.request(`/cams/${cam}/status.json`)).json()).viewers;
  }

  /** Waits until so many watch a camera. */
  watched(by: number, cam = "cam"): Promise<void> {
    return until(`${by} watch`, async () => await this.viewers(cam) === by);
  }

  async #tick(ms: number): Promise<void> {
    const now = performance.now();
    const since = now - this.#at;
    this.#at = now;
    await this.edge.clock.tick(since + ms);
  }

  /** One after another: time has one owner. */
  #inTurn(act: () => Promise<void>): Promise<void> {
    return this.#turn = this.#turn.then(act, act);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    await this.#turn;
    await this.#server[Symbol.asyncDispose]();
  }
}

/** A page of the test's own on another site than the edge. */
export function otherSite(body: string, headers: Readonly<Record<string, string>> = {}) {
  const answer = { headers: { "content-type": "text/html", ...headers } };
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => new Response(body, answer),
  );
  return {
    url: `http://localhost:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Tests of pages in one browser, one after another. What they leave open is not looked for. */
export function pageTests(
  name: string,
  tests: Readonly<Record<string, (browser: Browser) => Promise<void>>>,
  { tools = [], args, whole }: {
    readonly tools?: Parameters<typeof toolTest>[0];
    readonly args?: readonly string[];
    /** Whether they need what only a browser with windows does. */
    readonly whole?: boolean;
  } = {},
): void {
  toolTest(["chromium", ...tools], name, async (t) => {
    await using browser = await launchChromium(args, whole);
    const unwatched = { sanitizeOps: false, sanitizeResources: false, sanitizeExit: false };
    for (const [name, fn] of Object.entries(tests)) {
      await t.step({ ...unwatched, name, fn: () => fn(browser) });
    }
  });
}
