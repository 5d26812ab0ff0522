// What Deno gives the edge.

import type { Platform } from "../core/platform.ts";
import { SharpTools } from "./sharp.ts";
import { acceptSocket } from "./sockets.ts";

/** The built page. */
const DIST = new URL("../client/dist/", import.meta.url);

/** Deno as the edge's platform, with the rest as given. */
export function denoPlatform(given: Pick<Platform, "clock" | "log" | "store" | "peers">): Platform {
  return {
    ...given,
    images: new SharpTools(
      undefined,
      (error) =>
        given.log.warn("pictures cannot be made smaller here: ?w= is answered 501", {
          error: String(error).split("\n")[0],
        }),
    ),
    random: Math.random,
    acceptSocket,
    clientAddress: (_, info) =>
      (info as Partial<Deno.ServeHandlerInfo<Deno.NetAddr>> | undefined)?.remoteAddr?.hostname ??
        "unknown",
    readAsset: (name) => Deno.readFile(new URL(name, DIST)),
    soon: setImmediate,
    memoryBytes: () => Deno.memoryUsage().rss,
  };
}
