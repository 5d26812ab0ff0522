// nginx and Caddy with the recipes of edge/deploy/: what they pass on, and what they protect from.

import assert from "node:assert/strict";
import { baseline } from "../jpegs.ts";
import { putFrame, TEST_TOKEN } from "../processes.ts";
import { behind, type Proxied, type Proxy } from "../proxies.ts";
import { silentClients } from "../clients.ts";
import { together, toolPath, toolTest } from "../tools.ts";
import { inOneOfThree, until } from "../wait.ts";

const PRIVATE = { PERCH_VIEW_TOKEN: "only-friends-know-this" };
const FRIEND = { authorization: `Bearer ${PRIVATE.PERCH_VIEW_TOKEN}` };
const encoder = new TextEncoder();
const picture = await baseline(64, 48);
const another = await baseline(64, 48);

/** An edge behind a proxy, and a camera of a test's own. */
interface Place extends Proxied {
  readonly proxy: Proxy;
  readonly cam: string;
  /** Where the camera's resources are. */
  readonly home: string;
}

type Test = (at: Place) => Promise<void>;

/** The head of an answer as curl sees it; some bodies have no end. */
async function headOf(url: string): Promise<string> {
  const args = [
    "-sk",
    "-m",
    "60",
    "-H",
    "Accept-Encoding: gzip",
    "-D",
    "-",
    "-o",
    "/dev/null",
    url,
  ];
  const enough = new AbortController();
  const { signal } = enough;
  const curl = new Deno.Command(toolPath("curl")!, { args, signal, stdout: "piped" }).spawn();
  let head = "";
  for await (const text of curl.stdout.pipeThrough(new TextDecoderStream())) {
    if ((head += text).includes("\r\n\r\n")) break;
  }
  enough.abort();
  await curl.status;
  return head;
}

/** Pictures of a stream as they come, without those that a quiet stream repeats. */
async function* picturesOf(stream: Response): AsyncGenerator<void> {
  const decoder = new TextDecoder("latin1");
  let [seen, last] = ["", ""];
  for await (const chunk of stream.body!) {
    const parts = (seen + decoder.decode(chunk)).split("\xff\xd9\r\n");
    seen = parts.pop()!;
    for (const part of parts) {
      if (part !== last) yield;
      last = part;
    }
  }
}

async function shareLink(
  { url, cam }: Place,
  init: RequestInit & { client?: Deno.HttpClient },
): Promise<string> {
  const body = JSON.stringify({ cam, hours: 1 });
  return (await (await fetch(`${url}/share`, { ...init, method: "POST", body })).json()).url;
}

/** Behind either. */
const BOTH: Readonly<Record<string, Test>> = {
  "500 idle connections leave 100 viewers every picture": async ({ url, home }) => {
    await putFrame(home, picture);
    using _idle = await silentClients(url, { "idle": 250, "half a request": 250 });
    using client = Deno.createHttpClient({ localAddress: "127.0.0.2" });
    const controller = new AbortController();
    const viewers = await Promise.all(Array.from({ length: 100 }, async () => {
      const init = { client, signal: controller.signal };
      return picturesOf(await fetch(`${home}/stream.mjpeg`, init));
    }));
    for (let i = 0; i < 15; i++) {
      // The next one is sent when all have this one.
      await Promise.all(viewers.map((pictures) => pictures.next()));
      assert.equal((await putFrame(home, i % 2 ? picture : another)).status, 204);
    }
    controller.abort();
    await Promise.allSettled(viewers.map((pictures) => pictures.return(undefined)));
  },

  "an unchanged picture is a 304, and a wait ends with the next one": async ({ home }) => {
    const etag = (await putFrame(home, await baseline())).headers.get("etag")!;
    const same = await fetch(`${home}/live.jpeg`, { headers: { "if-none-match": etag } });
    await same.body?.cancel();
    assert.equal(same.status, 304);
    const waiting = fetch(`${home}/live.jpeg?wait=20`, { headers: { "if-none-match": etag } });
    await putFrame(home, picture);
    assert.deepEqual(await (await waiting).bytes(), picture);
  },

  "a stream is passed on at once, and so is its end": async ({ home, edge }) => {
    await inOneOfThree(async () => {
      await putFrame(home, picture);
      const start = performance.now();
      const controller = new AbortController();
      const { signal } = controller;
      const watched = await edge.metric("perch_viewers_connected");
      const pictures = picturesOf(await fetch(`${home}/stream.mjpeg`, { signal }));
      await pictures.next();
      for (let i = 0; i < 2; i++) {
        await putFrame(home, i % 2 ? picture : another);
        await pictures.next();
      }
      controller.abort();
      await until("an end", async () => await edge.metric("perch_viewers_connected") <= watched);
      // Each that is held back moves when the edge sends the last picture again, after 10 s.
      assert(performance.now() - start < 15_000);
    });
  },

  "a WebSocket viewer is greeted and gets a picture": async ({ url, home, cam }) => {
    await putFrame(home, picture);
    const socket = new WebSocket(`${url.replace("http", "ws")}/ws?cams=${cam}`);
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
    // A word about the camera may come behind it, while the socket closes.
    const frame = messages.find((message) => message instanceof ArrayBuffer);
    assert.deepEqual(new Uint8Array(frame!).subarray(32), picture);
  },

  "there is HTTP/2, text is packed, and pictures go as they are": async ({ tls, cam, ...at }) => {
    await putFrame(at.home, picture);
    const own = `/cams/${cam}`;
    const paths = ["/", "/embed.js", "/openapi.json", `${own}/live.jpeg`, `${own}/stream.mjpeg`];
    await Promise.all(paths.map(async (path) => {
      const head = await headOf(`https://localhost:${tls}${path}`);
      assert.match(head, /^HTTP\/2 200/, path);
      assert.equal(/^content-encoding: gzip/m.test(head), !path.includes("peg"), path);
    }));
    const moved = await headOf(`http://localhost:${at.redirect}/embed?a=b`);
    assert.match(moved, /^HTTP\/1\.1 308 [^]*^location: https:\/\/localhost\/embed\?a=b\r$/im);
  },

  "a body that is too large is refused": async ({ home, proxy }) => {
    const send = async (path: string, body: BodyInit) => {
      const response = await fetch(`${home}${path}`, {
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
  },
};

/** Behind nginx, which counts connections and has a cache. */
const NGINX: Readonly<Record<string, Test>> = {
  "500 pollers cost the edge a request a second": async ({ home, edge }) => {
    const etag = (await putFrame(home, picture)).headers.get("etag")!;
    const stills = async () =>
      await edge.metric("perch_stills_sent_total") +
      await edge.metric("perch_stills_unchanged_total");
    const clients = ["127.0.0.2", "127.0.0.3", "127.0.0.4"].map((localAddress) =>
      Deno.createHttpClient({ localAddress })
    );
    // Who waits for another one's request for 5 s asks the edge himself.
    await inOneOfThree(async () => {
      const before = await stills();
      const start = performance.now();
      await Promise.all(Array.from({ length: 500 }, async (_, i) => {
        const has = i % 2 === 1;
        const headers = has ? { "if-none-match": etag } : undefined;
        for (let round = 0; round < 6; round++) {
          const address = `${home}/live.jpeg?${1_700_000_000_000 + i}`;
          const response = await fetch(address, { client: clients[i % 3], headers });
          assert.equal(response.status, has ? 304 : 200);
          assert.deepEqual(await response.bytes(), has ? new Uint8Array() : picture);
        }
      }));
      const seconds = Math.ceil((performance.now() - start) / 1000);
      const reached = await stills() - before;
      assert(reached >= 1 && reached <= seconds + 1, `${reached} requests reached the edge`);
    });
    for (const client of clients) client.close();
  },

  "nobody's request changes what others get": async ({ url, cam }) => {
    const large = await baseline();
    const get = async (path: string, headers?: HeadersInit) =>
      await (await fetch(`${url}/cams/${path}`, { headers })).bytes();
    await putFrame(`${url}/cams/${cam}`, large);
    const small = await get(`${cam}/live.jpeg?w=160`);
    assert(small.length < large.length);
    const traps = [
      { trap: "?%77=160", others: "" },
      { trap: "?x&%77=160", others: "" },
      { trap: "?W=160", others: "?w=160" },
      { trap: "?w=160&w=320", others: "?w=160" },
      { trap: "", headers: { "if-none-match": "*" }, others: "" },
    ];
    for (const [i, { trap, headers, others }] of traps.entries()) {
      await putFrame(`${url}/cams/trap${i}`, large);
      await get(`trap${i}/live.jpeg${trap}`, headers);
      assert.deepEqual(
        await get(`trap${i}/live.jpeg${others}`),
        others ? small : large,
        `trap ${i}`,
      );
    }
  },

  "an address has 200 requests at a time, and others have theirs": async ({ home }) => {
    await putFrame(home, picture);
    const controller = new AbortController();
    const statuses = await Promise.all(
      Array.from(
        { length: 210 },
        async () => (await fetch(`${home}/stream.mjpeg`, { signal: controller.signal })).status,
      ),
    );
    using client = Deno.createHttpClient({ localAddress: "127.0.0.2" });
    assert.deepEqual(await (await fetch(`${home}/live.jpeg`, { client })).bytes(), picture);
    controller.abort();
    assert.deepEqual(statuses.toSorted(), [...Array(200).fill(200), ...Array(10).fill(429)]);
  },
};

/** Behind either, where only friends may watch. */
const FRIENDS: Readonly<Record<string, Test>> = {
  "nobody says himself where he comes from, or that he came by TLS": async (at) => {
    const guess = async (i: number, client?: Deno.HttpClient) => {
      const headers = {
        authorization: `Bearer a-wrong-token-${i}`,
        "x-forwarded-for": `9.9.9.${i}`,
      };
      const response = await fetch(`${at.url}/demand`, { headers, client });
      await response.body?.cancel();
      return response.status;
    };
    const statuses: number[] = [];
    while (statuses.at(-1) !== 429 && statuses.length < 50) {
      statuses.push(await guess(statuses.length));
    }
    // Another attempt is given each six seconds.
    assert.deepEqual([...new Set(statuses)], [401, 429]);
    assert(statuses.length > 10, statuses.join());
    using client = Deno.createHttpClient({ localAddress: "127.0.0.2" });
    assert.equal(await guess(0, client), 401);
    const headers = { ...FRIEND, "x-forwarded-proto": "https" };
    assert.match(await shareLink(at, { headers, client }), /^http:/);
  },
};

/** Behind nginx, where only friends may watch. */
const NGINX_FRIENDS: Readonly<Record<string, Test>> = {
  "a private picture is kept for nobody, and waits for nobody": async (at) => {
    const { home } = at;
    const etag = (await putFrame(home, picture)).headers.get("etag")!;
    const { search } = new URL(await shareLink(at, { headers: FRIEND }));
    for (let i = 0; i < 3; i++) {
      const allowed = await fetch(`${home}/live.jpeg`, { headers: FRIEND });
      assert.deepEqual(await allowed.bytes(), picture);
      const stranger = await fetch(`${home}/live.jpeg`);
      await stranger.body?.cancel();
      assert.equal(stranger.status, 401);
    }
    await inOneOfThree(async () => {
      const start = performance.now();
      await Promise.all(Array.from({ length: 30 }, async () => {
        assert.deepEqual(await (await fetch(`${home}/live.jpeg${search}`)).bytes(), picture);
      }));
      // Who waits for another one's request to the edge does so for up to 5 s.
      const ms = performance.now() - start;
      assert(ms < 5000, `30 friends with a link waited ${ms} ms`);
    });
    const headers = { ...FRIEND, "if-none-match": etag };
    assert.equal((await fetch(`${home}/live.jpeg`, { headers })).status, 304);
  },
};

/** What was said by those who are not hung up on. */
async function heldOpenBehind({ url, tls, redirect, proxy }: Place): Promise<string[]> {
  const get = "GET / HTTP/1.1\r\nHost: localhost\r\n";
  const plain = Number(new URL(url).port);
  const kinds: [name: string, port: number, words: string, drips?: boolean][] = [
    ["nothing", plain, ""],
    ["half a head", plain, `${get}X: `],
    ["a head that drips", plain, `${get}X: `, true],
    ["a second head that drips", plain, `${get}\r\n${get}X: `, true],
    ["a head that drips, to be sent on", redirect, `${get}X: `, true],
    ["no TLS hello", tls, ""],
    ["half a TLS hello", tls, "\x16\x03\x01\x02\x00\x01\x00\x01"],
  ];
  const body = "PUT /report HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{";
  if (proxy === "nginx") kinds.push(["half a body", plain, body]);
  const held = await Promise.all(kinds.map(async ([name, port, words, drips]) => {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(Uint8Array.from(words, (character) => character.charCodeAt(0)));
    const drip = setInterval(() => {
      if (drips) connection.write(encoder.encode("a")).catch(() => {}); // ended meanwhile
    }, 500);
    let tooLate = false;
    const patience = setTimeout(() => (tooLate = true, connection.closeWrite()), 60_000);
    const piece = new Uint8Array(65_536);
    // A reset is an end too.
    while (await connection.read(piece).catch(() => null) !== null);
    clearInterval(drip);
    clearTimeout(patience);
    return tooLate ? [name] : [];
  }));
  return held.flat();
}

for (
  const { proxy, tools, tests, friends } of [
    {
      proxy: "nginx",
      tools: ["nginx", "openssl", "curl"],
      tests: { ...BOTH, ...NGINX },
      friends: { ...FRIENDS, ...NGINX_FRIENDS },
    },
    { proxy: "caddy", tools: ["caddy", "curl"], tests: BOTH, friends: FRIENDS },
  ] as const
) {
  const all = (env: Record<string, string>, tests: Record<string, Test>) => (t: Deno.TestContext) =>
    behind(proxy, env, async (at) => {
      for (const [i, [name, test]] of Object.entries(tests).entries()) {
        const cam = `cam-${i}`;
        await t.step(name, () => test({ ...at, proxy, cam, home: `${at.url}/cams/${cam}` }));
      }
    });
  const heldOpen = () =>
    behind(proxy, {}, async (at) => {
      assert.deepEqual(await heldOpenBehind({ ...at, proxy, cam: "", home: "" }), []);
    }, "2s");
  toolTest(tools, `behind ${proxy}`, (t) =>
    together(t, {
      "all is passed on": all({}, tests),
      "who does not say what he wants is hung up on": heldOpen,
    }));
  toolTest(tools, `behind ${proxy}, where only friends may watch`, all(PRIVATE, friends));
}
