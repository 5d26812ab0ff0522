import assert from "node:assert/strict";
import { fc } from "../../../shared/testing/properties.ts";
import { RateLimiter } from "./rate_limiter.ts";

Deno.test("a burst passes, then one per gap", () => {
  const limiter = new RateLimiter({ perSecond: 2, burst: 3 });
  assert.deepEqual([0, 0, 0, 0].map((now) => limiter.take("a", now)), [0, 0, 0, 1]);
  assert.equal(limiter.take("a", 499), 1);
  assert.equal(limiter.take("a", 500), 0);
  assert.equal(limiter.take("a", 501), 1);
});

Deno.test("keys do not disturb each other, and a refusal costs nothing", () => {
  const limiter = new RateLimiter({ perSecond: 0.1, burst: 1 });
  assert.equal(limiter.take("a", 0), 0);
  for (let i = 0; i < 100; i++) assert.equal(limiter.take("a", 5000), 5);
  assert.equal(limiter.take("b", 5000), 0);
  assert.equal(limiter.take("a", 10_000), 0);
});

Deno.test("never more than the burst and the rate together, whatever the times", () => {
  const rate = { perSecond: 5, burst: 4 };
  fc.assert(
    fc.property(fc.array(fc.nat(2000), { maxLength: 200 }), (gaps) => {
      const limiter = new RateLimiter(rate);
      let now = 0;
      let taken = 0;
      for (const gap of gaps) {
        now += gap;
        if (limiter.take("a", now) === 0) taken++;
      }
      assert(taken <= rate.burst + (now / 1000) * rate.perSecond);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("a crowd of keys takes bounded memory", () => {
  const limiter = new RateLimiter({ perSecond: 1, burst: 1 });
  for (let i = 0; i < 50_000; i++) limiter.take(`address ${i}`, i);
  assert.equal(limiter.size, 10_000);
});
