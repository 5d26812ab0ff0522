import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { systemClock } from "../../shared/clock.ts";
import { withAccepted } from "../../shared/testing/accepted_socket.ts";
import type { Acceptor, OnChannel } from "./acceptor.ts";
import type { Channel } from "./channel.ts";
import { KernelAcceptor } from "./kernel_acceptor.ts";
import { KernelChannel } from "./kernel_channel.ts";
import { openKernel } from "./kernel.ts";
import { openLibc } from "./libc.ts";
import { NodeAcceptor } from "./node_acceptor.ts";
import { ReadyLoop } from "./ready_loop.ts";

const PIECE = 300_000;

const kernel = openKernel();

/** Who carries a channel. */
const CARRIERS = kernel ? ["kernel", "kernel, batched", "Node"] as const : ["Node"] as const;

/** Bytes that tell their place among all that were written. */
function piece(n: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(PIECE / 4);
  for (let i = 0; i < words.length; i++) words[i] = n * words.length + i;
  return new Uint8Array(words.buffer);
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function accepting(by: "kernel" | "Node", onChannel: OnChannel): Acceptor | Promise<Acceptor> {
  const log = { info() {}, warn() {}, error() {} };
  const at = { host: "127.0.0.1", port: 0 };
  return by === "Node"
    ? NodeAcceptor.listen(at, systemClock, log, onChannel)
    : KernelAcceptor.listen(at, kernel!, log, onChannel)!;
}

/** A channel with its client. */
async function connected(
  carrier: (typeof CARRIERS)[number],
  test: (channel: Channel, client: Socket, closed: Promise<void>) => Promise<void>,
): Promise<void> {
  const accepted = Promise.withResolvers<Channel>();
  const closed = Promise.withResolvers<void>();
  const acceptor = await accepting(carrier === "Node" ? "Node" : "kernel", (channel) => {
    channel.onClose = () => closed.resolve();
    accepted.resolve(channel);
  });
  const client = connect(acceptor.address.port, "127.0.0.1");
  client.on("error", () => {});
  const channel = await accepted.promise;
  acceptor.close();
  if (carrier === "kernel, batched") await settle(channel, client);
  try {
    await test(channel, client, closed.promise);
  } finally {
    channel.destroy();
    await closed.promise;
    client.destroy();
  }
}

/** By two pictures, with the second of which it is one of many. */
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
  name: "a connection becomes one of many between two messages, and nothing of it is lost",
  ignore: !kernel,
  fn: () =>
    connected("kernel", async (channel, client) => {
      for (let n = 0; n < 5; n++) {
        client.write(`ask ${n}`);
        assert.equal(await heard(channel, 5), `ask ${n}`);
        if (n === 1) client.write("ahead");
        channel.share(bytes(`answer ${n}`));
        if (n === 1) assert.equal(await heard(channel, 5), "ahead");
        assert.equal(await read(client, 8), `answer ${n}`);
      }
    }),
});

Deno.test({
  name: "a connection becomes one of many while much waits for it, and all of that arrives",
  ignore: !kernel,
  fn: () =>
    connected("kernel", async (channel, client) => {
      const pieces = 20;
      for (let n = 0; n < pieces; n++) channel.share(piece(n));
      assert.ok(channel.waiting > 0);
      let got = 0;
      for await (const chunk of client.iterator({ destroyOnReturn: false })) {
        if ((got += chunk.length) === pieces * PIECE) break;
      }
      client.write("up");
      assert.equal(await heard(channel, 2), "up");
    }),
});

/** Watches nobody. */
class FullLoop extends ReadyLoop {
  override join(): undefined {}
}

Deno.test({
  name: "a connection that can be no one of many is heard at once as before",
  ignore: !kernel,
  fn: () =>
    withAccepted(kernel!, "127.0.0.1", async (accepted, client) => {
      const { prompt } = kernel!;
      const batched = new FullLoop(openLibc()!);
      const channel = new KernelChannel(accepted, {
        ...{ prompt, batched, listening: () => undefined, accept: () => undefined },
        ...{
          limitWaiting() {},
          finish: (fd) => kernel!.finish(fd),
          close: (fd) => kernel!.close(fd),
        },
        ...{ send: (fd, some) => kernel!.send(fd, some), receive: (fd) => kernel!.receive(fd) },
        share: (fd, some) => kernel!.share(fd, some),
      });
      for (const text of ["one", "two"]) channel.share(bytes(text));
      assert.equal(await read(client, 6), "onetwo");
      client.write("up");
      assert.equal(await heard(channel, 2), "up");
      channel.destroy();
    }),
});

Deno.test({
  name: "a connection that the kernel does not watch is closed at once, and heard of no more",
  ignore: !kernel,
  fn: async () => {
    const closed: number[] = [];
    const nobody = new FullLoop(openLibc()!);
    const peer = { transport: "tcp", hostname: "192.0.2.1", port: 1 } as const;
    const channel = new KernelChannel({ fd: 999_999, peer }, {
      ...{ prompt: nobody, batched: nobody, listening: () => undefined, accept: () => undefined },
      ...{ limitWaiting() {}, finish() {}, close: (fd) => void closed.push(fd) },
      ...{ send: () => 0, share: () => 0, receive: () => undefined },
    });
    const over = new Promise<void>((resolve) => channel.onClose = resolve);
    assert.ok(channel.closed);
    assert.deepEqual(closed, [999_999]);
    channel.write("nobody");
    await over;
    assert.equal(channel.waiting, 0);
  },
});
