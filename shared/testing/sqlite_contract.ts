// The contract of FrameStore on the storage of the object whose turn it is.

import { SqlStore } from "../../edge/workers/storage.ts";
import { FakeClock } from "./fake_clock.ts";
import { frameStoreContract } from "./frame_store_contract.ts";
import { object } from "./worker_test_edge.ts";

const retentionMs = 24 * 3_600_000;

frameStoreContract("SQLite in a Durable Object", () => {
  const clock = new FakeClock();
  const storage = object.storage!;
  return Promise.resolve({
    clock,
    retentionMs,
    open: () => new SqlStore({ storage, clock, retentionMs }),
    // In pieces of the size that KV has.
    entries: () => {
      const pieces = "SELECT total(1 + length(bytes) / 65536) AS pieces FROM frames";
      return Promise.resolve(Number(storage.sql.exec(pieces).toArray()[0].pieces));
    },
    close: () => Promise.resolve(),
  });
});
