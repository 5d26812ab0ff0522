import assert from "node:assert/strict";
import { systemClock } from "../../shared/clock.ts";
import { JpegSplitter } from "../../shared/jpeg/splitter.ts";
import { baseline } from "../../shared/testing/jpegs.ts";
import { systemConnect } from "../uploader/connection.ts";
import { createHttp } from "./http.ts";
import { SourceError } from "./source.ts";

const DEPS = { clock: systemClock, connect: systemConnect };

/** Serves as a camera does, and takes `wanted` frames from it. */
async function take(
  handler: (request: Request) => Response,
  wanted: number,
  credentials = "",
): Promise<{ frames: Uint8Array[]; requests: number }> {
  let requests = 0;
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    requests++;
    return handler(request);
  });
  const stop = new AbortController();
  const splitter = new JpegSplitter();
  const frames: Uint8Array[] = [];
  const url = `http://${credentials}127.0.0.1:${server.addr.port}/video`;
  try {
    await createHttp(DEPS, { url, fps: 50 }).run(stop.signal, (chunk) => {
      frames.push(...splitter.push(chunk));
      if (frames.length >= wanted) stop.abort();
    });
  } finally {
    await server.shutdown();
  }
  return { frames, requests };
}

function fails(handler: (request: Request) => Response, kind: string, message: RegExp) {
  return assert.rejects(take(handler, 1), (error) => {
    assert.ok(error instanceof SourceError);
    assert.equal(error.kind, kind);
    assert.match(error.message, message);
    return true;
  });
}

Deno.test("a snapshot address is asked again and again", async () => {
  const jpeg = await baseline();
  const { frames, requests } = await take(
    () => new Response(jpeg, { headers: { "content-type": "image/jpeg" } }),
    3,
  );
  assert.equal(requests, 3);
  for (const frame of frames) assert.deepEqual(frame, jpeg);
});

Deno.test("an MJPEG stream is read from one request, whatever its boundary", async () => {
  const jpeg = await baseline();
  const head = new TextEncoder().encode("\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\n");
  const body = () =>
    new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(head);
        controller.enqueue(jpeg);
      },
    });
  const headers = { "content-type": "multipart/x-mixed-replace; boundary=frame" };
  const { frames, requests } = await take(() => new Response(body(), { headers }), 5);
  assert.equal(requests, 1);
  for (const frame of frames) assert.deepEqual(frame, jpeg);
});

Deno.test("user and password go into a header, and never into the name", async () => {
  const jpeg = await baseline();
  await take(
    (request) => {
      assert.equal(request.headers.get("authorization"), `Basic ${btoa("me:p@ss")}`);
      return new Response(jpeg, { headers: { "content-type": "image/jpeg" } });
    },
    1,
    "me:p%40ss@",
  );
  assert.equal(createHttp(DEPS, { url: "http://me:x@cam/", fps: 1 }).name, "http http://cam/…");
});

Deno.test("a camera that moved is followed on its own host and to no other", async () => {
  const jpeg = await baseline();
  const found = await take(
    ({ url }) =>
      url.endsWith("/video")
        ? new Response(null, { status: 302, headers: { location: "/picture" } })
        : new Response(jpeg, { headers: { "content-type": "image/jpeg" } }),
    1,
  );
  assert.deepEqual(found.frames[0], jpeg);
  let asked = 0;
  const other = Deno.serve({ port: 0, hostname: "127.0.0.2", onListen: () => {} }, () => {
    asked++;
    return new Response(jpeg, { headers: { "content-type": "image/jpeg" } });
  });
  const location = `http://me:s3cret@127.0.0.2:${other.addr.port}/admin`;
  await fails(
    () => new Response(null, { status: 302, headers: { location } }),
    "configuration",
    /moved to http:\/\/…: change PERCH_INPUT/,
  );
  assert.equal(asked, 0);
  await other.shutdown();
  const again = () => new Response(null, { status: 302, headers: { location: "/video" } });
  await fails(again, "configuration", /moved to \/video/);
});

Deno.test("a stream that ends is a failure", () => {
  const headers = { "content-type": "multipart/x-mixed-replace; boundary=x" };
  return fails(() => new Response("--x--", { headers }), "hardware", /ended its stream/);
});

Deno.test("a camera that wants a sign-in, or gives something else, is a wrong setting", async () => {
  await fails(
    () => new Response(null, { status: 401 }),
    "configuration",
    /answers 401: check user/,
  );
  const digest = { "www-authenticate": 'Digest realm="cam"' };
  await fails(
    () => new Response(null, { status: 401, headers: digest }),
    "configuration",
    /ffmpeg/,
  );
  const html = { "content-type": "text/html" };
  await fails(() => new Response("hi", { headers: html }), "configuration", /answers text\/html/);
});

Deno.test("a camera in trouble, or not there, is a failure", async () => {
  await fails(() => new Response(null, { status: 500 }), "hardware", /answers 500/);
  const gone = createHttp(DEPS, { url: "http://me:s3cret@127.0.0.1:1/", fps: 1 });
  await assert.rejects(gone.run(new AbortController().signal, () => {}), (error) => {
    assert.ok(error instanceof SourceError);
    assert.match(error.message, /cannot be reached/);
    assert.doesNotMatch(error.message, /s3cret/);
    return true;
  });
});

Deno.test("a stalled stream is left when told to, even where the runtime forgets its signal", async () => {
  const headers = { "content-type": "multipart/x-mixed-replace; boundary=b" };
  const fetch = () => Promise.resolve(new Response(new ReadableStream(), { headers }));
  const deps = { clock: systemClock, connect: () => ({ fetch, close: () => {} }) };
  const stop = new AbortController();
  const running = createHttp(deps, { url: "http://camera/video", fps: 5 }).run(
    stop.signal,
    () => {},
  );
  await new Promise((resolve) => setTimeout(resolve));
  stop.abort();
  await running;
});
