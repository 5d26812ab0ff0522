import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { systemClock } from "../../shared/clock.ts";
import { JpegSplitter } from "../../shared/jpeg/splitter.ts";
import { FakeClock } from "../../shared/testing/fake_clock.ts";
import { baseline } from "../../shared/testing/jpegs.ts";
import { systemConnect } from "../uploader/connection.ts";
import { createHttp } from "./http.ts";
import { SourceError } from "./source.ts";

const DEPS = { clock: systemClock, connect: systemConnect };

const jpeg = await baseline();

/** The same pictures again and again. */
function endless(pictures: readonly Uint8Array<ArrayBuffer>[]): ReadableStream<Uint8Array> {
  let given = 0;
  return new ReadableStream({
    pull: (controller) => controller.enqueue(pictures[given++ % pictures.length]),
  });
}

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
  const { frames, requests } = await take(
    () => new Response(jpeg, { headers: { "content-type": "image/jpeg" } }),
    3,
  );
  assert.equal(requests, 3);
  for (const frame of frames) assert.deepEqual(frame, jpeg);
});

Deno.test("an MJPEG stream is read from one request, whatever its boundary", async () => {
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

Deno.test("user and password go into a header when they are asked for, and never into the name", async () => {
  for (
    const [typed, sent] of [
      ["me:p%40ss@", "me:p@ss"],
      ["me:50%off@", "me:50%off"],
      ["me:100%@", "me:100%"],
      ["me:a:b c@", "me:a:b c"],
      [":only@", ":only"],
      ["m%c3%a9:x@", "mé:x"],
    ]
  ) {
    const asked: (string | null)[] = [];
    await take(
      (request) => {
        asked.push(request.headers.get("authorization"));
        const challenge = { "www-authenticate": 'Basic realm="cam"' };
        return asked.at(-1) === null
          ? new Response("who?", { status: 401, headers: challenge })
          : new Response(jpeg);
      },
      2,
      typed,
    );
    const basic = `Basic ${new TextEncoder().encode(sent).toBase64()}`;
    assert.deepEqual(asked, [null, basic, basic]);
  }
  assert.equal(createHttp(DEPS, { url: "http://me:x@cam/", fps: 1 }).name, "http http://cam/…");
});

Deno.test("a camera that wants Digest gets it, with a new nonce whenever it has one", async () => {
  const hash = (text: string) => createHash("md5").update(text).digest("hex");
  let nonce = 0;
  let count = 0;
  let challenges = 0;
  const { frames } = await take(
    (request) => {
      const given = request.headers.get("authorization") ?? "";
      const part = (name: string) => new RegExp(`[ ,]${name}="?([^",]*)`).exec(given)?.[1] ?? "";
      const { pathname } = new URL(request.url);
      const secret = hash("me:cam, front:p@ss");
      const rest = `${part("nonce")}:${part("nc")}:${part("cnonce")}:auth:${
        hash(`GET:${pathname}`)
      }`;
      const right = part("response") === hash(`${secret}:${rest}`) && part("nonce") === `n${nonce}`;
      // It is good for three questions, and none of them may be asked again.
      if (right && parseInt(part("nc"), 16) === ++count && count <= 3) return new Response(jpeg);
      nonce++;
      count = 0;
      challenges++;
      const challenge = `Basic realm="x", Digest realm="cam, front", nonce="n${nonce}", qop="auth"`;
      return new Response("who?", { status: 401, headers: { "www-authenticate": challenge } });
    },
    7,
    "me:p%40ss@",
  );
  assert.equal(frames.length, 7);
  assert.equal(challenges, 3);
});

Deno.test("a wrong password is tried once a start, for cameras count", async () => {
  let tries = 0;
  const handler = (request: Request) => {
    if (request.headers.has("authorization")) tries++;
    return new Response(null, { status: 401 });
  };
  for (const source of [1, 2]) {
    await assert.rejects(take(handler, 1, "me:wrong@"), /answers 401: check user and password/);
    assert.equal(tries, source);
  }
});

const TYPES: readonly (string | undefined)[] = [
  undefined,
  "image/jpeg",
  "image/jpg",
  "image/pjpeg",
  "IMAGE/JPEG;",
  "application/octet-stream",
  "text/plain",
  "multipart/x-mixed-replace;boundary=ipcam264",
];

for (const type of TYPES) {
  Deno.test(`a picture is one whatever it is called: ${type ?? "nothing"}`, async () => {
    const headers: HeadersInit = type === undefined ? {} : { "content-type": type };
    const { frames, requests } = await take(() => new Response(jpeg, { headers }), 3);
    assert.equal(requests, 3);
    for (const frame of frames) assert.deepEqual(frame, jpeg);
  });
}

Deno.test("multipart around one picture is one picture", async () => {
  const headers = { "content-type": "multipart/x-mixed-replace;boundary=x" };
  const body = new Blob(["--x\r\nContent-Type: image/jpeg\r\n\r\n", jpeg, "\r\n--x--\r\n"]);
  const { frames, requests } = await take(() => new Response(body, { headers }), 3);
  assert.equal(requests, 3);
  for (const frame of frames) assert.deepEqual(frame, jpeg);
});

for (const type of ["video/x-motion-jpeg", "video/mjpeg", "image/jpeg", "text/plain"]) {
  Deno.test(`pictures one behind the other are a stream, also as ${type}`, async () => {
    const headers = { "content-type": type };
    const { frames, requests } = await take(() => new Response(endless([jpeg]), { headers }), 5);
    assert.equal(requests, 1);
    for (const frame of frames) assert.deepEqual(frame, jpeg);
  });
}

Deno.test("a stream that ends is asked for again: some end after every few pictures", async () => {
  const { frames, requests } = await take(
    () => new Response(new Blob([jpeg, jpeg, jpeg]).stream()),
    7,
  );
  assert.equal(frames.length, 7);
  assert.equal(requests, 3);
});

Deno.test("a camera that moved is followed on its own host and to no other", async () => {
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
    /moved: change PERCH_INPUT/,
  );
  assert.equal(asked, 0);
  await other.shutdown();
  const again = () => new Response(null, { status: 302, headers: { location: "/video" } });
  await fails(again, "configuration", /moved: change PERCH_INPUT/);
});

Deno.test("a camera asked by https is not followed to http, where a password could be read", async () => {
  const asked: string[] = [];
  const fetch = (url: string) => {
    asked.push(url);
    const headers = { location: "http://camera.example/picture" };
    return Promise.resolve(new Response(null, { status: 302, headers }));
  };
  const connect = () => ({ fetch, close: () => {} });
  const source = createHttp({ ...DEPS, connect }, {
    url: "https://me:s3cret@camera.example/",
    fps: 5,
  });
  await assert.rejects(source.run(new AbortController().signal, () => {}), (error: SourceError) => {
    assert.match(error.message, /moved: change PERCH_INPUT/);
    assert.deepEqual(error.detail, ["it moved to http://camera.example, from https"]);
    return true;
  });
  assert.deepEqual(asked, ["https://camera.example/"]);
});

/** What Deno's client takes for no answer, and what is said of it. */
const NO_ANSWERS = [
  ["HTTP/1.1 200 OK\r\nX-Alias: cam\x01\r\n\r\n", /sends a bad header line: set PERCH_SOURCE=/],
  ["HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", /sends a bad header line: set PERCH_SOURCE=/],
  [`HTTP/1.1 200 OK\r\n${"X: y\r\n".repeat(200)}\r\n`, /too many header lines: set PERCH_SOURCE=/],
  ["ICY 200 OK\r\n\r\n", /not in HTTP: check the port, or set PERCH_SOURCE=/],
  ["RTSP/1.0 400 Bad Request\r\n\r\n", /not in HTTP: check the port, or set PERCH_SOURCE=/],
] as const;

for (const [answer, said] of NO_ANSWERS) {
  Deno.test(`what Deno takes for no answer leads to ffmpeg: ${answer.slice(0, 30)}`, async () => {
    const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    const serving = (async () => {
      for await (const socket of listener) {
        await socket.read(new Uint8Array(4096));
        await socket.write(new TextEncoder().encode(answer));
        socket.close();
      }
    })();
    const source = createHttp(DEPS, { url: `http://127.0.0.1:${listener.addr.port}/`, fps: 5 });
    const words: string[] = [];
    for (let run = 0; run < 2; run++) {
      await source.run(new AbortController().signal, () => {}).catch(({ kind, message }) => {
        words.push(`${kind}: ${message}`);
      });
    }
    listener.close();
    await serving;
    assert.match(words[0], said);
    assert.match(words[0], /^configuration: /);
    assert.doesNotMatch(words[0], /127\.0\.0\.1/);
    assert.equal(words[0], words[1]);
  });
}

/** Bad answers, each of which a camera gives now and then between good ones. */
const BAD: readonly (() => Response)[] = [
  () => new Response("rcv failed", { headers: { "content-type": "text/html" } }),
  () => new Response("not ready", { status: 404 }),
  () => new Response("slow down", { status: 429 }),
  () => new Response("busy", { status: 503 }),
  () => new Response(jpeg.slice(0, 900)),
  () => {
    throw new TypeError("fetch failed", { cause: new Error("connection reset") });
  },
];

/** A source whose camera is asked on a clock that only the test moves. */
function onClock(answer: (asked: number) => Response) {
  const clock = new FakeClock();
  const at: number[] = [];
  const fetch = () =>
    new Promise<Response>((resolve) => resolve(answer(at.push(clock.monotonic()))));
  const deps = { clock, connect: () => ({ fetch, close: () => {} }) };
  return { clock, at, source: createHttp(deps, { url: "http://cam/", fps: 5 }) };
}

Deno.test("a bad answer among good ones costs a second, and nothing is said of it", async () => {
  const answers = BAD.flatMap((bad) => [() => new Response(jpeg), bad, bad]);
  const { clock, at, source } = onClock((asked) => answers[(asked - 1) % answers.length]());
  const stop = new AbortController();
  const running = source.run(stop.signal, () => {});
  for (let n = 0; n < 200; n++) await clock.tick(200);
  stop.abort();
  await running;
  const gaps = at.slice(1).map((time, index) => time - at[index]);
  assert.deepEqual(gaps.slice(0, 6), [200, 1000, 1000, 200, 1000, 1000]);
  assert.ok(gaps.length > 50, `${gaps}`);
});

/** An answer that begins with `bytes` and breaks. */
function broken(bytes: Uint8Array<ArrayBuffer>): Response {
  const why = new TypeError("error reading a body from connection");
  let given = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (given || bytes.length === 0) controller.error(why);
      else controller.enqueue(bytes);
      given = true;
    },
  });
  return new Response(body, { headers: { "content-type": "image/jpeg" } });
}

Deno.test("a picture that came whole is one, whatever becomes of the rest of the answer", async () => {
  const { clock, at, source } = onClock(() => broken(jpeg));
  const stop = new AbortController();
  let pictures = 0;
  const running = source.run(stop.signal, () => void pictures++);
  for (let n = 0; n < 20; n++) await clock.tick(200);
  stop.abort();
  await running;
  assert.ok(pictures >= 20, `${pictures}`);
  assert.deepEqual(at.slice(1, 4).map((time, index) => time - at[index]), [200, 200, 200]);
});

Deno.test("a camera that breaks off is told as one that answers", async () => {
  const said = (bytes: Uint8Array<ArrayBuffer>) =>
    onClock(() => broken(bytes)).source.run(new AbortController().signal, () => {})
      .catch(({ message }) => message);
  assert.equal(
    await said(new Uint8Array()),
    "the camera at PERCH_INPUT breaks off its answer: error reading a body from connection",
  );
  assert.equal(
    await said(jpeg.slice(0, 900)),
    "the camera at PERCH_INPUT sends pictures, no whole JPEG: 1 cut off",
  );
});

Deno.test("a camera with a certificate of its own is told as such, and what else there is", async () => {
  const { source } = onClock(() => {
    throw new TypeError("client error (Connect): invalid peer certificate: UnknownIssuer");
  });
  await assert.rejects(source.run(new AbortController().signal, () => {}), {
    message: "the camera at PERCH_INPUT cannot be reached: its certificate is self-signed, or by " +
      "nobody known here. Ask it without https, or set PERCH_SOURCE=ffmpeg, which checks no certificate",
  });
});

Deno.test("a camera that gives only bad answers for 10 s has failed", async () => {
  const { clock, at, source } = onClock((asked) => asked === 1 ? new Response(jpeg) : BAD[1]());
  let error: unknown;
  source.run(new AbortController().signal, () => {}).catch((reason) => error = reason);
  for (let n = 0; n < 50; n++) await clock.tick(200);
  assert.equal(error, undefined);
  for (let n = 0; n < 10; n++) await clock.tick(200);
  assert.match(String(error), /answers 404/);
  assert.ok(at.length < 15, `asked ${at.length} times`);
});

Deno.test("what came is said when the pictures stay away", async () => {
  const why = new SourceError("hardware", "no picture for 15 s");
  const said = async (response: (signal: AbortSignal) => Promise<Response>) => {
    const stop = new AbortController();
    const fetch = () => response(stop.signal);
    const deps = { clock: systemClock, connect: () => ({ fetch, close: () => {} }) };
    const running = createHttp(deps, { url: "http://cam/", fps: 5 }).run(stop.signal, () => {});
    await new Promise((resolve) => setTimeout(resolve));
    stop.abort(why);
    return await running.catch(({ message }) => message);
  };
  const lines = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode("motion 1\n")),
  });
  assert.equal(
    await said(() =>
      Promise.resolve(new Response(lines, { headers: { "content-type": "text/x" } }))
    ),
    "no picture for 15 s: the camera at PERCH_INPUT answers text/x, no JPEG: starts with " +
      "6D 6F 74 69 (moti)",
  );
  assert.equal(
    await said((signal) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
    ),
    "no picture for 15 s: the camera at PERCH_INPUT does not answer",
  );
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
