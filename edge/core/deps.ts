// What the routes work with: the platform, and what the edge is put together from.

import type { EdgeConfig } from "./config.ts";
import type { CostMeter } from "./cost.ts";
import type { FanOut } from "./viewers/fan_out.ts";
import type { Hub } from "./cameras/hub.ts";
import type { Bodies } from "./ingest/ingest.ts";
import type { Limits } from "./limits/limits.ts";
import type { LoopLag } from "./routes/health.ts";
import type { Metrics } from "./metrics.ts";
import type { Platform } from "./platform.ts";
import type { Renditions } from "./pictures/renditions.ts";
import type { ScaledFeeds } from "./pictures/scaled_feed.ts";
import type { StillAnswers } from "./viewers/snapshots.ts";

/** What the routes work with. */
export interface EdgeDeps extends Platform {
  readonly config: EdgeConfig;
  readonly hub: Hub;
  readonly fanOut: FanOut;
  readonly bodies: Bodies;
  readonly metrics: Metrics;
  readonly cost: CostMeter;
  readonly limits: Limits;
  readonly lag: LoopLag;
  readonly renditions: Renditions;
  readonly feeds: ScaledFeeds;
  readonly stills: StillAnswers;
  /** Forgets a camera here and in the store, which the other instances learn it from. */
  forget(cam: string): Promise<void>;
  /** Divides the parts of every stream of this instance. */
  readonly boundary: string;
}
