// In place of test_home.ts inside Workers' runtime: the storage of the object whose turn it is.

import type { EdgeConfig } from "../../edge/core/config.ts";
import type { Platform } from "../../edge/core/platform.ts";
import { jpegTools } from "../../edge/workers/images.ts";
import type { ObjectStorage } from "../../edge/workers/runtime.ts";
import { SqlStore } from "../../edge/workers/storage.ts";

/** What the object of this test has. */
export const object: { storage?: ObjectStorage; readAsset?: Platform["readAsset"] } = {};

/** The platform of an edge. */
export function platformOf(
  config: EdgeConfig,
  { clock, log }: Pick<Platform, "clock" | "log">,
): Platform {
  const storage = object.storage!;
  const store = new SqlStore({ storage, clock, retentionMs: config.historyMs });
  store.newestEveryMs = Infinity;
  storage.sql.exec("DELETE FROM frames");
  return {
    clock,
    log,
    store,
    images: jpegTools(),
    random: Math.random,
    acceptSocket: () => {
      throw new Error("Sockets are tried over real connections");
    },
    clientAddress: ({ headers }) => headers.get("cf-connecting-ip") ?? "unknown",
    readAsset: object.readAsset!,
    soon: (work) => void setTimeout(work, 0),
  };
}
