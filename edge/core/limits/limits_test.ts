// What the edge counts against abuse.

import assert from "node:assert/strict";
import { baseline } from "../../../shared/testing/jpegs.ts";
import { fc } from "../../../shared/testing/properties.ts";
import { TestEdge } from "../../../shared/testing/test_edge.ts";
import { clientAddress, isLoopback, type Rate, RateLimiter, turns } from "./limits.ts";

/** A limiter that is told what time it is with each take. */
function limiterOf(rate: Rate) {
  let now = 0;
  const limiter = new RateLimiter(rate, { monotonic: () => now });
  const take = (key: string, at: number) => {
    now = at;
    return limiter.take(key);
  };
  return { limiter, take };
}

Deno.test("a burst passes, then one per gap", () => {
  const { limiter, take } = limiterOf({ perSecond: 2, burst: 3 });
  assert.deepEqual([0, 0, 0, 0].map((now) => take("a", now)), [0, 0, 0, 1]);
  assert.equal(take("a", 499), 1);
  assert.equal(take("a", 500), 0);
  assert.equal(take("a", 501), 1);
  assert.deepEqual([limiter.taken, limiter.refused], [4, 3]);
});

Deno.test("keys do not disturb each other, and a refusal costs nothing", () => {
  const { take } = limiterOf({ perSecond: 0.1, burst: 1 });
  assert.equal(take("a", 0), 0);
  for (let i = 0; i < 100; i++) assert.equal(take("a", 5000), 5);
  assert.equal(take("b", 5000), 0);
  assert.equal(take("a", 10_000), 0);
});

Deno.test("never more than the burst and the rate together, whatever the times", () => {
  const rate = { perSecond: 5, burst: 4 };
  fc.assert(
    fc.property(fc.array(fc.nat(2000), { maxLength: 200 }), (gaps) => {
      const { take } = limiterOf(rate);
      let now = 0;
      let taken = 0;
      for (const gap of gaps) {
        now += gap;
        if (take("a", now) === 0) taken++;
      }
      assert(taken <= rate.burst + (now / 1000) * rate.perSecond);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("work is done as much at once as may be, in its order, and no more waits than may", async () => {
  const turn = turns(2, 4, "Do it: too much to do.", 7);
  const begun: number[] = [];
  const ends: PromiseWithResolvers<void>[] = [];
  const run = (i: number) =>
    turn(() => {
      begun.push(i);
      const end = Promise.withResolvers<void>();
      ends.push(end);
      return end.promise;
    });
  const work = [0, 1, 2, 3].map(run);
  await assert.rejects(run(4), { status: 503, message: "Do it: too much to do." });
  assert.deepEqual(begun, [0, 1]);
  const failed = assert.rejects(work[1], /broken/);
  ends[1].reject(new Error("broken"));
  await failed;
  assert.deepEqual(begun, [0, 1, 2], "what fails leaves its turn to the next");
  const late = run(5);
  for (const i of [0, 2, 3, 4]) {
    while (ends.length <= i) await Promise.resolve();
    ends[i].resolve();
  }
  await Promise.all([work[0], work[2], work[3], late]);
  assert.deepEqual(begun, [0, 1, 2, 3, 5]);
});

Deno.test("a crowd of keys takes bounded memory", () => {
  const { limiter, take } = limiterOf({ perSecond: 1, burst: 1 });
  for (let i = 0; i < 50_000; i++) take(`address ${i}`, i);
  assert.equal(limiter.size, 10_000);
});

const frame = await baseline(64, 48);

Deno.test("made-up cameras do not cost a read of the store each", async () => {
  await using edge = await TestEdge.start();
  await edge.put(frame);
  let reads = 0;
  const { newest } = edge.store;
  edge.store.newest = (cam) => (reads++, newest.call(edge.store, cam));
  for (let i = 0; i < 500; i++) {
    assert.equal((await edge.request(`/cams/made-up-${i}/live.jpeg`)).status, 404);
  }
  assert(reads <= 100, `${reads} reads`);
  assert.equal((await edge.request("/live.jpeg")).status, 200, "a known camera needs no read");
});

Deno.test("who asks for the past too often is asked to wait, not three people who play the day at once", async () => {
  await using edge = await TestEdge.start();
  await edge.put(frame);
  const statuses: number[] = [];
  for (let i = 0; i < 61; i++) statuses.push((await edge.request("/frames")).status);
  assert.deepEqual([statuses[59], statuses[60]], [200, 429]);
  const play = async (pictures: number) => {
    const refused: number[] = [];
    for (let i = 1; i <= pictures; i++) {
      // A limit counts requests, whether there is such a picture or not.
      if ((await edge.request("/frames/1.jpeg")).status === 429) refused.push(i);
    }
    return refused;
  };
  const day = 288;
  assert.deepEqual(await play(3 * day), []);
  assert.deepEqual(await play(1000 - 3 * day + 1), [1000 - 3 * day + 1], "but nobody without end");
  await edge.clock.tick(1000);
  assert.equal((await edge.request("/frames")).status, 200, "the index is counted apart");
});

Deno.test("a camera that sends far too many pictures is asked to wait, and that is counted", async () => {
  await using edge = await TestEdge.start({ PERCH_MAX_UPLOADS_PER_S: "20" });
  const send = async () => {
    const answers = [];
    for (let i = 0; i < 200; i++) answers.push(await edge.put(frame));
    const refused = answers.filter(({ status }) => status === 429);
    assert.ok(refused.every(({ headers }) => headers.get("retry-after") === "1"));
    return refused.length;
  };
  assert.equal(await send(), 160, "a burst of two seconds");
  await edge.clock.tick(1000);
  assert.equal(await send(), 180, "and twenty a second");
  const metrics = await (await edge.request("/metrics")).text();
  assert.match(metrics, /^perch_uploads_limited_total 340$/m);
});

Deno.test("streams and requests that wait for a picture are limited by address", async () => {
  await using edge = await TestEdge.start({
    PERCH_MAX_VIEWERS_PER_ADDRESS: "3",
    PERCH_TRUST_PROXY: "1",
  });
  const { headers } = await edge.put(frame);
  const wait = (address: string) =>
    edge.request("/live.jpeg?wait=30", {
      headers: { "if-none-match": headers.get("etag")!, "x-forwarded-for": address },
    });
  const waiting = [1, 2, 3].map(() => wait("203.0.113.1"));
  const refused = await wait("203.0.113.1");
  assert.deepEqual([refused.status, refused.headers.get("retry-after")], [429, "30"]);
  const stream = async (address: string) =>
    (await edge.request("/stream.mjpeg", { headers: { "x-forwarded-for": address } })).status;
  for (const status of [200, 200, 200, 429]) assert.equal(await stream("203.0.113.1"), status);
  assert.equal(await stream("203.0.113.2"), 200);
  const other = wait("203.0.113.2");
  await edge.put(await baseline(64, 48));
  const statuses = (await Promise.all([...waiting, other])).map(({ status }) => status);
  assert.deepEqual(statuses, [200, 200, 200, 200]);
  assert.equal((await wait("203.0.113.1")).status, 200, "its places are free again");
});

Deno.test("without a trusted proxy the header is not believed", () => {
  assert.equal(clientAddress("192.0.2.7", "8.8.8.8", 0), "192.0.2.7");
});

Deno.test("behind proxies the address that the outermost one saw counts", () => {
  const header = "6.6.6.6, 203.0.113.9, 10.0.0.2";
  const cases: [number, string][] = [[1, "10.0.0.2"], [2, "203.0.113.9"], [3, "6.6.6.6"]];
  for (const [trustedProxies, expected] of cases) {
    assert.equal(clientAddress("127.0.0.1", header, trustedProxies), expected);
  }
  assert.equal(clientAddress("127.0.0.1", "1.2.3.4", 2), "1.2.3.4");
  assert.equal(clientAddress("10.1.1.1", undefined, 1), "10.1.1.1");
  for (const none of ["unknown", "1.2.3.999", "1:2:3:4:5:6:7:8:9::", "::1::", ""]) {
    assert.equal(clientAddress("10.1.1.1", none, 1), "10.1.1.1", none);
  }
});

Deno.test("an IPv6 client is its /64 however it is written", () => {
  const options = 1;
  const forms = "2001:db8::1 2001:0db8:0:0:ffff::2 [2001:db8::1] 2001:DB8::3 [2001:db8::1]:443";
  for (const form of forms.split(" ")) {
    assert.equal(clientAddress("::1", form, options), "2001:db8::/64");
  }
  const none = 0;
  assert.equal(clientAddress("fe80::1%eth0", undefined, none), "fe80::/64");
  for (const mapped of ["::ffff:192.0.2.1", "::FFFF:c000:0201"]) {
    assert.equal(clientAddress(mapped, undefined, none), "192.0.2.1", "IPv4 as IPv6");
  }
  assert.equal(clientAddress("::1", "192.0.2.1:5000", options), "192.0.2.1");
});

Deno.test("this machine is known by both its addresses", () => {
  const of = (peer: string) => clientAddress(peer, undefined, 0);
  assert.ok(["127.0.0.1", "::1", "::ffff:127.0.0.9"].map(of).every(isLoopback));
  assert.ok(!["192.0.2.1", "2001:db8::1"].map(of).some(isLoopback));
});

Deno.test("any header gives a short key and no error", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), fc.nat(3), (header, proxies) => {
      const key = clientAddress("192.0.2.1", header, proxies);
      assert(key.length > 0 && key.length <= 80);
    }),
    { numRuns: 5000 },
  );
});
