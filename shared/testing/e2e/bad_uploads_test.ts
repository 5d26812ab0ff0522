// What a camera may do wrong, over real HTTP: the right status, a reason, and the old picture stays.

import assert from "node:assert/strict";
import { baseline, concat } from "../jpegs.ts";
import { putFrame, type RunningEdge, startEdge, TEST_TOKEN } from "../processes.ts";

interface BadUpload {
  readonly name: string;
  readonly status: number;
  /** The problem's detail. */
  readonly detail: RegExp;
  send(edge: RunningEdge, good: Uint8Array<ArrayBuffer>): Promise<Response>;
}

function put(edge: RunningEdge, path: string, init: RequestInit): Promise<Response> {
  return fetch(`${edge.url}${path}`, { method: "PUT", ...init });
}

const JPEG = { "content-type": "image/jpeg" };
const GOOD = { ...JPEG, authorization: `Bearer ${TEST_TOKEN}` };

const BAD: readonly BadUpload[] = [
  {
    name: "no token",
    status: 401,
    detail: /token/i,
    send: (edge, body) => put(edge, "/live.jpeg", { body, headers: JPEG }),
  },
  {
    name: "a wrong token",
    status: 401,
    detail: /token/i,
    send: (edge, good) => putFrame(edge.url, good, { authorization: `Bearer ${TEST_TOKEN}x` }),
  },
  {
    name: "something that is no JPEG",
    status: 400,
    detail: /JPEG/,
    send: (edge) => putFrame(edge.url, new TextEncoder().encode("<html>no camera</html>")),
  },
  {
    name: "nothing",
    status: 400,
    detail: /./,
    send: (edge) => putFrame(edge.url, new Uint8Array()),
  },
  {
    name: "a truncated JPEG",
    status: 400,
    detail: /JPEG/,
    send: (edge, good) => putFrame(edge.url, good.slice(0, good.length >> 1)),
  },
  {
    name: "five megabytes",
    status: 413,
    detail: /4194304|4 MiB/,
    send: (edge, good) => putFrame(edge.url, concat(good, new Uint8Array(5 * 1024 * 1024))),
  },
  {
    name: "a wrong content type",
    status: 415,
    detail: /image\/jpeg/,
    send: (edge, good) => putFrame(edge.url, good, { "content-type": "image/png" }),
  },
  {
    name: "a camera id that cannot be",
    status: 404,
    detail: /camera/i,
    send: (edge, body) => put(edge, "/cams/No%20Cam/live.jpeg", { body, headers: GOOD }),
  },
  {
    name: "a camera the token is not for",
    status: 403,
    detail: /camera|garden/i,
    send: (edge, body) =>
      put(edge, "/live.jpeg", {
        body,
        headers: { ...JPEG, authorization: "Bearer bound-to-garden-cam" },
      }),
  },
];

Deno.test("a bad upload is refused with a reason, and the picture that was there stays", async (t) => {
  await using edge = await startEdge({
    env: { PERCH_PUBLISH_TOKENS: `${TEST_TOKEN},garden=bound-to-garden-cam` },
  });
  const good = await baseline();
  const accepted = await putFrame(edge.url, good);
  assert.equal(accepted.status, 204);
  const etag = accepted.headers.get("etag");
  assert.match(etag ?? "", /^"\d+"$/);

  for (const { name, status, detail, send } of BAD) {
    await t.step(`${name}: ${status}`, async () => {
      const response = await send(edge, good);
      const body = await response.text();
      assert.equal(response.status, status, body);
      assert.equal(response.headers.get("content-type"), "application/problem+json", body);
      const problem = JSON.parse(body);
      assert.equal(problem.status, status);
      assert.match(problem.detail, detail);
      if (status === 401) assert.match(response.headers.get("www-authenticate") ?? "", /^Bearer/);

      const live = await fetch(`${edge.url}/live.jpeg`);
      assert.equal(live.headers.get("etag"), etag);
      assert.deepEqual(await live.bytes(), good);
    });
  }
});
