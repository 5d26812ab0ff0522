import assert from "node:assert/strict";
import { FakeClock } from "../../../shared/testing/fake_clock.ts";
import { KV_TOKEN, KvConnectServer } from "../../../shared/testing/kv_connect.ts";
import {
  frameOf,
  frameStoreContract,
  type StoreUnderTest,
  written,
} from "../../../shared/testing/frame_store_contract.ts";
import type { FrameStore } from "../../core/store/frame_store.ts";
import {
  peerStoreContract,
  type PeersUnderTest,
} from "../../../shared/testing/peer_store_contract.ts";
import { chunkKey, headKey, MAX_CHUNK_BYTES, pendingKey } from "./frame_store.ts";
import { type KvStores, kvStores } from "./stores.ts";

const RETENTION_MS = 24 * 3_600_000;

interface KvUnderTest extends PeersUnderTest, Omit<StoreUnderTest, "open"> {
  open(instance: string): KvStores;
}

function underTest(kv: Deno.Kv, close: () => Promise<void>): KvUnderTest {
  const clock = new FakeClock();
  // One handle serves all: a second one to `:memory:` would be another database.
  const open = () => Promise.resolve(kv);
  return {
    clock,
    retentionMs: RETENTION_MS,
    open: (instance) => {
      const stores = kvStores({
        open,
        clock,
        instance,
        deadlineMs: 5000,
        retentionMs: RETENTION_MS,
        newestEveryMs: Infinity,
        polls: { framesMs: 1000, viewersMs: 1000 },
      });
      clock.waitFor(() => stores.store.state.pending > 0);
      return stores;
    },
    entries: async () => (await Array.fromAsync(kv.list({ prefix: [] }))).length,
    close,
  };
}

function frames(under: KvUnderTest): StoreUnderTest {
  return { ...under, open: (instance): FrameStore => under.open(instance).store };
}

function contracts(name: string, setUp: () => Promise<KvUnderTest>): void {
  frameStoreContract(name, async () => frames(await setUp()));
  peerStoreContract(name, setUp);
}

contracts("KV in memory", async () => {
  const kv = await Deno.openKv(":memory:");
  return underTest(kv, () => Promise.resolve(kv.close()));
});

contracts("KV in a file", async () => {
  const dir = await Deno.makeTempDir();
  const kv = await Deno.openKv(`${dir}/perch.sqlite`);
  return underTest(kv, async () => {
    kv.close();
    await Deno.remove(dir, { recursive: true });
  });
});

contracts("KV Connect", async () => {
  Deno.env.set("DENO_KV_ACCESS_TOKEN", KV_TOKEN);
  const server = new KvConnectServer();
  const kv = await Deno.openKv(server.url);
  return underTest(kv, async () => {
    kv.close();
    await server[Symbol.asyncDispose]();
  });
});

/** A store in memory as an instance finds it that was away for long, and has been back for an hour. */
async function backlog(fill: (kv: Deno.Kv, under: StoreUnderTest) => Promise<void>) {
  const kv = await Deno.openKv(":memory:");
  const under = frames(underTest(kv, () => Promise.resolve(kv.close())));
  await fill(kv, under);
  await under.clock.tick(2 * RETENTION_MS);
  const store = under.open("a");
  await store.prune("cam");
  await under.clock.tick(3_600_000);
  return { ...under, store, [Symbol.asyncDispose]: under.close };
}

const HUNDRED_CHUNKS = 100 * MAX_CHUNK_BYTES;

/** Twelve keyframes of a hundred chunks, all of them past the retention. */
async function twelveKeyframes(_: Deno.Kv, { open, clock }: StoreUnderTest): Promise<void> {
  const store = open("before");
  for (let i = 0; i < 12; i++) {
    await store.put(frameOf(clock.now() + i, HUNDRED_CHUNKS), { history: true });
  }
}

Deno.test("a keyframe is stored whatever backlog of large ones is to go with it", async () => {
  await using under = await backlog(twelveKeyframes);
  const { store } = under;
  for (const size of [HUNDRED_CHUNKS, 700_000]) {
    const frame = frameOf(under.clock.now(), size);
    assert.deepEqual(await store.put(frame, { history: true }), written(frame));
    assert.deepEqual(await store.newest("cam"), frame);
    await under.clock.tick(1000);
  }
  // Head, two keyframes and their chunks.
  assert.equal(await under.entries(), 1 + 2 + 100 + 11);
});

Deno.test("a backlog of large keyframes is cleaned up", async () => {
  await using under = await backlog(twelveKeyframes);
  await under.store.prune("cam");
  assert.equal(await under.entries(), 1 + 1 + 100);
});

/** So many chunks of a frame, as small as can be: what counts is that they are many. */
async function manyChunks(kv: Deno.Kv, version: number, count: number): Promise<void> {
  for (let i = 0; i < count; i += 500) {
    const some = kv.atomic();
    for (let at = i; at < i + 500; at++) some.set(chunkKey("cam", version, at), 1);
    await some.commit();
  }
}

Deno.test("a frame of more chunks than a commit takes is cleaned up where its writer died", async () => {
  await using under = await backlog(async (kv, { open }) => {
    await kv.set(pendingKey("cam", 7), { chunks: 1500 });
    await manyChunks(kv, 7, 1500);
    await open("before").put(frameOf(8, 10), { history: false });
  });
  await under.store.prune("cam");
  assert.equal(await under.entries(), 1 + 1);
});

Deno.test("frames of more chunks than a commit takes go when they are overtaken", async () => {
  await using under = await backlog(async (kv, { open }) => {
    await open("before").put(frameOf(9, 10), { history: false });
    const { value } = await kv.get<object>(headKey("cam"));
    await kv.set(headKey("cam"), { ...value, recent: [[8, 1], [7, 1500], [6, 1500]] });
    await manyChunks(kv, 7, 1500);
    await manyChunks(kv, 6, 1500);
  });
  const frame = frameOf(under.clock.now(), 700_000);
  assert.deepEqual(await under.store.put(frame, { history: true }), written(frame));
  assert.deepEqual(await under.open("b").newest("cam"), frame);
  assert.equal(await under.entries(), 1 + 1 + 11 + 1);
});
