import assert from "node:assert/strict";
import { STANDARD_DHT } from "../../../shared/jpeg/huffman.ts";
import { baseline, concat, pixels, withoutTables } from "../../../shared/testing/jpegs.ts";
import { TEST_TOKEN } from "../../../shared/testing/processes.ts";
import { TestEdge } from "../../../shared/testing/test_edge.ts";

const good = await baseline();
const other = await baseline();

/** The same picture with another size in its header (SOF0). */
function sized(width: number, height: number): Uint8Array<ArrayBuffer> {
  const jpeg = good.slice();
  const at = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xc0);
  new DataView(jpeg.buffer).setUint32(at + 5, height * 0x10000 + width);
  return jpeg;
}

/** A form as curl -F and requests.post(files=…) write it. */
function form(...parts: readonly (readonly [head: string, body: Uint8Array])[]) {
  const encoder = new TextEncoder();
  const body = parts.flatMap(([head, body]) => [
    encoder.encode(`--XX\r\nContent-Disposition: form-data; ${head}\r\n\r\n`),
    body,
    encoder.encode("\r\n"),
  ]);
  return {
    body: concat(...body, encoder.encode("--XX--\r\n")),
    headers: { "content-type": "multipart/form-data; boundary=XX" },
  };
}

const FILE = 'name="imageFile"; filename="cam.jpg"\r\nContent-Type: image/jpeg';
const NOTE = ['name="note"', new TextEncoder().encode("of the garden")] as const;

const BAD: readonly (readonly [
  name: string,
  status: number,
  detail: RegExp,
  body: Uint8Array<ArrayBuffer>,
  headers?: Record<string, string>,
  path?: string,
])[] = [
  ["no token", 401, /Bearer/, good, { authorization: "" }],
  ["a wrong token", 401, /none of those/, good, { authorization: "Bearer not-the-right-token" }],
  ["no JPEG", 400, /Not a whole JPEG/, new TextEncoder().encode("hello, this is not a picture")],
  ["nothing", 400, /Not a whole JPEG: .*is empty, wanted a JPEG/, new Uint8Array(0)],
  ["a truncated JPEG", 400, /Not a whole JPEG/, good.slice(0, good.length - 100)],
  [
    "100 million pixels",
    422,
    /10001x10000 pixels, wanted at most 100 million/,
    sized(10_001, 10_000),
  ],
  ["a long picture", 400, /65535x10 pixels, wanted 1 to 65500 a side/, sized(65_535, 10)],
  ["5 MB", 413, /4194304 bytes/, new Uint8Array(5 * 1024 * 1024)],
  [
    "another content type",
    415,
    /image\/png, wanted image\/jpeg, or multipart\/form-data with/,
    good,
    { "content-type": "image/png" },
  ],
  ["a bad camera id", 404, /B ad/, good, {}, "/cams/B%20ad/live.jpeg"],
  ["a time that is no number", 400, /Perch-Captured/, good, { "perch-captured": "yesterday" }],
  ["a bad sequence", 400, /Perch-Seq/, good, { "perch-seq": "12" }],
  ["a last frame that no answer spoke of", 400, /Perch-Last/, good, { "perch-last": "12" }],
  formRow("a form without a file", /no JPEG .* is in it, wanted one as a file/, form(NOTE)),
  formRow("a form with half of one", /Not a whole JPEG/, form([FILE, good.subarray(0, 99)])),
];

function formRow(name: string, detail: RegExp, { body, headers }: ReturnType<typeof form>) {
  return [name, 400, detail, body, headers] as const;
}

for (const [name, status, detail, body, headers, path] of BAD) {
  Deno.test(`PUT of ${name} answers ${status} and leaves the picture that was there`, async () => {
    await using edge = await TestEdge.start();
    assert.equal((await edge.put(good)).status, 204);
    const response = await edge.put(body, headers, path);
    assert.equal(response.status, status);
    assert.equal(response.headers.get("content-type"), "application/problem+json");
    const problem = await response.json();
    assert.equal(problem.status, status);
    assert.match(problem.detail, detail);
    assert.equal(response.headers.has("www-authenticate"), status === 401);
    assert.deepEqual(await (await edge.request("/live.jpeg")).bytes(), good);
  });
}

Deno.test("what stands behind a picture is not served, and tables it leaves out are put in", async () => {
  await using edge = await TestEdge.start({ PERCH_STRIP_METADATA: "false" });
  for (const tail of [new Uint8Array(512), good, good.subarray(0, 1600)]) {
    assert.equal((await edge.put(concat(good, tail))).status, 204);
    assert.deepEqual(await (await edge.request("/live.jpeg")).bytes(), good);
  }
  const bare = withoutTables(good);
  assert.equal((await edge.put(bare)).status, 204);
  const served = await (await edge.request("/live.jpeg")).bytes();
  assert.equal(served.length, bare.length + STANDARD_DHT.length);
  assert.deepEqual(await pixels(served), await pixels(good));
  const status = await (await edge.request("/status.json")).json();
  assert.equal(status.size, served.length);
});

Deno.test("PUT of a truncated JPEG says at which offset it ends", async () => {
  await using edge = await TestEdge.start();
  const cut = good.slice(0, good.length - 100);
  const problem = await (await edge.put(cut)).json();
  assert.equal(problem.offset, cut.length);
});

Deno.test("PUT answers with the version as ETag, the wanted interval and the viewers", async () => {
  await using edge = await TestEdge.start({ PERCH_FPS: "5", PERCH_IDLE_INTERVAL_S: "20" });
  const idle = await edge.put(good);
  assert.equal(idle.headers.get("etag"), `"${edge.clock.now()}"`);
  assert.equal(idle.headers.get("perch-interval"), "20000");
  assert.equal(idle.headers.get("perch-viewers"), "0");
  await (await edge.request("/live.jpeg")).body?.cancel();
  const watched = await edge.put(good);
  assert.equal(watched.headers.get("perch-interval"), "200");
  assert.equal(watched.headers.get("perch-viewers"), "1");
});

Deno.test("PUT of an older frame of the same session answers 409", async () => {
  await using edge = await TestEdge.start();
  assert.equal((await edge.put(good, { "perch-seq": "run1:5" })).status, 204);
  assert.equal((await edge.put(good, { "perch-seq": "run1:5" })).status, 409);
  assert.equal((await edge.put(good, { "perch-seq": "run1:4" })).status, 409);
  assert.equal((await edge.put(good, { "perch-seq": "run2:1" })).status, 204);
});

Deno.test("versions go on from the one that another instance gave, unless that is absurd", async () => {
  await using edge = await TestEdge.start();
  const now = edge.clock.now();
  const cases = [[good, now + 2000, now + 2001], [other, now + 3_600_000, now + 2002]] as const;
  for (const [jpeg, last, version] of cases) {
    const { headers } = await edge.put(jpeg, { "perch-last": `"${last}"` });
    assert.equal(headers.get("etag"), `"${version}"`);
  }
});

Deno.test("the version of the last answer is read from a tag that a proxy made weak too", async () => {
  await using edge = await TestEdge.start();
  const last = edge.clock.now() + 2000;
  const { status, headers } = await edge.put(good, { "perch-last": `W/"${last}"` });
  assert.deepEqual([status, headers.get("etag")], [204, `"${last + 1}"`]);
});

Deno.test("versions grow strictly when the clock stands still or jumps back", async () => {
  await using edge = await TestEdge.start();
  const versions: number[] = [];
  for (let i = 0; i < 3; i++) {
    const response = await edge.put(i % 2 ? good : other);
    versions.push(Number(response.headers.get("etag")!.slice(1, -1)));
    edge.clock.jump(-60_000);
  }
  assert.deepEqual(versions, versions.toSorted((a, b) => a - b));
  assert.equal(new Set(versions).size, 3);
});

Deno.test("a camera's clock says when a picture was taken only where it cannot be far off", async () => {
  await using edge = await TestEdge.start();
  const now = edge.clock.now();
  const cases = [-800, -20_000, -120_000, -540_000, -3_600_000, -now, 3000, 120_000, 3_600_000];
  for (const [i, aheadMs] of cases.entries()) {
    await edge.put(i % 2 ? good : other, { "perch-captured": String(now + aheadMs) });
    const { capturedAt, ageMs, state } = await (await edge.request("/status.json")).json();
    const wanted = aheadMs === -800 ? 800 : 0;
    assert.deepEqual([now - capturedAt, ageMs, state], [wanted, wanted, "idle"], `${aheadMs} ms`);
  }
});

Deno.test("a picture is as old as its camera says by the clock that nobody sets, and its transfer took", async () => {
  await using edge = await TestEdge.start();
  let gate!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({ start: (controller) => gate = controller });
  const upload = edge.put(body, { "perch-age": "1500", "perch-captured": "0" });
  gate.enqueue(good.subarray(0, 5000));
  await edge.clock.tick(6000.4);
  edge.clock.jump(3_600_000);
  gate.enqueue(good.subarray(5000));
  gate.close();
  const { status, headers } = await upload;
  assert.equal(status, 204);
  assert.match(headers.get("etag")!, /^"\d+"$/, "whole milliseconds");
  const { ageMs, capturedAt, receivedAt } = await (await edge.request("/status.json")).json();
  assert.deepEqual([ageMs, Math.round(receivedAt - capturedAt)], [7500, 7500]);
  assert.ok(Number.isInteger(capturedAt), `${capturedAt}`);
  for (const age of ["-1", "soon", "1e3"]) {
    assert.equal((await edge.put(good, { "perch-age": age })).status, 400, age);
  }
  await edge.put(other, { "perch-age": String(40_000) });
  assert.equal((await edge.request("/live.jpeg")).headers.get("perch-state"), "stale");
});

Deno.test("what waited while the process slept is as old as that may be", async () => {
  await using edge = await TestEdge.start();
  const ageMs = async (jpeg: Uint8Array<ArrayBuffer>) => {
    await edge.put(jpeg);
    return (await (await edge.request("/status.json")).json()).ageMs;
  };
  await edge.clock.tick(2000);
  assert.equal(await ageMs(good), 0);
  edge.edge.tick(200_000);
  assert.equal(await ageMs(other), 200_000);
  assert.equal((await edge.request("/live.jpeg")).headers.get("perch-state"), "stale");
  await edge.clock.tick(1000);
  assert.equal(await ageMs(good), 0);
});

Deno.test("what comes while the edge shuts down is asked for again, never taken and lost", async () => {
  const edge = await TestEdge.start();
  await edge.put(good);
  let gate!: ReadableStreamDefaultController<Uint8Array>;
  const late = edge.put(
    new ReadableStream<Uint8Array>({ start: (controller) => gate = controller }),
  );
  edge.edge.deps.hub.close();
  gate.enqueue(good);
  gate.close();
  const report = { method: "PUT", headers: { authorization: `Bearer ${TEST_TOKEN}` }, body: "{}" };
  for (
    const response of [
      await late,
      await edge.put(good),
      await edge.put(good, {}, "/cams/new/live.jpeg"),
      await edge.request("/report", report),
      await edge.request("/stream.mjpeg"),
    ]
  ) {
    assert.deepEqual([response.status, response.headers.get("retry-after")], [503, "1"]);
  }
  await edge.stop();
});

/** What is sent as a form, and is none by the letter. */
function formOf(head: string, type: string, before = "--XX", after = "\r\n--XX--\r\n") {
  const [start, end] = [`${before}\r\n${head}\r\n\r\n`, after]
    .map((text) => new TextEncoder().encode(text));
  return { body: concat(start, good, end), headers: { "content-type": type } };
}

Deno.test("a JPEG is taken by PUT and POST, as what programs call it, and out of any form", async () => {
  await using edge = await TestEdge.start({ PERCH_LEGACY_UPLOAD: "true" });
  const types = [
    ...["image/jpeg", "Image/JPG; q=1", "image/pjpeg", "image/jpeg, image/jpeg", "image/*"],
    ...["application/octet-stream", "binary/octet-stream", "binary", "image/x-jpeg"],
    "application/x-www-form-urlencoded",
  ];
  const FORM = "multipart/form-data; boundary=XX";
  const UNNAMED = 'Content-Disposition: form-data; name="image"';
  const bodies = [
    { body: good, headers: {} },
    ...types.map((type) => ({ body: good, headers: { "content-type": type } })),
    form([FILE, good]),
    form(NOTE, [FILE, good], [FILE, new Uint8Array(9)]),
    form(['name="about"; filename="about.json"', new Uint8Array(9)], [FILE, good]),
    { ...form([FILE, good]), body: good },
    formOf(UNNAMED, FORM),
    formOf(`${UNNAMED}; filename*=UTF-8''a.jpg`, FORM),
    formOf(`Content-Disposition: form-data; ${FILE}`, FORM, "--XX", "\r\n"),
    formOf(`Content-Disposition: form-data; ${FILE}`, "multipart/form-data"),
    formOf("Content-Type: image/jpeg", "Multipart/Mixed; Boundary = XX", "a preamble\n--XX"),
  ];
  const authorization = `Bearer ${TEST_TOKEN}`;
  let last = "";
  for (const { body, headers } of bodies) {
    for (
      const [method, path, status] of [
        ["PUT", "/live.jpeg", 204],
        ["POST", "/cams/cam/live.jpeg", 204],
        ["POST", `/?password=${TEST_TOKEN}`, 200],
      ] as const
    ) {
      const sent = await edge.request(path, {
        method,
        body,
        headers: { ...headers, authorization },
      });
      assert.equal(sent.status, status, `${method} ${path} ${JSON.stringify(headers)}`);
      const live = await edge.request("/live.jpeg");
      assert.notEqual(live.headers.get("etag"), last);
      last = live.headers.get("etag")!;
      assert.deepEqual(await live.bytes(), good);
      // The same again would be no news.
      await edge.put(other);
    }
  }
  const half = { method: "POST", body: good.slice(0, 1000) };
  assert.equal((await edge.request(`/?password=${TEST_TOKEN}`, half)).status, 400);
  assert.deepEqual(await (await edge.request("/live.jpeg")).bytes(), other);
});

Deno.test("a path that has other methods says which, one that has none is not there", async () => {
  await using edge = await TestEdge.start();
  for (
    const [method, path, allow] of [
      ["DELETE", "/live.jpeg", "GET, HEAD, PUT, POST"],
      ["POST", "/cams/shed/report", "PUT"],
      ["PUT", "/", "GET, HEAD"],
      ["POST", "/", "GET, HEAD"],
      ["PATCH", "/cams/shed", "GET, HEAD, DELETE"],
    ]
  ) {
    const answer = await edge.request(path, { method });
    assert.deepEqual([answer.status, answer.headers.get("allow")], [405, allow], path);
    const { detail } = await answer.json();
    assert.match(detail, new RegExp(`${path} does not take ${method}: send ${allow}[.;]`));
    const sends = method === "PUT" || method === "POST";
    assert.equal(/; pictures go to \/live.jpeg or /.test(detail), sends, detail);
  }
  // The older interface's page is there where it is switched on.
  for (const path of ["/assets/none.js", "/test"]) {
    const missing = await edge.request(path);
    assert.deepEqual([missing.status, missing.headers.get("allow")], [404, null], path);
  }
  const nowhere = await edge.request("/nowhere", { method: "POST" });
  assert.deepEqual([nowhere.status, nowhere.headers.get("allow")], [404, null]);
  assert.match((await nowhere.json()).detail, /at \/nowhere: pictures go to \/live.jpeg or/);
});

Deno.test("a camera that is forgotten right behind its picture has its answer", async () => {
  await using edge = await TestEdge.start();
  await edge.put(await baseline(64, 48));
  const { hub } = edge.edge.deps;
  const [camera] = hub.cameras;
  const publish = camera.publish.bind(camera);
  camera.publish = (...of) => {
    queueMicrotask(() => hub.forget("cam"));
    return publish(...of);
  };
  assert.equal((await edge.put(await baseline(64, 48))).status, 204);
});

Deno.test("that a camera has come is said once, that one was refused once a minute", async () => {
  await using edge = await TestEdge.start({
    PERCH_PUBLISH_TOKENS: `${TEST_TOKEN},barn=another-token-for-tests`,
  });
  const said = () => edge.lines.filter((line) => /first picture|refused/.test(line));
  for (let i = 0; i < 2; i++) await edge.put(await baseline());
  assert.deepEqual(said(), ["the first picture of a camera"]);
  const wrong = { authorization: "Bearer a-token-that-nobody-knows" };
  for (let i = 0; i < 3; i++) await edge.put("x", wrong);
  const refused = "a camera was refused: its PERCH_TOKEN is none of PERCH_PUBLISH_TOKENS";
  assert.deepEqual(said().slice(1), [refused]);
  await edge.clock.tick(60_000);
  await edge.put("x", { authorization: "Bearer another-token-for-tests" });
  assert.deepEqual(said().slice(2), [
    "a camera was refused: its PERCH_TOKEN is bound to another camera in PERCH_PUBLISH_TOKENS",
  ]);
});

Deno.test("a camera whose pictures are all refused is told of by that, one bad picture of many is not", async () => {
  await using edge = await TestEdge.start({ PERCH_MAX_FRAME_BYTES: "100000" });
  const said = async () => (await (await edge.request("/status.json")).json()).lastError;
  const wrong = [
    [new Uint8Array(9), /^its pictures are refused: Not a whole JPEG: .*00 00 00/],
    [new Uint8Array(100_001), /^its pictures are refused: larger than 100000 bytes/],
  ] as const;
  for (const [body, words] of wrong) {
    await edge.put(body);
    assert.match(await said(), words);
  }
  await edge.put(good);
  assert.equal(await said(), undefined);
  await edge.put(new Uint8Array(9));
  assert.equal(await said(), undefined);
  await edge.clock.tick(40_000);
  assert.match(await said(), /refused/);
});
