// Every route with every kind of credential, on a public and on a private edge: one table.

import assert from "node:assert/strict";
import { sha256 } from "hono/utils/crypto";
import { createApp } from "../app.ts";
import { Passes, SIGNED_IN_MS } from "./viewers.ts";
import { baseline } from "../../../shared/testing/jpegs.ts";
import { TestEdge } from "../../../shared/testing/test_edge.ts";

const TOKEN = {
  garden: "garden-token-0123456789",
  gardenNext: "garden-token-9876543210",
  street: "street-token-0123456789",
  any: "any-camera-token-0123456789",
  view: "view-token-0123456789",
};
/** SHA-256 of `TOKEN.gardenNext`, as `printf %s … | sha256sum` prints it. */
const GARDEN_NEXT = await sha256(TOKEN.gardenNext);

const ENV = {
  PERCH_PUBLISH_TOKENS:
    `garden=${TOKEN.garden},garden=sha256:${GARDEN_NEXT},street=${TOKEN.street},${TOKEN.any}`,
  PERCH_LEGACY_UPLOAD: "true",
};

/** Headers by credential; the ones that browsers carry are made by the edge itself. */
const HEADERS = {
  "none": {},
  "wrong": { authorization: "Bearer no-such-token-0123456789" },
  "other camera": { authorization: `Bearer ${TOKEN.street}` },
  "view": { authorization: `Basic ${btoa(`someone:${TOKEN.view}`)}` },
  "own": { authorization: `Bearer ${TOKEN.garden}` },
  "own, next": { authorization: `Bearer ${TOKEN.gardenNext}` },
  "any camera": { authorization: `Bearer ${TOKEN.any}` },
} as const;
type Header = keyof typeof HEADERS;
type Pass = "signed in" | "sign-in expired" | "link" | "link to other" | "link expired" | "forged";
type Credential = Header | Pass;
const CREDENTIALS: readonly Credential[] = [
  ...Object.keys(HEADERS) as Header[],
  ...["signed in", "sign-in expired", "link", "link to other", "link expired", "forged"] as Pass[],
];

/** A status for each credential. */
type Answers = Readonly<Record<Credential, number>>;

function all(status: number): Answers {
  return Object.fromEntries(CREDENTIALS.map((name) => [name, status])) as Answers;
}

/** What a publisher's route answers, on both kinds of edge. */
function published(status: number): Answers {
  return {
    ...{ ...all(401), "other camera": 403 },
    ...{ own: status, "own, next": status, "any camera": status },
  };
}

/** What a viewer's route answers on a private edge. */
function watched(status: number): Answers {
  return {
    ...{ ...all(401), view: status, own: status, "own, next": status, "any camera": status },
    ...{ "signed in": status, link: status },
  };
}

/** What a route about all cameras answers on a private edge: access to one of them is not enough. */
function watchedAll(status: number): Answers {
  return { ...all(401), view: status, "any camera": status, "signed in": status };
}

interface Row {
  /** Method and path as the app registers them. */
  readonly route: string;
  readonly method?: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: () => BodyInit;
  /** On a private edge. */
  readonly private: Answers;
  /** On a public edge; undefined = the same. */
  readonly public?: Answers;
}

const jpeg = await baseline(64, 48);
const viewer = (route: string, status = 200, query = ""): Row => ({
  route: `GET ${route}`,
  path: route.replace(":cam", "garden") + query,
  private: watched(status),
  public: all(status),
});

/** The routes at `/cams/:cam`; the ones at the root are the same handlers for the camera `cam`. */
const ROWS: readonly Row[] = [
  ...["PUT", "POST"].map((method) => ({
    route: `${method} /cams/:cam/live.jpeg`,
    method,
    path: "/cams/garden/live.jpeg",
    headers: { "content-type": "image/jpeg" },
    body: () => jpeg,
    private: published(204),
  })),
  {
    route: "PUT /cams/:cam/report",
    method: "PUT",
    path: "/cams/garden/report",
    body: () => JSON.stringify({ state: "running" }),
    private: published(204),
  },
  { route: "GET /cams/:cam/demand", path: "/cams/garden/demand", private: published(200) },
  { route: "GET /cams/:cam/publish", path: "/cams/garden/publish", private: published(426) },
  viewer("/cams/:cam/live.jpeg"),
  viewer("/cams/:cam/stream.mjpeg"),
  viewer("/cams/:cam/status.json"),
  viewer("/cams/:cam/frames"),
  { ...viewer("/cams/:cam/frames/:file", 404), path: "/cams/garden/frames/1.jpeg" },
  viewer("/cams/:cam/day.jpeg", 404, "?from=0&to=60000&every=60000"),
  viewer("/cams/:cam/timelapse.mjpeg", 404, "?to=1"),
  viewer("/cams/:cam/timelapse.avi", 404, "?to=1"),
  viewer("/cams/:cam/embed"),
  {
    // A token that only publishes makes no links, not even to its own camera.
    route: "POST /share",
    method: "POST",
    path: "/share",
    body: () => JSON.stringify({ cam: "garden", hours: 1 }),
    private: { ...all(401), "any camera": 403, "view": 200, "signed in": 200 },
    public: all(404),
  },
  {
    route: "POST /cams/:cam/forget",
    method: "POST",
    path: "/cams/gone/forget",
    private: { ...all(401), "any camera": 403, "view": 303, "signed in": 303 },
    public: all(404),
  },
  ...["/live", "/live.stream"].flatMap((path) => [
    viewer(path, 200, "?cams=garden"),
    {
      ...{ route: `GET ${path}`, path: `${path}?cams=garden,street` },
      ...{ private: watchedAll(200), public: all(200) },
    },
  ]),
  { ...viewer("/ws", 426, "?cams=garden"), route: "GET /ws" },
  {
    ...{ route: "GET /ws", path: "/ws?cams=garden,street" },
    ...{ private: watchedAll(426), public: all(426) },
  },
  ...["/cams", "/metrics", "/test"].map((path) => ({
    ...{ route: `GET ${path}`, path, private: watchedAll(200), public: all(200) },
  })),
  { route: "GET /health", path: "/health?live", private: all(200) },
  { route: "GET /sign-in", path: "/sign-in", private: all(200), public: all(404) },
  {
    route: "POST /sign-in",
    method: "POST",
    path: "/sign-in",
    body: () => new URLSearchParams({ token: TOKEN.view }),
    private: all(303),
    public: all(404),
  },
  {
    ...{ route: "POST /sign-out", method: "POST", path: "/sign-out" },
    ...{ private: all(303), public: all(404) },
  },
  ...["/openapi.json", "/manifest.webmanifest", "/embed.js"].map((path) => ({
    ...{ route: `GET ${path}`, path, private: all(200) },
  })),
  { route: "GET /favicon.ico", path: "/favicon.ico", private: all(302) },
  { route: "GET /assets/:name", path: "/assets/none.js", private: all(404) },
  // The older interface takes its secret from the address only, and answers a wrong one with 400.
  { route: "POST /", method: "POST", path: "/", body: () => jpeg, private: all(400) },
  {
    ...{ route: "DELETE /cams/:cam", method: "DELETE", path: "/cams/garden" },
    private: published(204),
  },
  { route: "GET /nowhere", path: "/nowhere", private: all(404) },
];

for (const kind of ["private", "public"]) {
  Deno.test(`each route of a ${kind} edge opens to the right credentials only`, async (t) => {
    const env: Record<string, string> = kind === "private" ? { PERCH_VIEW_TOKEN: TOKEN.view } : {};
    await using edge = await TestEdge.start({ ...ENV, ...env, PERCH_TRUST_PROXY: "1" });
    for (const cam of ["garden", "street"]) {
      const headers = { authorization: `Bearer ${TOKEN.any}` };
      assert.equal((await edge.put(jpeg, headers, `/cams/${cam}/live.jpeg`)).status, 204);
    }
    const passes = await passesOf(edge, kind === "private");
    for (const [i, row] of ROWS.entries()) {
      await t.step(`${row.route} (${row.path})`, async () => {
        const got: Record<string, number> = {};
        for (const [j, credential] of CREDENTIALS.entries()) {
          const headers = new Headers({ ...row.headers, ...HEADERS[credential as Header] });
          // Somebody else each time: the wrong credentials of this table would be too many.
          headers.set("x-forwarded-for", `2001:db8:${i}:${j}::1`);
          const pass = passes[credential as Pass];
          if (pass?.cookie) headers.set("cookie", pass.cookie);
          const query = pass?.share
            ? `${row.path.includes("?") ? "&" : "?"}share=${pass.share}`
            : "";
          const request = { method: row.method, headers, body: row.body?.() };
          const response = await edge.request(row.path + query, request);
          got[credential] = response.status;
          await checkRefusal(response);
          if (!response.bodyUsed) await response.body?.cancel();
        }
        assert.deepEqual(got, kind === "public" && row.public || row.private);
      });
    }
  });
}

/** What browsers carry: cookies and share links, valid and not. */
async function passesOf(
  edge: TestEdge,
  isPrivate: boolean,
): Promise<Record<Pass, { cookie?: string; share?: string }>> {
  const signIn = async () => {
    const body = new URLSearchParams({ token: TOKEN.view });
    const response = await edge.request("/sign-in", { method: "POST", body });
    return response.headers.get("set-cookie")?.split(";")[0] ?? "perch_view=none";
  };
  const share = async (cam: string) => {
    if (!isPrivate) return "none";
    const response = await edge.request("/share", {
      method: "POST",
      headers: HEADERS.view,
      body: JSON.stringify({ cam, hours: 1 }),
    });
    return new URL((await response.json()).url).searchParams.get("share")!;
  };
  const old = { cookie: await signIn(), share: await share("garden") };
  edge.clock.jump(SIGNED_IN_MS + 1000);
  const link = await share("garden");
  return {
    "signed in": { cookie: await signIn() },
    "sign-in expired": { cookie: old.cookie },
    "link": { share: link },
    "link to other": { share: await share("street") },
    "link expired": { share: old.share },
    "forged": { share: link.slice(0, -2) + "AA", cookie: `${old.cookie.slice(0, -2)}AA` },
  };
}

Deno.test("of a page of another site neither cookie nor remembered password counts, a link and Bearer do", async () => {
  await using edge = await TestEdge.start({ ...ENV, PERCH_VIEW_TOKEN: TOKEN.view });
  const headers = { authorization: `Bearer ${TOKEN.any}` };
  for (const cam of ["garden", "street"]) {
    assert.equal((await edge.put(jpeg, headers, `/cams/${cam}/live.jpeg`)).status, 204);
  }
  const passes = await passesOf(edge, true);
  const { cookie } = passes["signed in"];
  const basic = `Basic ${btoa(`someone:${TOKEN.view}`)}`;
  const bearer = `Bearer ${TOKEN.view}`;
  const own = "http://edge.test";
  const wanted: [status: number, route: string, origin: string, Record<string, string>][] = [];
  for (const row of ROWS) {
    const status = row.private.view;
    if (status === row.private.none) continue;
    const route = `${row.method ?? "GET"} ${row.path}`;
    const byItself: Record<string, string>[] = [{ cookie: cookie! }, { authorization: basic }];
    for (const credential of byItself) {
      wanted.push([status, route, own, credential]);
      wanted.push([401, route, "http://edge.test:81", credential]);
    }
    wanted.push([status, route, "null", { authorization: bearer }]);
  }
  const publish = { authorization: `Basic ${btoa(`x:${TOKEN.any}`)}` };
  wanted.push(
    [204, "PUT /cams/garden/live.jpeg", own, publish],
    [401, "PUT /cams/garden/live.jpeg", "null", publish],
    [303, "POST /sign-out", own, { cookie: cookie! }],
    [303, "POST /sign-out", "https://edge.test", { cookie: cookie! }],
    [403, "POST /sign-out", "https://evil.example", { cookie: cookie! }],
    [303, "POST /sign-out", "null", { cookie: cookie!, "sec-fetch-site": "same-origin" }],
    [200, `GET /cams/garden/live.jpeg?share=${passes.link.share}`, "https://evil.example", {}],
  );
  for (const [status, route, origin, credential] of wanted) {
    const [method, path] = route.split(" ");
    const row = ROWS.find((one) => one.path === path && (one.method ?? "GET") === method);
    const answer = await edge.request(path, {
      method,
      headers: { ...row?.headers, ...credential, origin },
      body: row?.body?.(),
    });
    await answer.body?.cancel();
    const who = `${route} from ${origin} with ${JSON.stringify(credential)}`;
    assert.equal(answer.status, status, who);
  }
});

Deno.test("behind a trusted proxy the scheme tells a foreign page too, and a refusal says what came", async () => {
  const env = { ...ENV, PERCH_VIEW_TOKEN: TOKEN.view, PERCH_TRUST_PROXY: "1" };
  await using edge = await TestEdge.start(env);
  const signOut = (origin: string) => {
    const headers = { origin, "x-forwarded-proto": "https" };
    return edge.request("/sign-out", { method: "POST", headers });
  };
  assert.equal((await signOut("https://edge.test")).status, 303);
  const refused = await signOut("http://edge.test");
  assert.equal(refused.status, 403);
  const said = /a page of "http:\/\/edge\.test" asked, wanted one of https:\/\/edge\.test\.$/;
  assert.match((await refused.json()).detail, said);
});

Deno.test("the table has every route about a camera that the app has", async () => {
  await using edge = await TestEdge.start({ ...ENV, PERCH_VIEW_TOKEN: TOKEN.view });
  const inTable = new Set(ROWS.map(({ route }) => route));
  const open = [/^GET \/(assets|manifest|favicon)/, /^GET \/cams\/:cam$/, /^GET \/$/];
  for (const { method, path } of createApp(edge.edge.deps).routes) {
    if (method === "ALL" || open.some((pattern) => pattern.test(`${method} ${path}`))) continue;
    // The default camera's routes at the root are those under /cams/:cam.
    const known = inTable.has(`${method} ${path}`) || inTable.has(`${method} /cams/:cam${path}`);
    assert(known, `${method} ${path} is in no row of the table`);
  }
});

Deno.test("ten wrong tokens from an address are answered 429, others and right ones go on", async () => {
  await using edge = await TestEdge.start({ ...ENV, PERCH_VIEW_TOKEN: TOKEN.view });
  const ask = (authorization: string, path = "/cams/garden/demand", forwardedFor = "") =>
    edge.request(path, { headers: { authorization, "x-forwarded-for": forwardedFor } });
  const wrong = "Bearer no-such-token-0123456789";
  for (let i = 0; i < 10; i++) assert.equal((await ask(wrong)).status, 401);
  const refused = await ask(wrong);
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get("retry-after"), "6");
  await checkRefusal(refused);
  const camera = await ask(`Bearer ${TOKEN.garden}`);
  assert.equal(camera.status, 200, "a camera behind the same router");
  const basic = `Basic ${btoa(`someone:${TOKEN.view}`)}`;
  for (const right of [`Bearer ${TOKEN.view}`, basic]) {
    assert.equal((await ask(right, "/cams")).status, 200, "a viewer behind the same router");
  }
  assert.equal((await ask(wrong, undefined, "203.0.113.1")).status, 429, "a header is no excuse");
  await edge.clock.tick(6000);
  assert.equal((await ask(wrong)).status, 401);
  const metrics = await (await ask(`Bearer ${TOKEN.any}`, "/metrics")).text();
  assert.match(metrics, /^perch_wrong_credentials_total 11$/m);
  assert.match(metrics, /^perch_sign_ins_limited_total 2$/m);
});

Deno.test("a camera that is named a thousand times is a guest's or not by one look", async () => {
  await using edge = await TestEdge.start({ ...ENV, PERCH_VIEW_TOKEN: TOKEN.view });
  const made = await edge.request("/share", {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN.view}` },
    body: JSON.stringify({ cam: "garden", hours: 1 }),
  });
  const link = new URL((await made.json()).url).search;
  const { shared } = Passes.prototype;
  let looks = 0;
  Passes.prototype.shared = function (...pass) {
    looks++;
    return shared.apply(this, pass);
  };
  try {
    const cams = Array(1000).fill("garden").join(",");
    assert.equal((await edge.request(`/ws${link}&cams=${cams}`)).status, 426);
    const many = Array.from({ length: 1000 }, (_, i) => `garden${i}`).join(",");
    assert.equal((await edge.request(`/ws${link}&cams=garden,${many}`)).status, 422);
    const all = Array.from({ length: 31 }, (_, i) => `garden${i}`).join(",");
    assert.equal((await edge.request(`/ws${link}&cams=garden,${all}`)).status, 401);
  } finally {
    Passes.prototype.shared = shared;
  }
  assert.ok(looks < 5, `${looks} looks`);
});

Deno.test("no token shows in logs, metrics, problems or pages", async () => {
  await using edge = await TestEdge.start({ ...ENV, PERCH_VIEW_TOKEN: TOKEN.view });
  let seen = "";
  for (const credential of CREDENTIALS) {
    for (const row of ROWS) {
      if (row.path.includes("stream")) continue;
      const response = await edge.request(row.path, {
        method: row.method,
        body: row.body?.(),
        headers: { ...row.headers, ...HEADERS[credential as Header] },
      });
      seen += [...response.headers].join("\n");
      seen += new TextDecoder("latin1").decode(await response.arrayBuffer());
    }
  }
  const legacy = await edge.request(`/?password=${TOKEN.street}`, { method: "POST", body: jpeg });
  seen += await legacy.text() + edge.lines.join("\n");
  for (const token of Object.values(TOKEN)) assert(!seen.includes(token));
  assert(!seen.includes(GARDEN_NEXT!));
  assert(!seen.includes(HEADERS.wrong.authorization.slice(7)));
});

/** A refusal is a problem document, never cached, and names a way to get in or a time to wait. */
async function checkRefusal(response: Response): Promise<void> {
  if (response.status !== 401 && response.status !== 403 && response.status !== 429) return;
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  assert.equal(response.headers.get("cache-control"), "no-store");
  assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  if (response.status === 401) assert(response.headers.get("www-authenticate"));
  if (response.status === 429) assert.match(response.headers.get("retry-after") ?? "", /^\d+$/);
  const problem = await response.json();
  assert.equal(problem.status, response.status);
  assert.match(problem.detail, /\.$/);
}
