import assert from "node:assert/strict";
import { secretsOf, shownAddress, withoutAddresses } from "./addresses.ts";

for (
  const [address, shown] of [
    ["/dev/v4l/by-id/usb-x", "/dev/v4l/by-id/usb-x"],
    ["clips/a day.mp4", "clips/a day.mp4"],
    ["lavfi:testsrc2=size=640x360:rate=20", "lavfi:testsrc2=size=640x360:rate=20"],
    ["lavfi:movie=rtsp\\://me:s3cret@cam/", "…"],
    ["cam.example.org", "cam.example.org"],
    ["http://10.0.0.7", "http://10.0.0.7"],
    ["https://cam.example.org:8443/", "https://cam.example.org:8443"],
    ["http://10.0.0.7/cgi?user=me&password=s3cret", "http://10.0.0.7/…"],
    ["rtsp://10.0.0.7/user=me_password=s3cret_stream=0", "rtsp://10.0.0.7/…"],
    ["rtsp://me:s3cret@[fe80::1]:554/1", "rtsp://[fe80::1]:554/…"],
    ["srt://10.0.0.7:9000?passphrase=s3cret", "srt://10.0.0.7:9000/…"],
    ["http://me:s3 cret@cam/", "http://cam/…"],
    // What stands where a host does may be the password's start.
    ["http://me:12/s3cret@cam/", "http://…"],
    ["http://me:12?s3cret@cam/", "http://…"],
    ["http://me:s#3cret@cam/", "http://…"],
    ["http://me:s\\3cret@cam/", "http://…"],
    ["me:s3cret@10.0.0.7/", "…"],
    ["10.0.0.7/snap?pwd=s3cret", "…"],
  ]
) {
  Deno.test(`${address} is shown as ${shown}`, () => assert.equal(shownAddress(address), shown));
}

Deno.test("an address in what others write goes out, what is said of it stays", () => {
  assert.equal(
    withoutAddresses("[tcp @ 0x1] Connection to tcp://10.0.0.7:554?timeout=0 failed: no route"),
    "[tcp @ 0x1] Connection to tcp://… failed: no route",
  );
  assert.equal(withoutAddresses("http://me:s3cret@cam/x: gone"), "http://…: gone");
  assert.equal(withoutAddresses("Authorization: Basic bWU6czNjcmV0"), "Authorization: …");
  const address = "http://me:s3 cret@cam/snapshot?a";
  const secrets = secretsOf(address);
  assert.equal(withoutAddresses(`${address}: gone`, secrets), "…: gone");
  assert.equal(withoutAddresses("GET /snapshot?a HTTP/1.1", secrets), "GET … HTTP/1.1");
});

Deno.test("where in the program an error happened is no secret", () => {
  const line = "    at file:///opt/perch/pi/main.ts:12:3";
  assert.equal(withoutAddresses(line), line);
});
