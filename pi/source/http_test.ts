import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { systemClock } from "../../shared/clock.ts";
import { JpegSplitter } from "../../shared/jpeg/splitter.ts";
import { FakeClock } from "../../shared/testing/fake_clock.ts";
import { baseline } from "../../shared/testing/jpegs.ts";
import { serve, serveRaw } from "../../shared/testing/serve.ts";
import { type Connection, systemConnect } from "../uploader/connection.ts";
import { createHttp } from "./http.ts";
import { SourceError } from "./source.ts";

const DEPS = { clock: systemClock, connect: systemConnect };

const NEVER = new AbortController().signal;
const jpeg = await baseline();

/** Serves as a camera does, and takes `wanted` frames from it. */
async function take(
  handler: (request: Request) => Response,
  wanted: number,
  credentials = "",
): Promise<{ frames: Uint8Array[]; requests: number }> {
  let requests = 0;
  await using server = serve((request) => {
    requests++;
    return handler(request);
  });
  const stop = new AbortController();
  const splitter = new JpegSplitter();
  const frames: Uint8Array[] = [];
  const url = `${server.url.replace("//", `//${credentials}`)}/video`;
  await createHttp(DEPS, { url, fps: 50 }).run(stop.signal, (chunk) => {
    frames.push(...splitter.push(chunk));
    if (frames.length >= wanted) stop.abort();
  });
  return { frames, requests };
}

/** Takes `wanted` frames of what a camera answers; each must be the picture. @returns its answers. */
async function asked(wanted: number, body: () => BodyInit, type?: string): Promise<number> {
  const headers: HeadersInit = type === undefined ? {} : { "content-type": type };
  const { frames, requests } = await take(() => new Response(body(), { headers }), wanted);
  for (const frame of frames) assert.deepEqual(frame, jpeg);
  return requests;
}

const endless = (...parts: Uint8Array<ArrayBuffer>[]) =>
  ReadableStream.from((function* () {
    for (;;) yield* parts;
  })());

const bytes = (text: string) => new TextEncoder().encode(text);
const PART = bytes("\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\n");

Deno.test("a picture is one whatever it is called, and asked for again and again", async () => {
  const types =
    "image/jpeg image/jpg image/pjpeg IMAGE/JPEG; application/octet-stream text/plain " +
    "multipart/x-mixed-replace;boundary=ipcam264";
  for (const type of [undefined, ...types.split(" ")]) {
    assert.equal(await asked(3, () => jpeg, type), 3, type);
  }
  const only = () => new Blob([PART, jpeg, "\r\n--frame--\r\n"]);
  assert.equal(await asked(3, only, "multipart/x-mixed-replace;boundary=frame"), 3);
});

Deno.test("a stream is read from one request, whatever it is called and what parts its pictures", async () => {
  const multipart = "multipart/x-mixed-replace; boundary=frame";
  assert.equal(await asked(5, () => endless(PART, jpeg), multipart), 1);
  for (const type of ["video/x-motion-jpeg", "video/mjpeg", "image/jpeg", "text/plain"]) {
    assert.equal(await asked(5, () => endless(jpeg), type), 1, type);
  }
});

Deno.test("a stream that ends is asked for again: some end after every few pictures", async () => {
  assert.equal(await asked(7, () => new Blob([jpeg, jpeg, jpeg]).stream()), 3);
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
    const headers = { "www-authenticate": 'Basic realm="cam"' };
    const handler = (request: Request) => {
      asked.push(request.headers.get("authorization"));
      return asked.at(-1) ? new Response(jpeg) : new Response("who?", { status: 401, headers });
    };
    await take(handler, 2, typed);
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
      const [secret, what] = [hash("me:cam, front:p@ss"), hash(`GET:${pathname}`)];
      const rest = `${part("nonce")}:${part("nc")}:${part("cnonce")}:auth:${what}`;
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

const moved = (location: string) => new Response(null, { status: 302, headers: { location } });
const MOVED = { kind: "configuration", message: /moved: change PERCH_INPUT/ };

Deno.test("a camera that moved is followed on its own host and to no other", async () => {
  const found = await take(
    ({ url }) => url.endsWith("/video") ? moved("/picture") : new Response(jpeg),
    1,
  );
  assert.deepEqual(found.frames[0], jpeg);
  let asked = 0;
  await using other = serve(() => {
    asked++;
    return new Response(jpeg);
  }, "127.0.0.2");
  const location = `${other.url.replace("//", "//me:s3cret@")}/admin`;
  await assert.rejects(take(() => moved(location), 1), MOVED);
  assert.equal(asked, 0);
  await assert.rejects(take(() => moved("/video"), 1), MOVED);
});

Deno.test("a camera asked by https is not followed to http, where a password could be read", async () => {
  const asked: string[] = [];
  const fetch = (url: string) => {
    asked.push(url);
    return Promise.resolve(moved("http://camera.example/picture"));
  };
  const detail = ["it moved to http://camera.example, from https"];
  await assert.rejects(over(fetch, "https://me:s3cret@camera.example/"), { ...MOVED, detail });
  assert.deepEqual(asked, ["https://camera.example/"]);
});

/** Runs a source over a connection of the test's own. */
function over(fetch: Connection["fetch"], url = "http://cam/", signal = NEVER): Promise<void> {
  const connect = () => ({ fetch, close: () => {} });
  return createHttp({ ...DEPS, connect }, { url, fps: 5 }).run(signal, () => {});
}

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
    await using server = serveRaw(answer);
    const source = createHttp(DEPS, { url: `http://${server.host}/`, fps: 5 });
    const run = () =>
      source.run(NEVER, () => {}).catch(({ kind, message }) => `${kind}: ${message}`);
    const words = String(await run());
    assert.match(words, said);
    assert.match(words, /^configuration: (?!.*127\.0\.0\.1)/);
    assert.equal(words, await run(), "each time the same");
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

/** Asks a camera on a clock that only the test moves, for so many ms. */
async function ask(ms: number, answer: (asked: number) => Response) {
  const clock = new FakeClock();
  const at: number[] = [];
  const fetch = () => new Promise<Response>((done) => done(answer(at.push(clock.monotonic()))));
  const connect = () => ({ fetch, close: () => {} });
  const stop = new AbortController();
  let [error, pictures] = [undefined as SourceError | undefined, 0];
  const running = createHttp({ clock, connect }, { url: "http://cam/", fps: 5 })
    .run(stop.signal, () => void pictures++).catch((reason) => error = reason);
  for (let passed = 0; passed < ms; passed += 200) await clock.tick(200);
  stop.abort();
  await running;
  const gaps = at.slice(1).map((time, index) => time - at[index]);
  return { gaps, pictures, error, message: error?.message };
}

Deno.test("a bad answer among good ones costs a second, and nothing is said of it", async () => {
  const answers = BAD.flatMap((bad) => [() => new Response(jpeg), bad, bad]);
  const { gaps } = await ask(40_000, (asked) => answers[(asked - 1) % answers.length]());
  assert.deepEqual(gaps.slice(0, 6), [200, 1000, 1000, 200, 1000, 1000]);
  assert.ok(gaps.length > 50, `${gaps}`);
});

/** An answer that begins with `start` and breaks. */
function broken(start: Uint8Array<ArrayBuffer>): Response {
  const body = ReadableStream.from((function* () {
    if (start.length > 0) yield start;
    throw new TypeError("error reading a body from connection");
  })());
  return new Response(body, { headers: { "content-type": "image/jpeg" } });
}

Deno.test("a picture that came whole is one, whatever becomes of the rest of the answer", async () => {
  const { gaps, pictures } = await ask(4000, () => broken(jpeg));
  assert.ok(pictures >= 20, `${pictures}`);
  assert.deepEqual(gaps.slice(0, 3), [200, 200, 200]);
});

for (
  const [what, answer, said] of [
    [
      "breaks off is told as one that answers",
      () => broken(new Uint8Array()),
      "breaks off its answer: error reading a body from connection",
    ],
    [
      "breaks off inside a picture is told with what came",
      () => broken(jpeg.slice(0, 900)),
      "sends pictures, no whole JPEG: 1 cut off",
    ],
    [
      "goes on and on without a picture is given up",
      () => new Response(endless(new Uint8Array(1_000_000).fill(1))),
      "answers without a type, no JPEG: starts with 01 01 01 01 (....)",
    ],
    [
      "sends a picture without an end is given up",
      () => new Response(endless(jpeg.slice(0, 900), new Uint8Array(20_000_000).fill(1))),
      "sends pictures, no whole JPEG: 2 too large",
    ],
    [
      "has a certificate of its own is told as such, and what else there is",
      () => {
        throw new TypeError("client error (Connect): invalid peer certificate: UnknownIssuer");
      },
      "cannot be reached: its certificate is self-signed, or by nobody known here. Ask it without " +
      "https, or set PERCH_SOURCE=ffmpeg, which checks no certificate",
    ],
  ] as const
) {
  Deno.test(`a camera that ${what}`, async () => {
    assert.equal((await ask(200, answer)).message, `the camera at PERCH_INPUT ${said}`);
  });
}

Deno.test("a camera that gives only bad answers for 10 s has failed", async () => {
  const answer = (asked: number) => asked === 1 ? new Response(jpeg) : BAD[1]();
  assert.equal((await ask(10_000, answer)).error, undefined);
  const { message, gaps } = await ask(12_000, answer);
  assert.match(message!, /answers 404/);
  assert.ok(gaps.length < 14, `asked ${gaps.length} times`);
});

for (
  const [what, response, said] of [
    [
      "what came",
      () => {
        const once = new ReadableStream({ start: (body) => body.enqueue(bytes("motion 1\n")) });
        return Promise.resolve(new Response(once, { headers: { "content-type": "text/x" } }));
      },
      "answers text/x, no JPEG: starts with 6D 6F 74 69 (moti)",
    ],
    [
      "that nothing came",
      (signal: AbortSignal) =>
        new Promise<never>((_, no) => signal.onabort = () => no(signal.reason)),
      "does not answer",
    ],
  ] as const
) {
  Deno.test(`${what} is said when the pictures stay away`, async () => {
    const stop = new AbortController();
    const running = over(() => response(stop.signal), undefined, stop.signal);
    await new Promise((resolve) => setTimeout(resolve));
    stop.abort(new SourceError("hardware", "no picture for 15 s"));
    const message = `no picture for 15 s: the camera at PERCH_INPUT ${said}`;
    await assert.rejects(running, { message });
  });
}

Deno.test("a camera in trouble, or not there, is a failure", async () => {
  const down = { kind: "hardware", message: /answers 500/ };
  await assert.rejects(take(() => new Response(null, { status: 500 }), 1), down);
  const gone = createHttp(DEPS, { url: "http://me:s3cret@127.0.0.1:1/", fps: 1 });
  await assert.rejects(gone.run(NEVER, () => {}), { message: /cannot be reached: (?!.*s3cret)/ });
});

Deno.test("a stalled stream is left when told to, even where the runtime forgets its signal", async () => {
  const stop = new AbortController();
  const fetch = () => Promise.resolve(new Response(new ReadableStream()));
  const running = over(fetch, undefined, stop.signal);
  await new Promise((resolve) => setTimeout(resolve));
  stop.abort();
  await running;
});
