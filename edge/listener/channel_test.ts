import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import type { Socket } from "node:net";
import { withSocketPair } from "../../shared/testing/socket_pair.ts";
import { Channel } from "./channel.ts";
import { type Kernel, openKernel } from "./kernel.ts";

const PIECE = 300_000;

const kernel = openKernel();

/** Who carries a channel. */
const CARRIERS = ["kernel", "Node"] as const;

/** Bytes that tell their place among all that were written. */
function piece(n: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(PIECE / 4);
  for (let i = 0; i < words.length; i++) words[i] = n * words.length + i;
  return new Uint8Array(words.buffer);
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** A channel with its client. */
function connected(
  carrier: (typeof CARRIERS)[number],
  test: (channel: Channel, client: Socket, closed: Promise<void>) => Promise<void>,
): Promise<void> {
  return withSocketPair("127.0.0.1", async (socket, client) => {
    client.on("error", () => {});
    const channel = new Channel(socket, carrier === "Node" ? undefined : kernel);
    const closed = Promise.withResolvers<void>();
    channel.onClose = () => closed.resolve();
    if (carrier === "kernel") await settle(channel, client);
    try {
      await test(channel, client, closed.promise);
    } finally {
      channel.destroy();
      await closed.promise;
    }
  });
}

/** By two pictures, the second of which the kernel carries. */
async function settle(channel: Channel, client: Socket): Promise<void> {
  for (const picture of ["1", "2"]) {
    channel.share(bytes(picture));
    await read(client, 1);
  }
}

/** What comes until it is `length` bytes. */
async function heard(channel: Channel, length: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let text = "";
  channel.onData = (chunk) => (text += chunk).length >= length && resolve(text);
  return await promise;
}

async function read(client: Socket, length: number): Promise<string> {
  let text = "";
  for await (const chunk of client.iterator({ destroyOnReturn: false })) {
    if ((text += chunk).length >= length) break;
  }
  return text;
}

for (const carrier of CARRIERS) {
  Deno.test(`${carrier}: everything arrives in order, although the reader is slower`, () =>
    connected(carrier, async (channel, client) => {
      const pieces = 40;
      for (let n = 0; n < pieces; n++) {
        n % 3 === 0 ? channel.write(piece(n)) : channel.share(piece(n));
      }
      assert.ok(channel.waiting > 0);
      const sent = new Promise<void>((resolve) => channel.whenSent(resolve));
      let at = 0;
      for await (const chunk of client.iterator({ destroyOnReturn: false })) {
        for (let from = 0; from < chunk.length;) {
          const number = Math.floor(at / PIECE);
          const within = at - number * PIECE;
          const own = chunk.subarray(from, from + PIECE - within);
          const same = piece(number).subarray(within, within + own.length);
          assert.equal(Buffer.compare(own, same), 0);
          from += own.length;
          at += own.length;
        }
        if (at === pieces * PIECE) break;
      }
      await sent;
      assert.equal(channel.waiting, 0);
    }));

  Deno.test(`${carrier}: both sides are heard, text too`, () =>
    connected(carrier, async (channel, client) => {
      channel.write("down\xe9");
      assert.equal(await read(client, 5), "down\ufffd");
      client.write("up");
      assert.equal(await heard(channel, 2), "up");
    }));

  Deno.test(`${carrier}: nothing is heard while it is paused, and all of it later`, () =>
    connected(carrier, async (channel, client) => {
      let got = "";
      channel.onData = (chunk) => got += chunk;
      channel.pause();
      client.write("early");
      channel.write("sent meanwhile");
      await read(client, 14);
      assert.equal(got, "");
      const all = heard(channel, 5);
      channel.resume();
      assert.equal(await all, "early");
    }));

  Deno.test(`${carrier}: ended here, the client has everything and then the end`, () =>
    connected(carrier, async (channel, client, closed) => {
      channel.write(piece(0));
      channel.end();
      let got = 0;
      for await (const chunk of client) got += chunk.length;
      assert.equal(got, PIECE);
      await closed;
      assert.ok(channel.closed);
    }));

  Deno.test(`${carrier}: ended by the client, it is over`, () =>
    connected(carrier, async (channel, client, closed) => {
      client.end();
      await closed;
      assert.ok(channel.closed);
      channel.write("nobody");
      channel.share(bytes("nobody"));
      assert.equal(channel.waiting, 0);
    }));

  Deno.test(`${carrier}: broken by the client while much waits for it, it is over`, () =>
    connected(carrier, async (channel, client, closed) => {
      for (let n = 0; n < 40; n++) channel.share(piece(n));
      client.resetAndDestroy();
      await closed;
      assert.ok(channel.closed);
    }));

  Deno.test(`${carrier}: destroyed here, it is over for both`, () =>
    connected(carrier, async (channel, client, closed) => {
      client.resume();
      const ended = once(client, "close");
      channel.destroy();
      channel.destroy();
      assert.ok(channel.closed);
      await Promise.all([ended, closed]);
    }));
}

Deno.test({
  name: "what the client had ended before everything was sent is sent all the same",
  ignore: !kernel,
  fn: () =>
    connected("kernel", async (channel, client, closed) => {
      const pieces = 40;
      for (let n = 0; n < pieces; n++) channel.share(piece(n));
      client.end();
      let got = 0;
      for await (const chunk of client) got += chunk.length;
      assert.equal(got, pieces * PIECE);
      await closed;
    }),
});

Deno.test({
  name: "a connection changes hands between two messages, and nothing of it is lost or closed",
  ignore: !kernel,
  fn: () =>
    withSocketPair("127.0.0.1", async (socket, client) => {
      const channel = new Channel(socket, kernel);
      for (let n = 0; n < 5; n++) {
        client.write(`ask ${n}`);
        assert.equal(await heard(channel, 5), `ask ${n}`);
        if (n === 1) client.write("ahead");
        channel.share(bytes(`answer ${n}`));
        if (n === 1) assert.equal(await heard(channel, 5), "ahead");
        assert.equal(await read(client, 8), `answer ${n}`);
        assert.equal(socket.destroyed, n >= 1);
      }
      channel.destroy();
    }),
});

Deno.test({
  name: "as long as Node has bytes of a connection in hand, it stays Node's",
  ignore: !kernel,
  fn: () =>
    withSocketPair("127.0.0.1", async (socket, client) => {
      const channel = new Channel(socket, kernel);
      channel.share(piece(0));
      channel.share(piece(1));
      assert.ok(channel.waiting > 0 && !socket.destroyed);
      let got = 0;
      for await (const chunk of client.iterator({ destroyOnReturn: false })) {
        if ((got += chunk.length) === 2 * PIECE) break;
      }
      await allSent(channel);
      channel.share(bytes("next"));
      assert.ok(socket.destroyed);
      assert.equal(await read(client, 4), "next");
      channel.destroy();
    }),
});

/** Finds and carries nothing. */
function nothing(): Kernel {
  return {
    ...{ find: () => undefined, dup: () => undefined, receive: () => undefined },
    ...{ loop: kernel!.loop, finish() {}, close() {}, send: () => 0, share: () => 0 },
  };
}

function allSent(channel: Channel): Promise<void> {
  return new Promise((resolve) => channel.whenSent(resolve));
}

Deno.test({
  name: "a connection whose number is not found stays Node's, and is asked for once",
  ignore: !kernel,
  fn: () =>
    withSocketPair("127.0.0.1", async (socket, client) => {
      let asked = 0;
      const channel = new Channel(socket, { ...nothing(), find: () => void asked++ });
      for (const text of ["a", "b", "c", "d"]) {
        channel.share(bytes(text));
        await allSent(channel);
      }
      assert.equal(await read(client, 4), "abcd");
      assert.equal(asked, 1);
    }),
});

Deno.test({
  name: "a connection that has ended is not looked for",
  ignore: !kernel,
  fn: () =>
    withSocketPair("127.0.0.1", async (socket) => {
      let asked = 0;
      const channel = new Channel(socket, { ...nothing(), find: () => void asked++ });
      channel.share(bytes("one"));
      await allSent(channel);
      channel.end();
      channel.share(bytes("two"));
      channel.destroy();
      channel.share(bytes("three"));
      assert.equal(asked, 0);
    }),
});

Deno.test({
  name: "a connection that the kernel does not watch stays Node's, whole",
  ignore: !kernel,
  fn: () =>
    withSocketPair("127.0.0.1", async (socket, client) => {
      const closed: number[] = [];
      const fd = kernel!.find(socket)!;
      const channel = new Channel(socket, {
        ...nothing(),
        ...{ find: () => fd, dup: () => 999_999, close: (one) => void closed.push(one) },
      });
      channel.share(bytes("one"));
      await allSent(channel);
      channel.share(bytes("two"));
      assert.deepEqual(closed, [999_999]);
      assert.equal(await read(client, 6), "onetwo");
      client.write("up");
      assert.equal(await heard(channel, 2), "up");
    }),
});
