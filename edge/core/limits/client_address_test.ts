import assert from "node:assert/strict";
import { fc } from "../../../shared/testing/properties.ts";
import { clientAddress, isLoopback } from "./limits.ts";

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
