// A writer to be killed: puts frames of many sizes as fast as it can, and says each version that is
// stored. Its killer is writer_kills.ts.

import { KvStore } from "../../edge/store/kv_store.ts";
import { frameOf } from "../../edge/store/store_contract.ts";
import { systemClock } from "../clock.ts";

const store = new KvStore({
  open: () => Deno.openKv(Deno.args[0]),
  instance: crypto.randomUUID(),
  clock: systemClock,
  deadlineMs: 5000,
  retentionMs: 1e14,
  polls: { framesMs: 1000, viewersMs: 1000 },
});
const sizes = [30_000, 200_000, 1_500_000, 66_000];
let version = (await store.head("cam"))?.version ?? 0;
for (let i = 0;; i++) {
  version++;
  await store.put(frameOf(version, sizes[i % sizes.length]), { keyframe: i % 8 === 0 });
  console.log(version);
}
