// The outside world of the edge, passed in: main.ts makes the real one, tests their own.

import type { Clock } from "../shared/clock.ts";
import type { Log } from "../shared/log.ts";
import type { EdgeConfig } from "./config.ts";
import type { CostMeter } from "./cost.ts";
import type { Hub } from "./hub.ts";
import type { Limits } from "./limits/limits.ts";
import type { LoopLag } from "./loop_lag.ts";
import type { Metrics } from "./metrics.ts";
import type { Renditions } from "./picture/renditions.ts";
import type { ScaledFeeds } from "./picture/scaled_feed.ts";
import type { StillAnswers } from "./still_answers.ts";
import type { FrameStore } from "./store/store.ts";

/** What the routes work with. */
export interface EdgeDeps {
  readonly config: EdgeConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly hub: Hub;
  readonly store: FrameStore;
  readonly metrics: Metrics;
  readonly cost: CostMeter;
  readonly limits: Limits;
  readonly lag: LoopLag;
  readonly renditions: Renditions;
  readonly feeds: ScaledFeeds;
  readonly stills: StillAnswers;
  /** Divides the parts of every stream of this instance. */
  readonly boundary: string;
  /** Reads a built asset of the viewer page by its name in `client/dist`. */
  readonly readAsset: (name: string) => Promise<Uint8Array<ArrayBuffer>>;
}
