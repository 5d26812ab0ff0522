// A connection that waits for its client to do something, but not for ever.

import type { Channel } from "./channel.ts";
import type { Tenant } from "./line.ts";

/** Ends the connection after `ms`, unless it is over before, or goes on with something else. */
export function patience(channel: Channel, ms: number): Tenant {
  let since: number | undefined;
  return {
    tick(now) {
      since ??= now;
      if (now - since >= ms) channel.destroy();
    },
    gone() {},
  };
}
