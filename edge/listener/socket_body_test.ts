import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { BYTES_PER_PERIOD, PERIOD_MS, SlowBody } from "../limits/paced_body.ts";
import { SocketBody } from "./socket_body.ts";

async function read(body: SocketBody): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.chunks()) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

Deno.test("a body is what was sent, and what follows it is given back", async () => {
  const body = new SocketBody(6);
  assert.equal(body.push(Buffer.from("abc")).length, 0);
  const text = read(body);
  assert.equal(body.push(Buffer.from("defGET")).toString(), "GET");
  assert.equal(await text, "abcdef");
  assert(body.complete);
});

Deno.test("a whole body is read although the connection is gone, half a one is not", async () => {
  const whole = new SocketBody(3);
  whole.push(Buffer.from("abc"));
  whole.fail(new Error("closed"));
  assert.equal(await read(whole), "abc");
  const half = new SocketBody(4);
  half.push(Buffer.from("abc"));
  const reading = read(half);
  half.fail(new Error("closed"));
  await assert.rejects(reading, /closed/);
});

Deno.test("a body that comes too slowly is given up, one that keeps its pace is not", async () => {
  const size = 3 * BYTES_PER_PERIOD;
  const slow = new SocketBody(size);
  assert(slow.keepsPace(0));
  slow.push(Buffer.alloc(BYTES_PER_PERIOD));
  assert(slow.keepsPace(PERIOD_MS));
  slow.push(Buffer.alloc(BYTES_PER_PERIOD - 1));
  assert(slow.keepsPace(2 * PERIOD_MS - 1));
  assert(!slow.keepsPace(2 * PERIOD_MS));
  await assert.rejects(read(slow), SlowBody);
});

Deno.test("what nobody reads any more is let pass", () => {
  const body = new SocketBody(6);
  body.push(Buffer.from("abc"));
  body.discard();
  assert.equal(body.push(Buffer.from("defGET")).toString(), "GET");
  assert(body.discarded);
});
