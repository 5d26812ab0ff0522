// Requests nobody would send on purpose, and some that somebody would. Whatever comes, the answer is
// one that was meant: never an unexpected failure, and the picture that was there stays.

import assert from "node:assert/strict";
import { fc } from "../../shared/testing/properties.ts";
import { inspectJpeg } from "../../shared/jpeg/inspect.ts";
import { SocketClient, statusOf } from "../../shared/testing/clients.ts";
import { concat, makeCorpus } from "../../shared/testing/jpegs.ts";
import { edits, mutate } from "../../shared/testing/mutations.ts";
import { TEST_TOKEN } from "../../shared/testing/processes.ts";
import { publishDownSchema } from "../../shared/wire.ts";
import { FRAME_HEADER_BYTES, writeFrameHeader } from "../../shared/wire_frame.ts";
import { News } from "../../shared/testing/wait.ts";
import { TestEdge } from "../../shared/testing/test_edge.ts";

const samples = (await makeCorpus({ width: 40, height: 32 })).map(({ jpeg }) => jpeg);

/** What stands in `text`, word by word. */
const words = (text: string) => text.split(" ");

/** Statuses that the edge may choose. 500 is what it says when something was not thought of. */
const MEANT = words("200 204 302 303 304 400 401 403 404 405 409 411 413 415 422 426 429 501 503")
  .map(Number);

const word = fc.oneof(
  fc.constantFrom("", ...words("0 1 -1 1e9 NaN null ../.. %00 a,b cam true")),
  fc.string({ unit: "binary", maxLength: 40 }).map((text) =>
    encodeURIComponent(text.toWellFormed())
  ),
  fc.string({ maxLength: 20 }),
  fc.integer().map(String),
  fc.constant("9".repeat(400)),
);
const resource = fc.constantFrom(
  "",
  ...words("live.jpeg stream.mjpeg status.json demand publish report frames frames/1.jpeg"),
  ...words("day.jpeg timelapse.mjpeg embed embed.js sign-in openapi.json share"),
);
const path = fc.oneof(
  fc.tuple(word, resource).map(([cam, name]) => `/cams/${cam}/${name}`),
  resource.map((name) => `/${name}`),
  fc.constantFrom(...words("/ws /cams /health /metrics /test /assets/x // /favicon.ico")),
  word.map((text) => `/${text}`),
);
const queryName = fc.constantFrom(
  ...words("wait fps w cams from to limit length every session live share next expired"),
);
const query = fc.array(fc.tuple(queryName, word), { maxLength: 3 })
  .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join("&"));
const headerName = fc.constantFrom(
  ...words("if-none-match accept user-agent authorization upgrade x-forwarded-for range cookie"),
  ...words("perch-captured perch-seq perch-last content-type origin x-forwarded-proto"),
  "if-modified-since",
);
const headerValue = fc.oneof(
  fc.string({ maxLength: 60 }).filter((text) => /^[\x20-\x7e]*$/.test(text)),
  fc.constantFrom("Basic !!!", ...words('websocket image/jpeg "1" * Bearer a:1')),
  fc.integer().map(String),
);
const headers = fc.dictionary(headerName, headerValue, { maxKeys: 4 });

for (const kind of ["public", "private"]) {
  Deno.test(`any path, query and header gets an answer that was meant, on a ${kind} edge`, async () => {
    await using edge = await TestEdge.start({
      ...(kind === "private" ? { PERCH_VIEW_TOKEN: "view-token-0123456789" } : {}),
      PERCH_LEGACY_UPLOAD: "true",
      PERCH_MAX_VIEWERS: "100000",
      PERCH_TRUST_PROXY: "1",
      PERCH_CORS_ORIGINS: "https://example.org",
    });
    await edge.put(samples[0]);
    const method = fc.constantFrom("GET", "GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS");
    let requests = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(method, path, query, headers, fc.boolean()),
        async ([method, path, query, given, owner]) => {
          // A wait would last for the fake clock's ever.
          if (/wait=[1-9]/.test(query)) query = "";
          const headers = new Headers(given);
          if (owner) headers.set("authorization", `Bearer ${TEST_TOKEN}`);
          if (path.endsWith("/publish") || path === "/ws") headers.delete("upgrade");
          const url = `${path}?${query}`;
          if (!URL.canParse(`http://edge.test${url}`)) return;
          const body = method === "PUT" || method === "POST" ? "x" : undefined;
          const response = await edge.request(url, { method, headers, body });
          requests++;
          const told = `${method} ${url} ${JSON.stringify(given)} ${response.status}`;
          assert(MEANT.includes(response.status), told);
          // The sign-in form says itself what was wrong.
          if (response.status >= 400 && method !== "HEAD" && !path.endsWith("sign-in")) {
            assert.equal(response.headers.get("content-type"), "application/problem+json", told);
          }
          await response.body?.cancel();
        },
      ),
      { numRuns: 1500 },
    );
    assert(requests > 1000);
    assert.deepEqual(failures(edge), []);
    const owner = { headers: { authorization: `Bearer ${TEST_TOKEN}` } };
    assert.equal((await edge.request("/live.jpeg", owner)).status, 200);
  });
}

/** Numbers as a query should not have them, and the ends of those that it may have. */
const NUMBERS = [
  ...["", " ", "1.5", "0.5", "1.0", "1.", ".5", "-1", "+1", "%2B1", "-0", "00", "1e3", "1e400"],
  ...["0x10", "1_000", "1,2", "NaN", "Infinity", "null", "%D9%A1", "%00", "%", "1.0000001"],
  ...["9007199254740991", "9007199254740992", "999999999999999.999999", "9".repeat(400)],
];

/** Every path that is got, and every query value that is a number: of each route, so of all. */
async function pathsAndNumbers(
  edge: TestEdge,
  version: string,
): Promise<{ paths: string[]; names: string[] }> {
  const { paths }: {
    paths: Record<
      string,
      { get?: { parameters: { in: string; name: string; schema: object }[] } }
    >;
  } = await (await edge.request("/openapi.json")).json();
  const names = Object.values(paths).flatMap(({ get }) => get?.parameters ?? [])
    .filter((one) => one.in === "query" && /"(number|integer)"/.test(JSON.stringify(one.schema)))
    .map(({ name }) => name);
  return {
    paths: Object.keys(paths).filter((path) => paths[path].get)
      .map((path) => path.replace("{cam}", "cam").replace("{file}", `${version}.jpeg`)),
    names: [...new Set(names)],
  };
}

Deno.test("no number in a query makes an answer fail or the store look dead", async () => {
  await using edge = await TestEdge.start({ PERCH_LEGACY_UPLOAD: "true", PERCH_TRUST_PROXY: "1" });
  const version = (await edge.put(samples[0])).headers.get("etag")!.slice(1, -1);
  const { paths, names } = await pathsAndNumbers(edge, version);
  const numbers = ["every", "fps", "from", "interval", "length", "limit", "to", "w", "wait"];
  assert.deepEqual(names.sort(), numbers);
  assert(paths.includes("/cams/cam/timelapse.avi") && paths.includes("/"));
  const queries = names.flatMap((name) => [
    ...NUMBERS.map((text) => `${name}=${text}`),
    ...["1.5", "-1", ""].flatMap((text) => [
      `${name}=1&${name}=${text}`,
      `${name}=${text}&${name}=1`,
      `${name}[]=${text}`,
    ]),
  ]);
  const statuses = new Set<number>();
  const wrong: string[] = [];
  // No more at once than may wait for an index, and each from an address of its own.
  const atOnce = 30;
  for (let at = 0; at < paths.length * queries.length; at += atOnce) {
    const some = Array.from(
      { length: Math.min(atOnce, paths.length * queries.length - at) },
      (_, i) => [paths[Math.floor((at + i) / queries.length)], queries[(at + i) % queries.length]],
    );
    let open = some.length;
    const asked = some.map(async ([path, query], i) => {
      // The page's path gives the stream to some, which reads the query.
      const headers = {
        authorization: `Bearer ${TEST_TOKEN}`,
        "accept": i % 2 ? "image/*" : "*/*",
        "x-forwarded-for": `2001:db8:${at.toString(16)}:${i}::1`,
      };
      const response = await edge.request(`${path}?${query}`, { headers });
      open--;
      statuses.add(response.status);
      await response.body?.cancel();
      const { problem } = edge.store.state;
      if (MEANT.includes(response.status) && problem === undefined) return;
      wrong.push(`${path}?${query}: ${response.status}, store: ${problem}`);
    });
    // What waits comes to its end. The store answers in real time: its deadlines must not come
    // before it has.
    while (open > 0) {
      while (edge.store.state.pending > 0) await new Promise((go) => setTimeout(go, 1));
      await edge.clock.tick(4000);
    }
    await Promise.all(asked);
  }
  assert.deepEqual(wrong, []);
  assert(statuses.has(200) && statuses.has(422) && !statuses.has(429));
  assert.doesNotMatch(await (await edge.request("/health")).text(), /store/);
  assert.deepEqual(failures(edge), []);
});

const VIEW_TOKEN = "view-token-0123456789";

/** What went wrong inside. */
function failures({ lines }: TestEdge): string[] {
  return lines.filter((line) => line.includes("failed"));
}

Deno.test("a Host that can be none gets an answer that was meant, on every path", async () => {
  await using edge = await TestEdge.start({ PERCH_VIEW_TOKEN: VIEW_TOKEN });
  await edge.put(samples[0]);
  await using server = edge.listen();
  const paths = (await pathsAndNumbers(edge, "1")).paths.map((path) => `GET ${path}`);
  paths.push("POST /sign-in", "POST /sign-out", "POST /share", "GET http://x:99999/cams/cam");
  const hosts = ["x y", "", ...words("a:b:c [::1 %00 %zz x:99999 xn--a x/y x@y x#y")];
  const wrong: string[] = [];
  let refused = 0;
  for (const path of paths) {
    for (const host of hosts) {
      for (const sign of [`Authorization: Bearer ${VIEW_TOKEN}`, "X-Forwarded-For: 8"]) {
        const status = await statusOf(
          server.url,
          `${path} HTTP/1.1\r\nHost: ${host}\r\nAccept: text/html\r\nContent-Length: 0\r\n` +
            `${sign}\r\n\r\n`,
        );
        if (status === 400) refused++;
        if (!MEANT.includes(status)) wrong.push(`${path} Host: ${host} ${sign} ${status}`);
      }
    }
  }
  assert.deepEqual([...wrong, ...failures(edge)], []);
  assert(refused > 50);
});

Deno.test("a form that is none gets an answer that was meant", async () => {
  await using edge = await TestEdge.start({ PERCH_VIEW_TOKEN: VIEW_TOKEN });
  await using server = edge.listen();
  const field = 'Content-Disposition: form-data; name="token"\r\n\r\n';
  const bodies = [
    ["multipart/form-data", "x"],
    ["multipart/form-data; boundary=", "x"],
    ["multipart/form-data; boundary=abc", "x"],
    ["multipart/form-data; boundary=abc", ""],
    ["multipart/form-data; boundary=abc", `--abc\r\n${field}x`],
    ["multipart/form-data; boundary=abc", "--abc\r\nContent-Disposition: x\r\n\r\nx\r\n--abc--"],
    ["application/x-www-form-urlencoded", "%zz=%ff&token=%&next=%00"],
    ["application/x-www-form-urlencoded; charset=zz", "token=x"],
    ["application/json", '{"cam":"cam","hours":1e999}'],
    ["application/json", '{"cam":{"toString":1},"hours":{}}'],
    ["application/json", "[null]"],
    ["\u00ff", "{"],
  ];
  for (const path of ["/sign-in", "/share"]) {
    for (const [type, body] of bodies) {
      const status = await statusOf(
        server.url,
        `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${VIEW_TOKEN}\r\n` +
          `Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      assert(MEANT.includes(status), `${path} ${type} ${body} ${status}`);
    }
  }
  assert.deepEqual(failures(edge), []);
});

Deno.test("a client that leaves within its body is no failure of the edge", async () => {
  await using edge = await TestEdge.start({ PERCH_VIEW_TOKEN: VIEW_TOKEN });
  const began = new News();
  const seen: { answer: Promise<Response> }[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request, info) => {
      const answer = Promise.resolve(edge.edge.fetch(request, info));
      seen.push({ answer });
      began.tell();
      return answer;
    },
  );
  for (
    const [path, token, type] of [
      ["POST /sign-in", VIEW_TOKEN, "multipart/form-data"],
      ["POST /share", VIEW_TOKEN, "multipart/form-data"],
      ["PUT /report", TEST_TOKEN, "multipart/form-data"],
      ["PUT /live.jpeg", TEST_TOKEN, "image/jpeg"],
    ]
  ) {
    for (const length of ["Transfer-Encoding: chunked\r\n\r\n5", "Content-Length: 9\r\n"]) {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.addr.port });
      const head = `${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n` +
        `Content-Type: ${type}\r\n${length}\r\na`;
      await connection.write(new TextEncoder().encode(head));
      const { answer } = await began.until(() => seen.pop());
      connection.close();
      assert.equal((await answer).status, 400, `${path} ${length}`);
    }
  }
  await server.shutdown();
  assert.deepEqual(failures(edge), []);
});

Deno.test("a damaged upload is refused in words, and the picture that was there stays", async () => {
  await using edge = await TestEdge.start({ PERCH_MAX_UPLOADS_PER_S: "10000" });
  await edge.put(samples[0]);
  const index = fc.nat(samples.length - 1);
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(index, edits, async (i, changes) => {
      const before = (await edge.request("/live.jpeg")).headers.get("etag");
      const response = await edge.put(mutate(samples[i], changes));
      const after = (await edge.request("/live.jpeg")).headers.get("etag");
      if (response.status === 204) return assert.equal(after, response.headers.get("etag"));
      refused++;
      assert.equal(after, before);
      const problem = await response.json();
      // An edit of the size may make it a picture of too many pixels.
      if (response.status === 422) return assert.match(problem.detail, /pixels/);
      assert.equal(response.status, 400);
      assert.match(problem.detail, /^Not a whole JPEG: .+\.$/);
      assert.equal(typeof problem.offset, "number");
    }),
    { numRuns: 1500 },
  );
  assert(refused > 400);
});

Deno.test("any message on a camera's socket is answered, and a whole picture is always served", async () => {
  await using edge = await TestEdge.start({ PERCH_MAX_UPLOADS_PER_S: "10000" });
  await edge.put(samples[0]);
  await using server = edge.listen();
  const camera = new SocketClient(`${server.url}/publish?session=hostile`, {
    authorization: `Bearer ${TEST_TOKEN}`,
  });
  await camera.text("demand");
  const version = fc.oneof(fc.nat(5000), fc.double(), fc.constantFrom(NaN, -1, Infinity, 0.5));
  const index = fc.nat(samples.length - 1);
  const framed = (jpeg: Uint8Array, version: number, capturedAt: number) => {
    const message = concat(new Uint8Array(FRAME_HEADER_BYTES), jpeg);
    writeFrameHeader(message, { camera: 0, version, capturedAt, receivedAt: 0 });
    return message;
  };
  const damaged = fc.tuple(index, edits, version, version).map(
    ([i, changes, version, capturedAt]) => framed(mutate(samples[i], changes), version, capturedAt),
  );
  const whole = fc.tuple(index, fc.nat(5000)).map(([i, n]) => framed(samples[i], n, 0));
  const messages = fc.sample(
    fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged, whole),
    { numRuns: 1000, seed: 6 },
  );
  for (const message of messages) camera.socket.send(new Uint8Array(message));
  const answers = new Set<unknown>();
  for (let answered = 0; answered < messages.length;) {
    const { type } = publishDownSchema.parse(await camera.text());
    if (type === "demand") continue;
    answers.add(type);
    answered++;
  }
  assert.deepEqual([...answers].sort(), ["ack", "refused"]);
  assert(inspectJpeg(await (await edge.request("/live.jpeg")).bytes()).ok);
  await camera.close();
  assert.deepEqual(failures(edge), []);
});
