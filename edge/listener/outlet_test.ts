import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { withSocketPair } from "../../shared/testing/socket_pair.ts";
import { type Kernel, openKernel } from "./kernel.ts";
import { outletOf } from "./outlet.ts";

const PIECE = 300_000;

/** Bytes that tell their place among all that were written. */
function piece(n: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(PIECE / 4);
  for (let i = 0; i < words.length; i++) words[i] = n * words.length + i;
  return new Uint8Array(words.buffer);
}

/** Takes at most so many bytes of each piece. */
function reluctant(most: number, sent: Uint8Array[]): Kernel {
  return {
    find: () => 1,
    send: (_, bytes) => {
      sent.push(bytes.slice(0, most));
      return Math.min(most, bytes.length);
    },
  };
}

function accept(test: (socket: Socket, client: Socket) => Promise<void>): Promise<void> {
  return withSocketPair("127.0.0.1", test);
}

for (const [name, kernel] of [["the kernel", openKernel()], ["Node alone", undefined]] as const) {
  Deno.test(`everything arrives in order with ${name}, although the reader is slower`, () =>
    accept(async (socket, client) => {
      const write = outletOf(socket, kernel);
      const pieces = 40;
      for (let n = 0; n < pieces; n++) write(piece(n));
      assert.ok(socket.writableLength > 0);
      let at = 0;
      for await (const chunk of client) {
        const expected = Math.floor(at / PIECE);
        const from = at - expected * PIECE;
        const same = piece(expected).subarray(from, from + Math.min(chunk.length, PIECE - from));
        assert.equal(Buffer.compare(chunk.subarray(0, same.length), same), 0);
        at += chunk.length;
        if (at === pieces * PIECE) break;
      }
      assert.equal(at, pieces * PIECE);
    }));
}

function flushed(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.write("", resolve));
}

Deno.test("what the kernel does not take goes through Node, behind it", () =>
  accept(async (socket, client) => {
    const direct: Uint8Array[] = [];
    const write = outletOf(socket, reluctant(2, direct));
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    write(new TextEncoder().encode("first "));
    await flushed(socket);
    write(new TextEncoder().encode("abcdef"));
    assert.deepEqual(direct.map(text), ["ab"]);
    let got = "";
    for await (const chunk of client) if ((got += chunk) === "first cdef") break;
  }));

Deno.test("a connection whose number is not found is written to through Node, and asked for once", () =>
  accept(async (socket, client) => {
    let asked = 0;
    const kernel = { ...reluctant(9, []), find: () => void asked++ };
    const write = outletOf(socket, kernel);
    for (const text of ["a", "b", "c", "d"]) {
      write(new TextEncoder().encode(text));
      await flushed(socket);
    }
    let got = "";
    for await (const chunk of client) if ((got += chunk) === "abcd") break;
    assert.equal(asked, 1);
  }));

Deno.test("nothing is sent by the number of a connection that has ended", () =>
  accept(async (socket) => {
    const direct: Uint8Array[] = [];
    const write = outletOf(socket, reluctant(9, direct));
    socket.on("error", () => {});
    write(new Uint8Array(3));
    await flushed(socket);
    socket.end();
    write(new Uint8Array(3));
    socket.destroy();
    write(new Uint8Array(3));
    assert.deepEqual(direct, []);
  }));
