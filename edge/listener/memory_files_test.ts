import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { withDescriptor } from "../../shared/testing/accepted_socket.ts";
import { openKernel } from "./kernel.ts";
import { MemoryFiles } from "./memory_files.ts";

const SIZE = 30_000;
const SENDS = 40;

const kernel = openKernel();

/** Random bytes, as no two frames are the same. */
function frame(size = SIZE): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(size));
}

async function read(socket: Socket, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let got = 0;
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk);
    if ((got += chunk.length) >= length) break;
  }
  return Buffer.concat(chunks);
}

Deno.test({
  name: "bytes that are sent again and again arrive each time, whichever part of them is sent",
  ignore: !kernel,
  fn: () =>
    withDescriptor(kernel!, async (fd, client) => {
      const whole = frame();
      for (let n = 0; n < SENDS; n++) {
        const sent = whole.subarray(n, SIZE - 2 * n);
        assert.equal(kernel!.share(fd, sent), sent.length);
        assert.deepEqual(await read(client, sent.length), Buffer.from(sent));
      }
    }),
});

Deno.test({
  name: "who reads late gets the frame that was sent, although many newer ones have been since",
  ignore: !kernel,
  fn: () =>
    withDescriptor(kernel!, (fd, client) =>
      withDescriptor(kernel!, async (lateFd, lateClient) => {
        const sendOften = async (bytes: Uint8Array<ArrayBuffer>) => {
          for (let n = 0; n < SENDS; n++) {
            assert.equal(kernel!.share(fd, bytes), bytes.length);
            await read(client, bytes.length);
          }
        };
        const old = frame();
        await sendOften(old);
        assert.equal(kernel!.share(lateFd, old), SIZE);
        for (let n = 0; n < 20; n++) await sendOften(frame());
        assert.deepEqual(await read(lateClient, SIZE), Buffer.from(old));
      })),
});

Deno.test("where no file can be made or filled, bytes are sent from memory, and that is tried once", () => {
  for (const [memfd_create, write, closed] of [[-1, SIZE, 0], [7, 5, 1]]) {
    const calls = { memfd_create: 0, close: 0 };
    const files = new MemoryFiles({
      memfd_create: () => (calls.memfd_create++, memfd_create),
      write: () => write,
      close: () => (calls.close++, 0),
      sendfile: () => SIZE,
    });
    const bytes = frame();
    for (let n = 0; n < SENDS; n++) assert.equal(files.send(3, bytes), undefined);
    assert.deepEqual(calls, { memfd_create: 1, close: closed });
  }
});

Deno.test("no more than a few files are open at once", () => {
  let open = 0;
  let most = 0;
  const files = new MemoryFiles({
    memfd_create: () => (most = Math.max(most, ++open), open),
    write: () => SIZE,
    close: () => (open--, 0),
    sendfile: () => SIZE,
  });
  for (let n = 0; n < 100; n++) {
    const bytes = frame();
    for (let i = 0; i < SENDS; i++) files.send(3, bytes);
    assert.equal(files.send(3, bytes), SIZE);
  }
  assert.ok(most < 20, `${most} at once`);
});
