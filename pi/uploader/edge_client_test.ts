import assert from "node:assert/strict";
import { demandWithin, frameResult } from "./edge_client.ts";
import type { UploadResult } from "./transport.ts";

function result(status: number, headers: Record<string, string> = {}, text = ""): UploadResult {
  return frameResult({ status, headers: new Headers(headers), text });
}

Deno.test("204 is the only good answer to a frame, and tells the demand", () => {
  const told = (headers: Record<string, string>) => {
    const one = result(204, headers);
    return one.kind === "accepted" && one.demand;
  };
  const headers = { "Perch-Interval": "200", "Perch-Viewers": "3" };
  assert.deepEqual(told(headers), { interval: 200, viewers: 3 });
  assert.equal(told({}), undefined);
  assert.equal(told({ "Perch-Interval": "soon" }), undefined);
});

Deno.test("no answer silences a camera for more than an hour, or makes it spin", () => {
  for (const [said, kept] of [["999999999", 3_600_000], ["0", 1], ["100", 100]] as const) {
    const { demand } = result(204, { "Perch-Interval": said }) as { demand: { interval: number } };
    assert.equal(demand.interval, kept);
  }
  const { interval } = demandWithin({ interval: Number.MAX_SAFE_INTEGER, viewers: 0 });
  assert.equal(interval, 3_600_000);
});

Deno.test("what is wrong with one frame only is skipped, what a person must mend is refused", () => {
  const detail = "Cut off at byte 7.";
  for (const status of [400, 409, 411, 413, 415, 422]) {
    const skipped = { kind: "skipped", status, detail };
    assert.deepEqual(result(status, {}, JSON.stringify({ detail })), skipped);
  }
  for (const status of [401, 403, 404]) assert.equal(result(status).kind, "refused");
  const location = "https://cam.example.org/cams/cam/live.jpeg";
  const to = "moved to https://cam.example.org/…: change PERCH_URL";
  assert.deepEqual(result(301, { location }), { kind: "refused", status: 301, detail: to });
});

Deno.test("a page to sign in that stands in the edge's place is told as such, without its query", () => {
  const back = "?rd=https%3A%2F%2Fcam.example.org%2Fcams%2Fcam%2Flive.jpeg";
  for (
    const [location, to] of [
      [`https://auth.example.org/login${back}`, "https://auth.example.org/…"],
      [`/oauth2/start${back}`, "/oauth2/start"],
      ["http://192.168.8.1:2050/", "http://192.168.8.1:2050"],
      [`/${back}`, "/"],
    ]
  ) {
    const { kind, detail } = result(302, { location }) as { kind: string; detail: string };
    assert.equal(kind, "busy");
    const said = `something that is no Perch edge sends to ${to}, to sign in`;
    assert.ok(detail.startsWith(said), detail);
  }
  for (const status of [302, 304]) assert.equal(result(status).kind, "busy", "to nowhere");
  for (const end of ["/", "?a=b"]) {
    assert.equal(result(308, { location: `/garden/live.jpeg${end}` }).kind, "refused");
  }
});

Deno.test("an edge in trouble says how long to wait, within reason", () => {
  const retryMs = (after?: string) => {
    const one = result(503, after === undefined ? {} : { "retry-after": after });
    return one.kind === "busy" && one.retryMs;
  };
  const said = [undefined, "7", "0", "86400", "Fri, 31 Dec 2027 23:59:59 GMT"];
  assert.deepEqual(said.map(retryMs), [1000, 7000, 1000, 60_000, 1000]);
  assert.equal(result(502, {}, "<html>Bad Gateway</html>").kind, "busy");
});

Deno.test("an answer without the edge's words is told as a stranger's, and never a success", () => {
  for (const status of [200, 403, 413, 502]) {
    const one = result(status, { "content-type": "text/html" }, "<html>Welcome</html>");
    const detail = `something that is no Perch edge answers: ${status}, text/html`;
    assert.equal("detail" in one && one.detail, detail);
    if (status === 200) assert.equal(one.kind, "busy");
  }
});
