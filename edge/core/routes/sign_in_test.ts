import assert from "node:assert/strict";
import { baseline } from "../../../shared/testing/jpegs.ts";
import { TestEdge } from "../../../shared/testing/test_edge.ts";
import { localPath } from "./sign_in.ts";

const VIEW = "view-token-0123456789";
const HTML = { accept: "text/html,application/xhtml+xml" };

async function privateEdge(env: Record<string, string> = {}): Promise<TestEdge> {
  const edge = await TestEdge.start({ PERCH_VIEW_TOKEN: VIEW, ...env });
  const jpeg = await baseline(64, 48);
  await edge.put(jpeg);
  await edge.put(jpeg, {}, "/cams/garden/live.jpeg");
  return edge;
}

function signIn(edge: TestEdge, token: string, next = "/cams/garden"): Promise<Response> {
  return edge.request("/sign-in", { method: "POST", body: new URLSearchParams({ token, next }) });
}

/** The cookie of an answer as a browser sends it back. */
function cookieOf(answer: Response): string {
  return answer.headers.get("set-cookie")!.split(";")[0];
}

async function shareLink(edge: TestEdge, cam: string, hours = 1): Promise<URL> {
  const answer = await edge.request("/share", {
    method: "POST",
    headers: { authorization: `Bearer ${VIEW}` },
    body: JSON.stringify({ cam, hours }),
  });
  return new URL((await answer.json()).url);
}

Deno.test("a person is led to the sign-in page and back; a program is asked for a password", async () => {
  await using edge = await privateEdge();
  const person = await edge.request("/cams/garden", { headers: HTML });
  assert.equal(person.status, 303);
  assert.equal(person.headers.get("location"), "../sign-in?next=%2Fcams%2Fgarden");
  const moment = await edge.request("/cams/garden?at=1795000000000", { headers: HTML });
  const next = new URL(moment.headers.get("location")!, "http://edge.test/cams/").searchParams;
  assert.equal(next.get("next"), "/cams/garden?at=1795000000000");
  const program = await edge.request("/stream.mjpeg");
  assert.equal(program.status, 401);
  assert.match(program.headers.get("www-authenticate")!, /^Basic /);
  const asked = async (dest: string, site: string) =>
    (await edge.request("/live.jpeg", {
      headers: { "sec-fetch-dest": dest, "sec-fetch-site": site },
    })).headers.get("www-authenticate")!;
  assert.match(await asked("document", "none"), /^Basic/);
  for (const site of ["same-origin", "same-site", "cross-site"]) {
    for (const dest of ["empty", "image"]) assert.doesNotMatch(await asked(dest, site), /Basic/);
  }

  const wrong = await signIn(edge, "not the token at all");
  assert.equal(wrong.status, 401);
  assert.match(await wrong.text(), /That is not the token/);
  const right = await signIn(edge, VIEW);
  assert.equal(right.status, 303);
  assert.equal(right.headers.get("location"), "./cams/garden");
  assert.match(right.headers.get("set-cookie")!, /HttpOnly; SameSite=Lax/);
  for (const path of ["/live.jpeg", "/cams/garden/frames", "/cams", "/metrics"]) {
    const answer = await edge.request(path, { headers: { cookie: cookieOf(right) } });
    assert.equal(answer.status, 200, path);
    if (path === "/live.jpeg") assert.match(answer.headers.get("cache-control")!, /private/);
    await answer.body?.cancel();
  }
});

Deno.test("behind a proxy with TLS cookies and links are for HTTPS only, and nobody else says so", async () => {
  const headers = { authorization: `Bearer ${VIEW}`, "x-forwarded-proto": "https" };
  for (const proxies of ["0", "1"]) {
    await using edge = await privateEdge({ PERCH_TRUST_PROXY: proxies });
    const post = (path: string, body: BodyInit) =>
      edge.request(path, { method: "POST", headers, body });
    const secure = (answer: Response) => /Secure/.test(answer.headers.get("set-cookie")!);
    const behind = proxies === "1";
    assert.equal(secure(await post("/sign-in", new URLSearchParams({ token: VIEW }))), behind);
    assert.equal(secure(await post("/sign-out", "")), behind);
    const { url } = await (await post("/share", JSON.stringify({ cam: "cam", hours: 1 }))).json();
    assert.equal(new URL(url).protocol, behind ? "https:" : "http:");
    const { pathname, search } = new URL(url);
    const opened = await edge.request(pathname + search, {
      headers: { ...HTML, "x-forwarded-proto": "https" },
    });
    assert.equal(secure(opened), behind);
  }
});

Deno.test("guessing at the sign-in page is slowed down, and locks nobody out who knows the token", async () => {
  await using edge = await privateEdge();
  for (let i = 0; i < 10; i++) await signIn(edge, `guess number ${i} of ten`);
  for (let i = 0; i < 3; i++) {
    const answer = await signIn(edge, "one more guess");
    assert.equal(answer.status, 429);
    assert.equal(answer.headers.get("set-cookie"), null);
    assert.equal((await signIn(edge, VIEW)).status, 303);
  }
  const headers = { authorization: `Bearer ${VIEW}` };
  await edge.clock.tick(60_000);
  const metrics = await (await edge.request("/metrics", { headers })).text();
  assert.match(metrics, /^perch_wrong_credentials_total 10$/m);
  assert.match(metrics, /^perch_sign_ins_limited_total 3$/m, "each is counted once");
});

Deno.test("signing in leads to this site's pages only", () => {
  assert.equal(localPath("/cams/garden?x=1"), "/cams/garden?x=1");
  for (const path of [undefined, "", "cams", "//evil.example", "/\\evil.example", "https://e.e/"]) {
    assert.equal(localPath(path), "/", path);
  }
  for (let code = 0; code < 0x200; code++) {
    const path = `/x${String.fromCharCode(code)}`;
    const isText = code > 0x20 && code < 0x7f && code !== 0x5c;
    assert.equal(localPath(path), isText ? path : "/", `character ${code}`);
  }
});

Deno.test("a share link opens one camera, its stream and picture too, and no other; several open each its own", async () => {
  await using edge = await privateEdge();
  const link = await shareLink(edge, "garden");
  const other = (await shareLink(edge, "cam")).searchParams.get("share");
  const opened = await edge.request(link.pathname + link.search, { headers: HTML });
  assert.equal(opened.status, 200);
  await opened.body?.cancel();
  const byCookie = { cookie: cookieOf(opened) };
  const wanted: [string, Record<string, string>, number][] = [
    ["/cams/garden", { ...HTML, ...byCookie }, 200],
    ["/cams/garden/live.jpeg", byCookie, 200],
    ["/cams/garden/stream.mjpeg", byCookie, 200],
    ["/live.jpeg", byCookie, 401],
    [`/ws${link.search}&cams=garden,cam&share=${other}`, {}, 426],
    [`/ws?share=${other}&cams=garden`, {}, 401],
    ["/cams", byCookie, 401],
  ];
  for (const [path, headers, status] of wanted) {
    const answer = await edge.request(path, { headers });
    assert.equal(answer.status, status, path);
    await answer.body?.cancel();
  }
});

Deno.test("a pasted share link previews for as long as it lives, without a cookie", async () => {
  await using edge = await privateEdge();
  await edge.put(await baseline(64, 48), {}, "/cams/garden/live.jpeg");
  const link = await shareLink(edge, "garden", 1);
  const look = () => edge.request(link.pathname + link.search, { headers: HTML });
  const html = await (await look()).text();
  const told = (property: string) =>
    new RegExp(`property="${property}" content="([^"]*)"`).exec(html)?.[1].replaceAll("&amp;", "&");
  assert.equal(told("og:url"), link.href);
  const picture = new URL(told("og:image")!);
  assert.equal(picture.searchParams.get("share"), link.searchParams.get("share"));
  assert.match(html, /<meta name="robots" content="noindex">/);
  const see = () => edge.request(picture.pathname + picture.search, { headers: { accept: "*/*" } });
  assert.equal((await see()).headers.get("content-type"), "image/jpeg");
  edge.clock.jump(61 * 60_000);
  assert.equal((await see()).status, 401);
  assert.match((await look()).headers.get("location")!, /sign-in/);
});

Deno.test("a share link ends by time and by another share key, and says so to people", async () => {
  await using edge = await privateEdge();
  const link = await shareLink(edge, "garden", 0.5);
  edge.clock.jump(31 * 60_000);
  const late = await edge.request(link.pathname + link.search, { headers: HTML });
  assert.equal(late.headers.get("location"), "../sign-in?next=%2Fcams%2Fgarden&expired=");
  const page = await edge.request("/sign-in?next=%2Fcams%2Fgarden&expired=", { headers: HTML });
  assert.match(await page.text(), /This link has ended/);

  await using other = await privateEdge({ PERCH_SHARE_KEY: "another key for sharing" });
  const { search } = await shareLink(edge, "garden");
  assert.equal((await other.request(`/cams/garden/live.jpeg${search}`)).status, 401);
});

/** What reads a body to its end, and says so. */
function ended(answer: Response): Promise<string> {
  return answer.arrayBuffer().then(() => "ended");
}

Deno.test("streams, films and waits end with the link that opened them", async () => {
  await using edge = await privateEdge();
  for (let i = 0; i < 3; i++) {
    await edge.clock.tick(300_000);
    await edge.put(await baseline(64, 48), {}, "/cams/garden/live.jpeg");
  }
  await edge.until(() => edge.store.state.pending === 0);
  const { search } = await shareLink(edge, "garden", 10 / 3600);
  const get = (path: string, headers?: HeadersInit) =>
    edge.request(`/cams/garden/${path}${search}`, { headers });
  const still = await get("live.jpeg");
  await still.body?.cancel();
  const stream = ended(await get("stream.mjpeg"));
  const past = await edge.request(`/cams/garden/timelapse.mjpeg${search}&fps=0.1`);
  assert.equal(past.status, 200);
  const replay = ended(past);
  const wait = edge.request(`/cams/garden/live.jpeg${search}&wait=30`, {
    headers: { "if-none-match": still.headers.get("etag")! },
  });
  const { limits } = edge.edge.deps;
  await edge.until(() => limits.gate.seated === 2 && limits.waits.seated === 1);
  await edge.clock.tick(9000);
  assert.equal(limits.gate.seated, 2);
  await edge.clock.tick(2000);
  assert.equal(await stream, "ended");
  assert.equal(await replay, "ended");
  assert.equal((await wait).status, 401);
  assert.equal(edge.edge.deps.hub.known("garden")!.viewers.here, 1, "the poller of a moment ago");
});

Deno.test("signing out ends what the sign-in opened, and no other's", async () => {
  await using edge = await privateEdge();
  const [mine, other] = [await signIn(edge, VIEW), await signIn(edge, VIEW)]
    .map((answer) => ({ cookie: cookieOf(answer) }));
  const streams = [
    await edge.request("/stream.mjpeg", { headers: mine }),
    await edge.request("/stream.mjpeg", { headers: other }),
  ];
  await edge.request("/sign-out", { method: "POST", headers: mine });
  assert.equal(await ended(streams[0]), "ended");
  assert.equal(edge.edge.deps.limits.gate.seated, 1);
  await streams[1].body!.cancel();
});
