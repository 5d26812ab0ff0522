import { FakeClock } from "../../../shared/testing/fake_clock.ts";
import { KV_TOKEN, KvConnectServer } from "../../../shared/testing/kv_connect.ts";
import { KvStore } from "./kv_store.ts";
import { storeContract, type StoreUnderTest } from "../../core/store/store_contract.ts";

const RETENTION_MS = 24 * 3_600_000;

function underTest(kv: Deno.Kv, close: () => Promise<void>): StoreUnderTest {
  const clock = new FakeClock();
  // One handle serves all: a second one to `:memory:` would be another database.
  const open = () => Promise.resolve(kv);
  return {
    clock,
    retentionMs: RETENTION_MS,
    open: (instance) =>
      new KvStore({
        open,
        clock,
        instance,
        deadlineMs: 5000,
        retentionMs: RETENTION_MS,
        polls: { framesMs: 1000, viewersMs: 1000 },
      }),
    entries: async () => (await Array.fromAsync(kv.list({ prefix: [] }))).length,
    close,
  };
}

storeContract("KV in memory", async () => {
  const kv = await Deno.openKv(":memory:");
  return underTest(kv, () => Promise.resolve(kv.close()));
});

storeContract("KV in a file", async () => {
  const dir = await Deno.makeTempDir();
  const kv = await Deno.openKv(`${dir}/perch.sqlite`);
  return underTest(kv, async () => {
    kv.close();
    await Deno.remove(dir, { recursive: true });
  });
});

storeContract("KV Connect", async () => {
  Deno.env.set("DENO_KV_ACCESS_TOKEN", KV_TOKEN);
  const server = new KvConnectServer();
  const kv = await Deno.openKv(server.url);
  return underTest(kv, async () => {
    kv.close();
    await server[Symbol.asyncDispose]();
  });
});
