// The edge on Workers' own runtime, over real connections.

import assert from "node:assert/strict";
import { inspectJpeg } from "../../shared/jpeg/inspect.ts";
import { launchChromium } from "../../shared/testing/chromium.ts";
import { baseline } from "../../shared/testing/jpegs.ts";
import { NumberedCamera } from "../../shared/testing/camera.ts";
import { putFrame, startPi, TEST_TOKEN } from "../../shared/testing/processes.ts";
import { encodeAck } from "../../shared/testing/clients.ts";
import { together, toolTest } from "../../shared/testing/tools.ts";
import { ViewerPage } from "../../shared/testing/viewer_page.ts";
import { Workerd } from "../../shared/testing/workerd.ts";
import { FRAME_HEADER_BYTES, readFrameHeader, writeFrameHeader } from "../../shared/wire_frame.ts";
import { until } from "../../shared/testing/wait.ts";
import { TempDir } from "../../shared/testing/temp.ts";

const frame = await baseline(160, 120);

/** How an object is, for whoever may publish. */
async function statusOf(url: string) {
  const headers = { authorization: `Bearer ${TEST_TOKEN}` };
  return await (await fetch(`${url}/status.json`, { headers })).json();
}

Deno.test("on Workers a thousand pollers cost the object two requests a second at most", async () => {
  await using edge = await Workerd.start();
  await putFrame(edge.url, frame);
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: 1000 });
  const startedAt = Date.now();
  const before = (await statusOf(edge.url)).cost.counted.requests;
  const tags = new Set<string>();
  await Promise.all(Array.from({ length: 1000 }, async (_, i) => {
    for (let n = 0; n < 3; n++) {
      // As programs do that want to get past caches.
      const response = await fetch(`${edge.url}/live.jpeg?t=${i}-${n}`, { client });
      assert.equal(response.status, 200);
      tags.add(response.headers.get("etag")!);
      await response.arrayBuffer();
    }
  }));
  const seconds = (Date.now() - startedAt) / 1000;
  const asked = (await statusOf(edge.url)).cost.counted.requests - before - 1;
  assert.ok(asked <= 2 * Math.ceil(seconds), `${asked} requests in ${seconds} s`);
  // Whoever asks later gets what came meanwhile.
  const newer = (await putFrame(edge.url, await baseline(320, 240))).headers.get("etag");
  await until("the newest is there", async () => {
    const response = await fetch(`${edge.url}/live.jpeg`, { client });
    await response.arrayBuffer();
    return response.headers.get("etag") === newer;
  });
  const known = await fetch(`${edge.url}/live.jpeg`, { headers: { "if-none-match": newer! } });
  assert.equal(known.status, 304);
  client.close();
});

toolTest(["chromium"], "on Workers the page is live in Chromium", async () => {
  await using edge = await Workerd.start();
  await using _pi = await startPi(edge.url);
  const browser = await launchChromium();
  try {
    await using viewer = await ViewerPage.open(browser, edge.url);
    await viewer.state("live");
    await viewer.picture();
    const first = await viewer.pixels();
    await until("the picture moves", async () => await viewer.pixels() !== first);
    assert.deepEqual(viewer.complaints, []);
    // The agent was told to send over a socket.
    let looks = 0;
    await until("pictures cost no requests", async () => {
      const metrics = await (await fetch(`${edge.url}/metrics`)).text();
      looks++;
      const of = (name: string) => Number(new RegExp(`^${name} (\\d+)`, "m").exec(metrics)?.[1]);
      return of("perch_frames_received_total") > 2 * (of("perch_requests_total") - looks);
    });
  } finally {
    await browser.close();
  }
});

/** A camera's socket, what the edge asks of it, and what it acknowledged. */
async function publish(url: string) {
  // The types of the browser, which the page needs, hide that Deno's sockets take headers.
  const Socket = WebSocket as unknown as new (url: string, options: object) => WebSocket;
  const socket = new Socket(`${url.replace("http", "ws")}/publish?session=test`, {
    headers: { authorization: `Bearer ${TEST_TOKEN}` },
  });
  const heard: { type: string; interval?: number; seq?: number }[] = [];
  socket.onmessage = ({ data }) => heard.push(JSON.parse(data));
  await until("the camera is asked for pictures", () => heard.length > 0);
  let n = 0;
  return {
    socket,
    heard,
    async send(jpeg: Uint8Array) {
      const bytes = new Uint8Array(FRAME_HEADER_BYTES + jpeg.length);
      const now = Date.now();
      writeFrameHeader(bytes, { camera: 0, version: ++n, capturedAt: now, receivedAt: now });
      bytes.set(jpeg, FRAME_HEADER_BYTES);
      socket.send(bytes);
      await until("it is acknowledged", () => heard.some(({ seq }) => seq === n));
    },
  };
}

/** Longer than the runtime waits before it puts an object to sleep, ms. */
const SLEEP_MS = 11_500;
const sleep = (ms: number) => new Promise((go) => setTimeout(go, ms));

/** Ms since the object was made. */
async function awakeMs(url: string): Promise<number> {
  return (await statusOf(url)).cost.countedMs;
}

/** What an object says that has slept, for nobody asked it; a busy machine puts it to sleep late. */
async function asleep(url: string, tries = 3) {
  await sleep(SLEEP_MS);
  const status = await statusOf(url);
  if (status.cost.countedMs < SLEEP_MS / 2) return status;
  assert.ok(tries > 0, `awake for ${status.cost.countedMs} ms`);
  return await asleep(url, tries - 1);
}

/** An idle camera's socket stays open, and the first viewer wakes both. */
async function idleCamera(): Promise<void> {
  await using edge = await Workerd.start({
    vars: { PERCH_PUBLISH_TOKENS: TEST_TOKEN, PERCH_IDLE_INTERVAL_S: "299" },
  });
  const camera = await publish(edge.url);
  await camera.send(frame);
  const { version } = await statusOf(edge.url);
  const status = await asleep(edge.url);
  assert.equal(status.version, version);
  assert.equal(status.state, "idle");
  const reader = (await fetch(`${edge.url}/stream.mjpeg`)).body!.getReader();
  await until("the camera is asked for more", () => camera.heard.at(-1)?.interval === 100);
  await camera.send(await baseline(320, 240));
  await reader.cancel();
  assert.equal(camera.socket.readyState, WebSocket.OPEN);
  camera.socket.close();
}

/** A viewer's socket sleeps between the alarms by which it hears that the camera is stale, and lost. */
async function lostCamera(): Promise<void> {
  await using edge = await Workerd.start({
    vars: {
      PERCH_PUBLISH_TOKENS: TEST_TOKEN,
      PERCH_VIEWER_SOCKETS: "true",
      // Lost after ten times that, which leaves time to fall asleep.
      PERCH_STALE_S: "2",
      PERCH_IDLE_INTERVAL_S: "1",
    },
  });
  const startedAt = performance.now();
  await putFrame(edge.url, frame);
  const viewer = new WebSocket(`${edge.url.replace("http", "ws")}/ws`);
  viewer.binaryType = "arraybuffer";
  const states: string[] = [];
  const versions: number[] = [];
  viewer.onmessage = ({ data }) => {
    if (typeof data === "string") {
      const { status } = JSON.parse(data);
      if (status && status.state !== states.at(-1)) states.push(status.state);
    } else {
      const header = readFrameHeader(new Uint8Array(data))!;
      versions.push(header.version);
      viewer.send(encodeAck(header));
    }
  };
  // A camera that was asked for pictures at once is missed sooner than one at rest.
  await until("the picture is there", () => versions.length > 0);
  await putFrame(edge.url, frame);
  await until("it is told that the camera is gone", () => states.at(-1) === "offline");
  assert.deepEqual(states.slice(-2), ["stale", "offline"]);
  assert.ok(await awakeMs(edge.url) < (performance.now() - startedAt) / 2, "it did not sleep");
  const back = await putFrame(edge.url, await baseline(320, 240));
  const version = Number(back.headers.get("etag")!.slice(1, -1));
  await until("the new picture is there", () => versions.at(-1) === version);
  await until("it is told that the camera is back", async () => {
    await putFrame(edge.url, await baseline(320, 240));
    return states.at(-1) === "live";
  });
  viewer.close();
}

/** Some sleep for most of their time: all at once. */
Deno.test("on Workers", (t) =>
  together(t, {
    "an idle camera's socket stays open while the object sleeps, and the first viewer wakes both":
      idleCamera,
    "a viewer's socket stays open while the object sleeps, and alarms tell that its camera is lost":
      lostCamera,
    "settings that are wrong are answered 503, with one line for each": async () => {
      await using edge = await Workerd.start({
        vars: { PERCH_PUBLISH_TOKENS: "short", PERCH_FPS: "0" },
      });
      for (const path of ["/", "/live.jpeg", "/health", "/publish"]) {
        const response = await fetch(edge.url + path);
        assert.equal(response.status, 503);
        const lines = (await response.text()).trim().split("\n");
        assert.deepEqual(lines.map((line) => line.split(":")[0]), [
          "PERCH_PUBLISH_TOKENS",
          "PERCH_FPS",
        ]);
        assert.ok(!lines.join().includes("short"));
      }
    },
    "the page's files are served beside the object, under names that stay": async () => {
      await using edge = await Workerd.start();
      const answer = await fetch(edge.url);
      assert.equal(answer.headers.get("content-type"), "text/html; charset=UTF-8");
      const page = await answer.text();
      const files = [...page.matchAll(/(?:src|href|script)="(?:\.\/)?(assets\/[^"]+)"/g)].map((
        [, file],
      ) => file);
      assert.ok(files.length >= 2, page);
      const before = (await statusOf(edge.url)).cost;
      for (const file of files) {
        const response = await fetch(`${edge.url}/${file}`);
        await response.body?.cancel();
        assert.equal(response.status, 200, file);
        assert.match(response.headers.get("cache-control")!, /immutable/);
        assert.equal(response.headers.get("x-content-type-options"), "nosniff");
      }
      assert.equal((await fetch(`${edge.url}/assets/none.js`)).status, 404);
      assert.equal(before, undefined, "a camera that nobody knows");
    },
    "a picture comes in by PUT and goes out on every road": async () => {
      await using edge = await Workerd.start();
      assert.equal((await fetch(`${edge.url}/live.jpeg`)).status, 404);
      const put = await putFrame(edge.url, frame);
      assert.equal(put.status, 204);
      assert.equal(put.headers.get("perch-interval"), "10000");
      const still = await fetch(`${edge.url}/live.jpeg`);
      assert.equal(still.headers.get("etag"), put.headers.get("etag"));
      assert.deepEqual(new Uint8Array(await still.arrayBuffer()), frame);
      for (const path of ["/stream.mjpeg", "/live.stream"]) {
        const response = await fetch(edge.url + path);
        const reader = response.body!.getReader();
        let bytes = 0;
        while (bytes < frame.length) bytes += (await reader.read()).value!.length;
        await reader.cancel();
      }
      const waiting = fetch(`${edge.url}/live.jpeg?wait=20`, {
        headers: { "if-none-match": put.headers.get("etag")! },
      });
      await until("the one who waits is seen", async () => (await statusOf(edge.url)).viewers > 0);
      const next = await putFrame(edge.url, await baseline(320, 240));
      const answer = await waiting;
      assert.equal(answer.headers.get("etag"), next.headers.get("etag"));
      await answer.body?.cancel();
      assert.equal((await putFrame(edge.url, frame.slice(0, 500))).status, 400);
      assert.equal(
        (await statusOf(edge.url)).version,
        Number(next.headers.get("etag")!.slice(1, -1)),
      );
    },
    "snapshots and pictures of the past come smaller, streams as they are": async () => {
      await using edge = await Workerd.start();
      const { headers } = await putFrame(edge.url, await baseline(640, 480));
      const version = headers.get("etag")!.slice(1, -1);
      for (const path of ["/live.jpeg?w=320", `/frames/${version}.jpeg?w=320`]) {
        const response = await fetch(edge.url + path);
        assert.equal(response.status, 200, path);
        const judged = inspectJpeg(new Uint8Array(await response.arrayBuffer()));
        assert.ok(judged.ok);
        assert.deepEqual([judged.width, judged.height], [320, 240], path);
      }
      const { byteLength } = await (await fetch(`${edge.url}/live.jpeg`)).arrayBuffer();
      const reader = (await fetch(`${edge.url}/stream.mjpeg?w=320`)).body!.getReader();
      const part: number[] = [];
      while (part.length < byteLength) part.push(...(await reader.read()).value!);
      await reader.cancel();
      const streamed = inspectJpeg(Uint8Array.from(part.slice(part.indexOf(0xff))));
      assert.ok(streamed.ok && streamed.width === 640);
      const { info } = await (await fetch(`${edge.url}/openapi.json`)).json();
      assert.match(info.description, /not made smaller on this host/);
    },
    "a private cam is shown to nobody without its token, however often it is asked for":
      async () => {
        await using edge = await Workerd.start({
          vars: {
            PERCH_PUBLISH_TOKENS: TEST_TOKEN,
            PERCH_VIEW_TOKEN: "a-view-token-only-for-tests",
          },
        });
        await putFrame(edge.url, frame);
        const authorization = "Bearer a-view-token-only-for-tests";
        for (const status of [200, 401, 200, 401]) {
          const headers = new Headers(status === 200 ? { authorization } : {});
          const response = await fetch(`${edge.url}/live.jpeg`, { headers });
          await response.body?.cancel();
          assert.equal(response.status, status);
          assert.match(response.headers.get("cache-control") ?? "private", /private|no-store/);
        }
      },
    "a picture that was stored is whole after kill -9, and none comes back": async () => {
      await using folder = new TempDir();
      const vars = {
        PERCH_PUBLISH_TOKENS: TEST_TOKEN,
        PERCH_STRIP_METADATA: "false",
        PERCH_MAX_UPLOADS_PER_S: "10000",
      };
      const camera = await NumberedCamera.make([30_000, 200_000, 30_000, 2_500_000]);
      let stored = 0;
      for (let kill = 0; kill < 4; kill++) {
        await using edge = await Workerd.start({ vars, folder: folder.path });
        if (kill > 0) {
          // Not as somebody who watches: then the newest is stored now and then only.
          const { version } = await statusOf(edge.url);
          const response = await fetch(`${edge.url}/frames/${version}.jpeg`);
          const number = camera.numberOf(new Uint8Array(await response.arrayBuffer()));
          assert.ok(number !== undefined, "a torn picture");
          assert.ok(number >= stored, `picture ${number} after ${stored}`);
        }
        const end = Date.now() + 300 * Math.random();
        do {
          const { status } = await camera.send(edge.url);
          // Nobody watches, so each is stored before it is answered.
          if (status === 204) stored = camera.count;
        } while (Date.now() < end);
        void camera.send(edge.url).catch(() => {});
        await edge.stop("SIGKILL");
      }
    },
  }));
