// What an edge in a test stands on: Deno's home, with Deno KV.

import type { EdgeConfig } from "../../edge/core/config.ts";
import type { Platform } from "../../edge/core/platform.ts";
import { kvStores } from "../../edge/deno/kv/stores.ts";
import { denoPlatform } from "../../edge/deno/platform.ts";

/** An edge among several on one store. */
export interface Among {
  readonly instance?: string;
  /** How often it stores a newest frame unasked. Default: never, as where writes are billed. */
  readonly newestEveryMs?: number;
}

/** The platform of an edge. */
export function platformOf(
  config: EdgeConfig,
  { clock, log }: Pick<Platform, "clock" | "log">,
  kvPath: string,
  { instance = "test", newestEveryMs = Infinity }: Among,
): Platform {
  const stores = kvStores({
    open: () => Deno.openKv(kvPath),
    instance,
    clock,
    deadlineMs: 5000,
    retentionMs: config.historyMs,
    newestEveryMs,
    polls: { framesMs: 10_000, viewersMs: 10_000 },
  });
  return denoPlatform({ clock, log, ...stores });
}
