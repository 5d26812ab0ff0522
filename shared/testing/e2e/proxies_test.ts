// nginx and Caddy with the recipes of edge/deploy/: what they pass on, and what they protect from.

import assert from "node:assert/strict";
import { baseline } from "../jpegs.ts";
import { putFrame, type RunningEdge, TEST_TOKEN } from "../processes.ts";
import { behind, type Proxied, type Proxy } from "../proxies.ts";
import { SilentClients } from "../silent_clients.ts";
import { toolPath, toolTest } from "../tools.ts";

const PRIVATE = { PERCH_VIEW_TOKEN: "only-friends-know-this" };
const FRIEND = { authorization: `Bearer ${PRIVATE.PERCH_VIEW_TOKEN}` };
const encoder = new TextEncoder();
const picture = await baseline(64, 48);
const another = await baseline(64, 48);

type Body = (at: Proxied, proxy: Proxy) => Promise<void>;

function nginxTest(name: string, env: Record<string, string>, fn: Body): void {
  const run = () => behind("nginx", env, (at) => fn(at, "nginx"));
  toolTest(["nginx", "openssl", "curl"], `behind nginx ${name}`, run);
}

function proxyTest(name: string, env: Record<string, string>, fn: Body): void {
  nginxTest(name, env, fn);
  const run = () => behind("caddy", env, (at) => fn(at, "caddy"));
  toolTest(["caddy", "curl"], `behind Caddy ${name}`, run);
}

/** A counter of the edge's `/metrics`. */
async function counter(edge: RunningEdge, name: string): Promise<number> {
  const text = await (await fetch(`${edge.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1] ?? NaN);
}

/** The head of an answer as curl sees it, for at most a second. */
async function headOf(url: string): Promise<string> {
  const args = ["-sk", "-m", "1", "-H", "Accept-Encoding: gzip", "-D", "-", "-o", "/dev/null", url];
  return new TextDecoder().decode(
    (await new Deno.Command(toolPath("curl")!, { args }).output()).stdout,
  );
}

/** Pictures of a stream as they come. */
async function* picturesOf(stream: Response): AsyncGenerator<void> {
  const decoder = new TextDecoder("latin1");
  let seen = "";
  for await (const chunk of stream.body!) {
    const parts = (seen + decoder.decode(chunk)).split("\xff\xd9\r\n");
    seen = parts.pop()!;
    for (const _ of parts) yield;
  }
}

proxyTest(
  "an unchanged picture is a 304, and a wait ends with the next one",
  {},
  async ({ url }) => {
    const etag = (await putFrame(url, await baseline())).headers.get("etag")!;
    const same = await fetch(`${url}/live.jpeg`, { headers: { "if-none-match": etag } });
    await same.body?.cancel();
    assert.equal(same.status, 304);
    const waiting = fetch(`${url}/live.jpeg?wait=20`, { headers: { "if-none-match": etag } });
    await putFrame(url, picture);
    assert.deepEqual(await (await waiting).bytes(), picture);
  },
);

proxyTest("a stream is passed on at once, and so is its end", {}, async ({ url, edge }) => {
  await putFrame(url, picture);
  const start = performance.now();
  const controller = new AbortController();
  const pictures = picturesOf(await fetch(`${url}/stream.mjpeg`, { signal: controller.signal }));
  await pictures.next();
  for (let i = 0; i < 2; i++) {
    await putFrame(url, i % 2 ? picture : another);
    await pictures.next();
  }
  controller.abort();
  while (await counter(edge, "perch_viewers_connected") > 0);
  // What is held back moves when the edge sends the last picture again, after 10 s.
  assert(performance.now() - start < 5000);
});

proxyTest("a WebSocket viewer is greeted and gets a picture", {}, async ({ url }) => {
  await putFrame(url, picture);
  const socket = new WebSocket(`${url.replace("http", "ws")}/ws`);
  socket.binaryType = "arraybuffer";
  const messages: (string | ArrayBuffer)[] = [];
  await new Promise((resolve, reject) => {
    socket.onerror = () => reject(new Error("the socket failed"));
    socket.onclose = resolve;
    socket.onmessage = ({ data }) => {
      messages.push(data);
      if (data instanceof ArrayBuffer) socket.close();
    };
  });
  assert.equal(JSON.parse(messages[0] as string).type, "hello");
  assert.deepEqual(new Uint8Array(messages.at(-1) as ArrayBuffer).subarray(32), picture);
});

proxyTest("there is HTTP/2, text is packed, and pictures go as they are", {}, async (at) => {
  await putFrame(at.url, picture);
  for (const path of ["/", "/embed.js", "/openapi.json", "/live.jpeg", "/stream.mjpeg"]) {
    const head = await headOf(`https://localhost:${at.tls}${path}`);
    assert.match(head, /^HTTP\/2 200/, path);
    assert.equal(/^content-encoding: gzip/m.test(head), !path.includes("peg"), path);
  }
  const moved = await headOf(`http://localhost:${at.redirect}/embed?a=b`);
  assert.match(moved, /^HTTP\/1\.1 308 [^]*^location: https:\/\/localhost\/embed\?a=b\r$/im);
});

proxyTest(
  "nobody says himself where he comes from, or that he came by TLS",
  PRIVATE,
  async ({ url }) => {
    const guess = async (i: number, client?: Deno.HttpClient) => {
      const headers = {
        authorization: `Bearer a-wrong-token-${i}`,
        "x-forwarded-for": `9.9.9.${i}`,
      };
      const response = await fetch(`${url}/demand`, { headers, client });
      await response.body?.cancel();
      return response.status;
    };
    const statuses: number[] = [];
    for (let i = 0; i < 12; i++) statuses.push(await guess(i));
    assert.deepEqual(statuses, [...Array(10).fill(401), 429, 429]);
    using client = Deno.createHttpClient({ localAddress: "127.0.0.2" });
    assert.equal(await guess(0, client), 401);
    const headers = { ...FRIEND, "x-forwarded-proto": "https" };
    assert.match(await shareLink(url, { headers, client }), /^http:/);
  },
);

async function shareLink(url: string, init: RequestInit & { client?: Deno.HttpClient }) {
  const body = JSON.stringify({ cam: "cam", hours: 1 });
  return (await (await fetch(`${url}/share`, { ...init, method: "POST", body })).json()).url;
}

proxyTest("a body that is too large is refused", {}, async ({ url }, proxy) => {
  const send = async (path: string, body: BodyInit) => {
    const response = await fetch(`${url}${path}`, {
      method: "PUT",
      headers: { authorization: `Bearer ${TEST_TOKEN}`, "content-type": "image/jpeg" },
      body,
    });
    await response.body?.cancel();
    return `${response.status} ${response.headers.get("content-type")}`;
  };
  const bytes = (megabytes: number) => new Uint8Array(megabytes * 1024 * 1024);
  const byEdge = "413 application/problem+json";
  assert.equal(await send("/live.jpeg", bytes(4.5)), byEdge);
  assert.equal(await send("/live.jpeg", bytes(6)), proxy === "nginx" ? "413 text/html" : byEdge);
  assert.match(await send("/report", bytes(0.1)), /^413/);
  let sent = 0;
  const endless = new ReadableStream({
    pull: (controller) => (sent++, controller.enqueue(bytes(1))),
  });
  assert.match(await send("/live.jpeg", endless).catch(() => "closed"), /^(413|closed)/);
  assert(sent < 50, `${sent} MB were taken`);
});

proxyTest("who does not say what he wants is hung up on within 15 s", {}, async (at, proxy) => {
  const get = "GET / HTTP/1.1\r\nHost: localhost\r\n";
  const plain = Number(new URL(at.url).port);
  const kinds: [name: string, port: number, words: string, drips?: boolean][] = [
    ["nothing", plain, ""],
    ["half a head", plain, `${get}X: `],
    ["a head that drips", plain, `${get}X: `, true],
    ["a second head that drips", plain, `${get}\r\n${get}X: `, true],
    ["a head that drips, to be sent on", at.redirect, `${get}X: `, true],
    ["no TLS hello", at.tls, ""],
    ["half a TLS hello", at.tls, "\x16\x03\x01\x02\x00\x01\x00\x01"],
  ];
  const body = "PUT /report HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{";
  if (proxy === "nginx") kinds.push(["half a body", plain, body]);
  const held = await Promise.all(kinds.map(async ([name, port, words, drips]) => {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(Uint8Array.from(words, (character) => character.charCodeAt(0)));
    const drip = setInterval(() => {
      if (drips) connection.write(encoder.encode("a")).catch(() => {}); // ended meanwhile
    }, 1000);
    let tooLate = false;
    const patience = setTimeout(() => (tooLate = true, connection.closeWrite()), 15_000);
    const piece = new Uint8Array(65_536);
    // A reset is an end too.
    while (await connection.read(piece).catch(() => null) !== null);
    clearInterval(drip);
    clearTimeout(patience);
    return tooLate ? name : "";
  }));
  assert.equal(held.join(""), "");
});

proxyTest("500 idle connections leave 100 viewers every picture", {}, async ({ url }) => {
  await putFrame(url, picture);
  const idle = new SilentClients(url);
  await idle.open(250, "idle");
  await idle.open(250, "half a request");
  using client = Deno.createHttpClient({ localAddress: "127.0.0.2" });
  const controller = new AbortController();
  const got = Array<number>(100).fill(0);
  const watching = await Promise.all(got.map(async (_, i) => {
    const pictures = picturesOf(
      await fetch(`${url}/stream.mjpeg`, { client, signal: controller.signal }),
    );
    await pictures.next();
    return async () => {
      for await (const _ of pictures) got[i]++;
    };
  }));
  const done = watching.map((watch) => assert.rejects(watch(), { name: "AbortError" }));
  for (let i = 0; i < 40; i++) {
    const next = new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal((await putFrame(url, i % 2 ? picture : another)).status, 204);
    await next;
  }
  controller.abort();
  await Promise.all(done);
  idle.close();
  assert(Math.min(...got) >= 36, `somebody got ${Math.min(...got)} of 40 pictures`);
});

nginxTest("an address has 200 requests at a time, and others have theirs", {}, async ({ url }) => {
  await putFrame(url, picture);
  const controller = new AbortController();
  const statuses = await Promise.all(
    Array.from(
      { length: 210 },
      async () => (await fetch(`${url}/stream.mjpeg`, { signal: controller.signal })).status,
    ),
  );
  using client = Deno.createHttpClient({ localAddress: "127.0.0.2" });
  assert.deepEqual(await (await fetch(`${url}/live.jpeg`, { client })).bytes(), picture);
  controller.abort();
  assert.deepEqual(statuses.toSorted(), [...Array(200).fill(200), ...Array(10).fill(429)]);
});

nginxTest("500 pollers cost the edge a request a second", {}, async ({ url, edge }) => {
  const etag = (await putFrame(url, picture)).headers.get("etag")!;
  const clients = ["127.0.0.2", "127.0.0.3", "127.0.0.4"].map((localAddress) =>
    Deno.createHttpClient({ localAddress })
  );
  const start = performance.now();
  await Promise.all(Array.from({ length: 500 }, async (_, i) => {
    const has = i % 2 === 1;
    const wish = { client: clients[i % 3], headers: has ? { "if-none-match": etag } : undefined };
    for (let round = 0; round < 6; round++) {
      const response = await fetch(`${url}/live.jpeg?${1_700_000_000_000 + i}`, wish);
      assert.equal(response.status, has ? 304 : 200);
      assert.deepEqual(await response.bytes(), has ? new Uint8Array() : picture);
    }
  }));
  const seconds = Math.ceil((performance.now() - start) / 1000);
  const reached = await counter(edge, "perch_stills_sent_total") +
    await counter(edge, "perch_stills_unchanged_total");
  for (const client of clients) client.close();
  assert(reached >= 1 && reached <= seconds + 1, `${reached} requests reached the edge`);
});

nginxTest("nobody's request changes what others get", {}, async ({ url }) => {
  const large = await baseline();
  const get = async (path: string, headers?: HeadersInit) =>
    await (await fetch(`${url}/cams/${path}`, { headers })).bytes();
  await putFrame(`${url}/cams/small`, large);
  const small = await get("small/live.jpeg?w=160");
  assert(small.length < large.length);
  const traps = [
    { trap: "?%77=160", others: "" },
    { trap: "?x&%77=160", others: "" },
    { trap: "?W=160", others: "?w=160" },
    { trap: "?w=160&w=320", others: "?w=160" },
    { trap: "", headers: { "if-none-match": "*" }, others: "" },
  ];
  for (const [i, { trap, headers, others }] of traps.entries()) {
    await putFrame(`${url}/cams/cam${i}`, large);
    await get(`cam${i}/live.jpeg${trap}`, headers);
    assert.deepEqual(await get(`cam${i}/live.jpeg${others}`), others ? small : large, `trap ${i}`);
  }
});

nginxTest(
  "a private picture is kept for nobody, and waits for nobody",
  PRIVATE,
  async ({ url }) => {
    const etag = (await putFrame(url, picture)).headers.get("etag")!;
    const { search } = new URL(await shareLink(url, { headers: FRIEND }));
    for (let i = 0; i < 3; i++) {
      const allowed = await fetch(`${url}/live.jpeg`, { headers: FRIEND });
      assert.deepEqual(await allowed.bytes(), picture);
      const stranger = await fetch(`${url}/live.jpeg`);
      await stranger.body?.cancel();
      assert.equal(stranger.status, 401);
    }
    const start = performance.now();
    await Promise.all(Array.from({ length: 30 }, async () => {
      assert.deepEqual(await (await fetch(`${url}/live.jpeg${search}`)).bytes(), picture);
    }));
    // Who waits for another one's request to the edge does so for up to 5 s.
    const ms = performance.now() - start;
    assert(ms < 4000, `30 friends with a link waited ${ms} ms`);
    const headers = { ...FRIEND, "if-none-match": etag };
    assert.equal((await fetch(`${url}/live.jpeg`, { headers })).status, 304);
  },
);
