import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { BodyResult } from "../body.ts";
import { BYTES_PER_PERIOD, PERIOD_MS } from "../limits/paced_body.ts";
import { SocketBody } from "./socket_body.ts";

const TAIL = new Uint8Array();

function textOf(result: BodyResult): string {
  return result.ok ? new TextDecoder().decode(result.buffer.jpeg) : `${result.status}`;
}

Deno.test("a body is what was sent, and what follows it is given back", async () => {
  const body = new SocketBody(6);
  assert.equal(body.push(Buffer.from("abc")).length, 0);
  const coming = body.read(6, TAIL);
  assert(coming instanceof Promise);
  assert.equal(body.push(Buffer.from("defGET")).toString(), "GET");
  assert.equal(textOf(await coming), "abcdef");
  assert(body.complete);
});

Deno.test("a body that has come is read at once", () => {
  const body = new SocketBody(6);
  body.push(Buffer.from("abc"));
  body.push(Buffer.from("def"));
  const result = body.read(6, TAIL);
  assert(!(result instanceof Promise));
  assert.equal(textOf(result), "abcdef");
});

Deno.test("what came before anybody read is kept, although its chunk is used again", () => {
  const body = new SocketBody(6);
  const chunk = Buffer.from("abc");
  for (const text of ["abc", "def"]) {
    chunk.write(text);
    body.push(chunk);
    body.keep();
  }
  chunk.fill(0);
  const result = body.read(6, TAIL);
  assert(!(result instanceof Promise));
  assert.equal(textOf(result), "abcdef");
});

Deno.test("a body that is too large is refused before any room is made for it", async () => {
  const result = await new SocketBody(7).read(6, TAIL);
  assert(!result.ok && result.status === 413);
  assert.match(result.detail, /larger than 6 bytes/);
});

Deno.test("a whole body is read although the connection is gone, half a one is not", async () => {
  const whole = new SocketBody(3);
  whole.push(Buffer.from("abc"));
  whole.fail(new Error("closed"));
  assert.equal(textOf(await whole.read(9, TAIL)), "abc");
  for (const readFirst of [true, false]) {
    const half = new SocketBody(4);
    const reading = readFirst ? half.read(9, TAIL) : undefined;
    half.push(Buffer.from("abc"));
    half.fail(new Error("closed"));
    const result = await (reading ?? half.read(9, TAIL));
    assert(!result.ok && result.status === 400);
    assert.match(result.detail, /3 bytes, then Error: closed/);
  }
});

Deno.test("a body that comes too slowly is given up, one that keeps its pace is not", async () => {
  const size = 3 * BYTES_PER_PERIOD;
  const slow = new SocketBody(size);
  const reading = slow.read(size, TAIL);
  assert(slow.keepsPace(0));
  slow.push(Buffer.alloc(BYTES_PER_PERIOD));
  assert(slow.keepsPace(PERIOD_MS));
  slow.push(Buffer.alloc(BYTES_PER_PERIOD - 1));
  assert(slow.keepsPace(2 * PERIOD_MS - 1));
  assert(!slow.keepsPace(2 * PERIOD_MS));
  assert.equal(textOf(await reading), "408");
});

Deno.test("what nobody reads any more is let pass", () => {
  const body = new SocketBody(6);
  body.push(Buffer.from("abc"));
  body.discard();
  assert.equal(body.push(Buffer.from("defGET")).toString(), "GET");
  assert(body.discarded);
});
