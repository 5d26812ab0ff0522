import assert from "node:assert/strict";
import { FakeClock } from "../../../shared/testing/fake_clock.ts";
import { frameOf, frameStoreContract } from "../../../shared/testing/frame_store_contract.ts";
import { MemoryStore } from "./memory_store.ts";

const RETENTION_MS = 24 * 3_600_000;

/** Bytes of pictures that are kept; the newest may be counted twice. */
async function bytesOf(store: MemoryStore): Promise<number> {
  const kept = await Promise.all(
    (await store.cams()).map(async (
      cam,
    ) => [await store.head(cam), ...await store.history(cam, {})]),
  );
  return kept.flat().reduce((sum, frame) => sum + (frame?.size ?? 0), 0);
}

frameStoreContract("memory", () => {
  const clock = new FakeClock();
  const store = new MemoryStore({ clock, retentionMs: RETENTION_MS });
  return Promise.resolve({
    clock,
    retentionMs: RETENTION_MS,
    open: () => store,
    // In pieces of the size that KV has.
    entries: async () => Math.ceil(await bytesOf(store) / 65_536),
    close: () => Promise.resolve(store.close()),
  });
});

Deno.test("memory: the past takes 64 MiB at most, and the oldest goes first", async () => {
  const store = new MemoryStore({ clock: new FakeClock(), retentionMs: RETENTION_MS });
  for (let i = 1; i <= 20; i++) await store.put(frameOf(i, 4 * 1024 * 1024), { history: true });
  const versions = (await store.history("cam", {})).map(({ version }) => version);
  assert.deepEqual(versions, Array.from({ length: 16 }, (_, i) => 20 - i));
  await store.forget("cam");
  assert.equal(await bytesOf(store), 0);
});
