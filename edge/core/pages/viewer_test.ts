import assert from "node:assert/strict";
import { inspectJpeg } from "../../../shared/jpeg/inspect.ts";
import { baseline } from "../../../shared/testing/jpegs.ts";
import { TEST_TOKEN } from "../../../shared/testing/processes.ts";
import { TestEdge } from "../../../shared/testing/test_edge.ts";
import { StoreFailure } from "../store/frame_store.ts";

/** The built files that a page names, as a browser asks for them that has it from `path`. */
function filesOf(html: string, path: string): string[] {
  const named = html.matchAll(/(?:href|src)="([^"]*\bassets\/[^"]+)"/g);
  return [...named].map(([, file]) => new URL(file, `http://edge.test${path}`).pathname);
}

const HTML = { headers: { accept: "text/html" } };

/** What a page tells chats, by `og:`. */
function previewOf(html: string): Record<string, string> {
  const told = html.matchAll(/property="og:([\w:]+)" content="([^"]*)"/g);
  return Object.fromEntries(
    [...told].map(([, name, said]) => [name, said.replaceAll("&amp;", "&")]),
  );
}

Deno.test("a pasted link previews: title, words and the newest picture", async () => {
  await using edge = await TestEdge.start({ PERCH_TITLE: `Tom & "Jerry"`, PERCH_TRUST_PROXY: "1" });
  const headers = { ...HTML.headers, "x-forwarded-proto": "https" };
  const look = async () => await (await edge.request("/cams/garden", { headers })).text();
  const front = await (await edge.request("/", HTML)).text();
  assert.match(front, /<title>Tom &amp; &quot;Jerry&quot;<\/title>/, "the only one needs no name");
  assert.equal(previewOf(await look()).image, undefined, "there is none yet");
  const images: string[] = [];
  for (const [width, height] of [[64, 48], [160, 120]]) {
    await edge.put(await baseline(width, height), {}, "/cams/garden/live.jpeg");
    const html = await look();
    assert.match(html, /<title>garden · Tom &amp; &quot;Jerry&quot;<\/title>/);
    const told = previewOf(html);
    assert.equal(told.url, "https://edge.test/cams/garden");
    assert.match(told.image, /^https:\/\/edge\.test\/cams\/garden\/live\.jpeg\?v=\d+/);
    const { pathname, search } = new URL(told.image);
    const picture = await (await edge.request(pathname + search)).bytes();
    const shown = inspectJpeg(picture);
    assert.ok(shown.ok && shown.width === width);
    assert.deepEqual([told["image:width"], told["image:height"]], [`${width}`, `${height}`]);
    images.push(told.image);
  }
  assert.notEqual(images[0], images[1], "another picture has another address");
  const wall = await (await edge.request("/cams", HTML)).text();
  assert.equal(previewOf(wall).url, "http://edge.test/cams");
});

Deno.test("a link to a moment opens with the picture of then, and previews as that", async () => {
  await using edge = await TestEdge.start({ PERCH_KEYFRAME_S: "1" });
  const body = JSON.stringify({ state: "running", zone: "Europe/Zurich" });
  const authorization = `Bearer ${TEST_TOKEN}`;
  await edge.request("/report", { method: "PUT", body, headers: { authorization } });
  for (const [width, height] of [[64, 48], [160, 120], [320, 240]]) {
    await edge.put(await baseline(width, height));
    await edge.clock.tick(5000);
  }
  const [, { version, receivedAt }] = await edge.store.history("cam", {});
  const look = async (at: string | number) => {
    const html = await (await edge.request(`/cams/cam?at=${at}`, HTML)).text();
    return { ...previewOf(html), opens: /data-at="(\d*)"/.exec(html)![1] } as Record<
      string,
      string
    >;
  };
  for (const at of [version, version + 2000]) {
    const told = await look(at);
    assert.equal(told.opens, `${version}`, "the newest that is not newer");
    assert.equal(told.url, `http://edge.test/cams/cam?at=${version}`);
    assert.equal(told.image, `http://edge.test/cams/cam/frames/${version}.jpeg`);
    assert.deepEqual([told["image:width"], told["image:height"]], ["160", "120"]);
    const day = new Date(receivedAt).toLocaleDateString("en-GB", { dateStyle: "long" });
    const said = new RegExp(`^The picture of ${day} at \\d\\d:\\d\\d \\(Europe/Zurich`);
    assert.match(told.description, said);
  }
  for (const at of [1, "", "yesterday", "9".repeat(16), "-5"]) {
    const told = await look(at);
    assert.equal(told.opens, "", `${at}`);
    assert.match(told.image, /live\.jpeg/);
  }
  edge.store.history = () => Promise.reject(new StoreFailure("it is away"));
  assert.equal((await look(version)).opens, "", "the page needs no store");
});

Deno.test("where the page was never built it says what to do, and is there as soon as it was", async () => {
  await using edge = await TestEdge.start();
  const { deps } = edge.edge;
  const { readAsset } = deps;
  Object.assign(deps, { readAsset: () => Promise.reject(new Error("no such file")) });
  const answer = await edge.request("/", HTML);
  assert.deepEqual([answer.status, answer.headers.get("retry-after")], [503, "60"]);
  assert.match((await answer.json()).detail, /never built here, run `deno task build`/);
  Object.assign(deps, { readAsset });
  assert.equal((await edge.request("/", HTML)).status, 200);
});

Deno.test("only what the build named is served, and read once", async () => {
  await using edge = await TestEdge.start();
  const names = await edge.edge.deps.readAsset("assets.json");
  const { "icon.svg": icon } = JSON.parse(new TextDecoder().decode(names));
  const { readAsset } = edge.edge.deps;
  const read: string[] = [];
  Object.assign(edge.edge.deps, {
    readAsset: (name: string) => {
      read.push(name);
      return readAsset(name);
    },
  });
  for (const name of ["assets.json", "index.html", "..%2Fbuild.ts", "constructor", "x.js"]) {
    assert.equal((await edge.request(`/assets/${name}`)).status, 404, name);
  }
  for (let i = 0; i < 3; i++) {
    const answer = await edge.request(`/assets/${icon}`);
    assert.match(answer.headers.get("content-type")!, /^image\/svg\+xml/);
    await answer.body?.cancel();
  }
  assert.deepEqual(read, ["assets.json", icon]);
});

Deno.test("every file that the page names is there, and may be kept for ever", async () => {
  await using edge = await TestEdge.start();
  for (const path of ["/", "/cams", "/embed", "/cams/garden", "/cams/garden/embed"]) {
    const page = await edge.request(path, HTML);
    assert.match(page.headers.get("content-security-policy")!, /default-src 'none'/);
    const files = filesOf(await page.text(), path);
    assert.ok(files.length > 0, path);
    for (const file of files) {
      const answer = await edge.request(file);
      assert.equal(answer.status, 200, file);
      assert.match(answer.headers.get("cache-control")!, /immutable/);
      await answer.body?.cancel();
    }
  }
});

Deno.test("page, script and style come compressed, less than 22 KB together, as small as the docs say", async () => {
  await using edge = await TestEdge.start();
  const files = filesOf(await (await edge.request("/", HTML)).text(), "/");
  const texts = files.filter((file) => /\.(js|css)$/.test(file));
  assert.equal(texts.length, 2);
  let bytes = 0;
  for (const path of ["/", ...texts]) {
    const headers = { ...HTML.headers, "accept-encoding": "gzip, deflate, br, zstd" };
    const answer = await edge.request(path, { headers });
    assert.equal(answer.headers.get("content-encoding"), path === "/" ? "gzip" : "br");
    bytes += (await answer.arrayBuffer()).byteLength;
  }
  assert.ok(bytes < 22_000, `${bytes} bytes`);
  const docs = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
  const [, said] = /script\s+and\s+style\s+are\s+(\d+)\s+KB\s+compressed\s+together/.exec(docs)!;
  assert.ok(Math.abs(bytes / 1000 - Number(said)) < 1, `${bytes} bytes, the docs say ${said} KB`);
});

Deno.test("the film's script is a file of its own, without what it does not use, and with its licence", async () => {
  await using edge = await TestEdge.start();
  const html = await (await edge.request("/", HTML)).text();
  const [, file] = /data-script="\.(\/assets\/film-\w+\.js)"/.exec(html)!;
  const text = await (await edge.request(file)).text();
  assert.match(text, /Mozilla Public\s+\* License/);
  const packed = await edge.request(file, { headers: { "accept-encoding": "br" } });
  const { byteLength } = await packed.arrayBuffer();
  assert.ok(byteLength < 60_000, `${byteLength} bytes`);
});

Deno.test("who takes no compressed answer gets a plain one, and caches are told", async () => {
  await using edge = await TestEdge.start();
  const [file] = filesOf(await (await edge.request("/", HTML)).text(), "/");
  const plain = await (await edge.request(file)).text();
  for (const path of ["/", "/embed.js", file]) {
    for (const [takes, wanted] of [["br;q=0, gzip", "gzip"], ["zstd", null], ["", null]]) {
      const headers = { ...HTML.headers, "accept-encoding": takes! };
      const answer = await edge.request(path, { headers });
      assert.equal(answer.headers.get("content-encoding"), wanted, `${path} ${takes}`);
      assert.match(answer.headers.get("vary")!, /Accept-Encoding/);
      const unpacked = wanted
        ? answer.body!.pipeThrough(new DecompressionStream("gzip"))
        : answer.body;
      const text = await new Response(unpacked).text();
      if (path === file) assert.equal(text, plain);
    }
  }
});

Deno.test("a page says whether its camera is known, and how it is", async () => {
  await using edge = await TestEdge.start();
  for (const path of ["/cams/garden", "/cams/garden/embed"]) {
    const page = await edge.request(path, HTML);
    assert.equal(page.headers.get("perch-state"), null, path);
    assert.match(await page.text(), /data-known="no"/);
  }
  await edge.put(await baseline(64, 48), {}, "/cams/garden/live.jpeg");
  for (const path of ["/cams/garden", "/cams/garden/embed"]) {
    const page = await edge.request(path, HTML);
    assert.equal(page.headers.get("perch-state"), "idle", path);
    assert.match(await page.text(), /data-known="yes"/);
  }
  const looked = await edge.request("/cams/garden/embed", { method: "HEAD" });
  assert.equal(looked.headers.get("perch-state"), "idle");
});

Deno.test("the manifest has the page's name, and icons that are there", async () => {
  await using edge = await TestEdge.start({ PERCH_TITLE: "Our garden \u{1f426} and the lake" });
  const answer = await edge.request("/manifest.webmanifest");
  assert.equal(answer.headers.get("content-type"), "application/manifest+json");
  const { name, short_name, icons } = await answer.json();
  assert.equal(name, "Our garden \u{1f426} and the lake");
  assert.equal(short_name, "Our garden \u{1f426}", "cut between characters");
  assert.equal(icons.length, 3);
  for (const { src, type } of icons) {
    const icon = await edge.request(`/${src}`);
    assert.deepEqual([icon.status, icon.headers.get("content-type")], [200, type]);
    await icon.body?.cancel();
  }
});

Deno.test("/ shows the only camera whatever it is called, and the wall where there are several", async () => {
  await using edge = await TestEdge.start();
  const front = async () => await (await edge.request("/", HTML)).text();
  assert.match(await front(), /data-cam="cam".*data-known="no"/s);
  await edge.put(await baseline(64, 48), {}, "/cams/garden/live.jpeg");
  assert.match(await front(), /data-cam="garden".*data-known="yes"/s);
  await edge.put(await baseline(64, 48), {}, "/cams/pond/live.jpeg");
  assert.match(await front(), /data-cams="garden,pond"/);
  const tile = /<noscript>.*<a class="tile" href=".\/cams\/garden" data-state="idle">.*Idle/s;
  assert.match(await front(), tile);
  await edge.put(await baseline(64, 48), {}, "/cams/cam/live.jpeg");
  assert.match(await front(), /data-cam="cam".*data-known="yes"/s);
});

Deno.test("a camera that is not there is said not to be, beside those that are", async () => {
  await using edge = await TestEdge.start();
  const early = await edge.request("/cams/typo", HTML);
  assert.equal(early.status, 200, "the first camera is waited for");
  await early.body?.cancel();
  await edge.put(await baseline(64, 48), {}, "/cams/garden/live.jpeg");
  const page = await edge.request("/cams/typo", HTML);
  const text = await page.text();
  assert.equal(page.status, 404);
  assert.match(text, /<h1>There is no camera called typo here<\/h1>/);
  assert.match(text, /href="..\/cams\/garden"/);
  assert.equal((await edge.request("/cams/typo/live.jpeg")).status, 404);
});

Deno.test("where nothing is, people get a page and programs a problem document", async () => {
  await using edge = await TestEdge.start({ PERCH_VIEW_TOKEN: "a-token-of-16-letters" });
  await edge.put(await baseline(64, 48), {}, "/cams/garden/live.jpeg");
  for (const path of ["/cams/Garden", "/cams/%3Cb%3E", "/cams/-a/embed"]) {
    const headers = { ...HTML.headers, authorization: "Bearer a-token-of-16-letters" };
    assert.equal((await edge.request(path, { headers })).status, 404, "what is no camera id");
  }
  for (const path of ["/nosuch", "/cams/garden/nosuch", "/%3Cb%3E"]) {
    const page = await edge.request(path, HTML);
    const text = await page.text();
    assert.equal(page.status, 404, path);
    assert.match(text, /<h1>There is no such page here<\/h1>/);
    assert.doesNotMatch(text, /garden"|<b>/, "a stranger learns no camera");
    const problem = await edge.request(path);
    assert.match(problem.headers.get("content-type")!, /problem\+json/);
    assert.equal((await problem.json()).status, 404);
  }
});

Deno.test("who owns a private cam may forget a camera by a button", async () => {
  await using edge = await TestEdge.start({ PERCH_VIEW_TOKEN: "a-token-of-16-letters" });
  await edge.put(await baseline(64, 48), {}, "/cams/typo/live.jpeg");
  const headers = { authorization: "Bearer a-token-of-16-letters" };
  const gone = await edge.request("/cams/typo/forget", { method: "POST", headers });
  assert.deepEqual([gone.status, gone.headers.get("location")], [303, "../../cams"]);
  assert.deepEqual((await (await edge.request("/cams", { headers })).json()).cams, []);
});
