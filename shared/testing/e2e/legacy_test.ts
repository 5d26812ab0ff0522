// The older Flask cam's camera script and test page against this edge, byte for byte.

import assert from "node:assert/strict";
import { launchChromium } from "../chromium.ts";
import { loadSharp, picture } from "../jpegs.ts";
import { startEdge, TEST_TOKEN } from "../processes.ts";
import { toolTest } from "../tools.ts";

const LEGACY = { PERCH_LEGACY_UPLOAD: "true" };

/** 1280x720 at quality 100, as that camera script took them. */
async function largeFrame(): Promise<Uint8Array<ArrayBuffer>> {
  const image = await picture(1280, 720);
  return new Uint8Array(await image.jpeg({ quality: 100 }).toBuffer());
}

/** What python-requests writes for `requests.post(url, data=jpeg)`. */
function requestBytes(port: string, password: string, jpeg: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = new TextEncoder().encode(
    `POST /?password=${password} HTTP/1.1\r\n` +
      `Host: 127.0.0.1:${port}\r\n` +
      "User-Agent: python-requests/2.28.1\r\n" +
      "Accept-Encoding: gzip, deflate\r\n" +
      "Accept: */*\r\n" +
      "Connection: keep-alive\r\n" +
      `Content-Length: ${jpeg.length}\r\n\r\n`,
  );
  const bytes = new Uint8Array(head.length + jpeg.length);
  bytes.set(head);
  bytes.set(jpeg, head.length);
  return bytes;
}

/** Reads one answer: its head, and as much body as it announces. */
async function readAnswer(connection: Deno.Conn): Promise<{ head: string; body: string }> {
  let text = "";
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(16_384);
  for (;;) {
    const end = text.indexOf("\r\n\r\n");
    if (end >= 0) {
      const head = text.slice(0, end);
      const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
      const body = text.slice(end + 4);
      if (body.length >= length) return { head, body };
    }
    const read = await connection.read(buffer);
    assert.ok(read !== null, `the edge hung up after: ${text}`);
    text += decoder.decode(buffer.subarray(0, read), { stream: true });
  }
}

async function send(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
}

Deno.test("the older camera script's request is taken as it is, frame after frame", async () => {
  await using edge = await startEdge({ env: LEGACY });
  const { port } = new URL(edge.url);
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  for (let round = 0; round < 3; round++) {
    const jpeg = await largeFrame();
    await send(connection, requestBytes(port, TEST_TOKEN, jpeg));
    const { head, body } = await readAnswer(connection);
    assert.match(head, /^HTTP\/1\.1 200 OK\r\n/);
    assert.equal(body, "");
    const live = await fetch(`${edge.url}/live.jpeg?${Date.now()}`);
    assert.equal(live.headers.get("content-type"), "image/jpeg");
    assert.deepEqual(await live.bytes(), jpeg);
  }
});

toolTest(
  ["chromium"],
  "the test page polls the picture by the millisecond and shows it",
  async () => {
    await using edge = await startEdge({ env: LEGACY });
    const sharp = await loadSharp();
    const upload = async (background: string) => {
      const image = sharp({ create: { width: 64, height: 48, channels: 3, background } });
      const jpeg = new Uint8Array(await image.jpeg().toBuffer());
      const url = `${edge.url}/?password=${TEST_TOKEN}`;
      await (await fetch(url, { method: "POST", body: jpeg })).body?.cancel();
    };
    await upload("#f00");
    await using browser = await launchChromium();
    const page = await browser.newPage();
    page.setDefaultTimeout(60_000);
    const polled: string[] = [];
    page.on("request", (request) => polled.push(new URL(request.url()).search));
    await page.goto(`${edge.url}/test`);
    const colour = (red: boolean) =>
      page.waitForFunction((red) => {
        const image = document.querySelector("img")!;
        if (!image.complete || image.naturalWidth !== 64) return false;
        const canvas = document.createElement("canvas");
        const context = canvas.getContext("2d")!;
        context.drawImage(image, 0, 0);
        const [r, , b] = context.getImageData(8, 8, 1, 1).data;
        return red ? r > 200 && b < 50 : b > 200 && r < 50;
      }, red);
    await colour(true);
    await upload("#00f");
    await colour(false);
    assert.ok(polled.some((search) => /^\?\d{13}$/.test(search)), polled.join(" "));
  },
);
