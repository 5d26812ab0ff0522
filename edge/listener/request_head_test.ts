import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { fc } from "../../shared/testing/properties.ts";
import { HeadReader, MAX_HEAD_BYTES } from "./request_head.ts";

const parse = (text: string) => new HeadReader().read(Buffer.from(text, "latin1"));

const GET = "GET /live.jpeg?a=1 HTTP/1.1\r\nHost: cam.example:8000\r\nUser-Agent: Mozilla/5.0\r\n" +
  'X-Empty:\r\nIf-None-Match:  "12" \t\r\n\r\n';

Deno.test("a plain head is read, with names in lower case and values without the space around", () => {
  const head = parse(`${GET}rest`);
  assert(typeof head === "object");
  assert.deepEqual({ ...head, headers: Object.fromEntries(head.headers) }, {
    method: "GET",
    target: "/live.jpeg?a=1",
    headers: {
      host: "cam.example:8000",
      "user-agent": "Mozilla/5.0",
      "x-empty": "",
      "if-none-match": '"12"',
    },
    bytes: GET.length,
    bodyBytes: 0,
  });
});

Deno.test("an upload's head tells how long its body is", () => {
  const head = parse("PUT /live.jpeg HTTP/1.1\r\nHost: a\r\nContent-Length: 30720\r\n\r\n");
  assert(typeof head === "object");
  assert.equal(head.bodyBytes, 30720);
});

Deno.test("a head that comes again is the same, one that differs is read anew", () => {
  const reader = new HeadReader();
  const read = (text: string) => reader.read(Buffer.from(text, "latin1"));
  const first = read(GET);
  assert.equal(read(GET), first);
  const other = read(GET.replace('"12"', '"13"'));
  assert(typeof other === "object");
  assert.equal(other.headers.get("if-none-match"), '"13"');
  const ahead = read(GET + GET);
  assert(typeof ahead === "object");
  assert.equal(ahead.bytes, GET.length);
  for (let i = 0; i < 200; i++) read(GET.replace('"12"', `"${i}"`));
  assert.deepEqual(read(GET), first);
});

Deno.test("a head with a credential or a socket's key is not remembered, and drives none out", () => {
  const reader = new HeadReader();
  const read = (text: string) => reader.read(Buffer.from(text, "latin1"));
  const first = read(GET);
  for (const line of ["authorization: Bearer x", "Sec-WebSocket-Key: y"]) {
    for (let i = 0; i < 100; i++) {
      const text = GET.replace("\r\n\r\n", `\r\n${line}${i}\r\n\r\n`);
      assert.notEqual(read(text), read(text));
    }
  }
  assert.equal(read(GET), first);
});

Deno.test("a head that is not whole is partial, wherever it ends", () => {
  for (let end = 0; end < GET.length; end++) {
    assert.equal(parse(GET.slice(0, end)), "partial", GET.slice(0, end));
  }
});

const unusual: Record<string, string> = {
  "another method": "POST /live.jpeg HTTP/1.1\r\nHost: a\r\n\r\n",
  "another version": "GET /live.jpeg HTTP/1.0\r\nHost: a\r\n\r\n",
  "a whole address as target": "GET http://a/live.jpeg HTTP/1.1\r\nHost: a\r\n\r\n",
  "a space in the target": "GET /live .jpeg HTTP/1.1\r\nHost: a\r\n\r\n",
  "no host": "GET / HTTP/1.1\r\n\r\n",
  "a host that is none": "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
  "a header sent twice": "GET / HTTP/1.1\r\nHost: a\r\nCookie: a=1\r\nCookie: b=2\r\n\r\n",
  "a name with a space": "GET / HTTP/1.1\r\nHost: a\r\nX-A : 1\r\n\r\n",
  "a folded header": "GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\n 2\r\n\r\n",
  "a bare line feed": "GET / HTTP/1.1\r\nHost: a\nX-A: 1\r\n\r\n",
  "a zero byte": "GET / HTTP/1.1\r\nHost: a\r\nX-A: \0\r\n\r\n",
  "a chunked body": "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
  "two lengths": "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
  "a length that is none": "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\n",
  "an upload without a length": "PUT / HTTP/1.1\r\nHost: a\r\n\r\n",
  "a GET with a body": "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
  "a wait for 100":
    "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n",
  "another protocol": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "a head that is too long": `GET / HTTP/1.1\r\nHost: a\r\nX: ${
    "a".repeat(MAX_HEAD_BYTES)
  }\r\n\r\n`,
  "a head that never ends": "GET / HTTP/1.1\r\n".padEnd(MAX_HEAD_BYTES + 1, "a"),
};

for (const [name, text] of Object.entries(unusual)) {
  Deno.test(`${name} is for another server`, () => assert.equal(parse(text), "unusual"));
}

Deno.test("whatever comes, a head is read as it was sent or not at all", () => {
  const line = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.constantFrom("Host: a", "Content-Length: 5", "Connection: close", "", "\t", ": b", "a:"),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), fc.nat(60), (lines, cut) => {
      const text = `GET / HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`.slice(cut % 3);
      const head = parse(text);
      if (typeof head !== "object") return;
      for (const [name, value] of head.headers) {
        assert.match(name, /^[!-~]+$/);
        assert.doesNotMatch(value, /[\r\n\0]/);
      }
      assert.equal(text.slice(head.bytes - 4, head.bytes), "\r\n\r\n");
    }),
    { numRuns: 20_000 },
  );
});
