// An edge on Deno, from its settings until it is told to end.

import { reasonOf } from "../../shared/log.ts";
import type { EdgeConfig } from "../core/config.ts";
import { Edge } from "../core/edge.ts";
import type { Platform } from "../core/platform.ts";
import { denoPlatform } from "./platform.ts";
import { serve, tick } from "./serve.ts";

/** How long answers that are under way may take at the end, ms. */
const GRACE_MS = 1000;

/**
 * Runs an edge until what it resolves with is called: that ends everything in the right order.
 *
 * @throws Where the address is not free, with a line that says so.
 */
export async function run(
  config: EdgeConfig,
  given: Pick<Platform, "clock" | "log" | "store" | "peers">,
): Promise<() => Promise<void>> {
  const { clock, log, store } = given;
  const { host: hostname, port } = config;
  const edge = new Edge(config, denoPlatform(given));
  await edge.start();
  const stopServing = listen();
  log.info("cameras set PERCH_URL to this address, PERCH_TOKEN to a token of PERCH_PUBLISH_TOKENS");
  const stopping = new AbortController();
  tick(edge, clock, stopping.signal);
  return async () => {
    log.info("shutting down");
    stopping.abort();
    await Promise.all([edge.stop(), stopServing(GRACE_MS)]);
    store.close();
  };

  function listen(): ReturnType<typeof serve> {
    try {
      return serve(edge.fetch, { hostname, port, log });
    } catch (error) {
      const wanted = `HOST, PORT: got ${hostname}:${port}, wanted a free address`;
      throw new Error(`${wanted}: ${reasonOf(error)}`);
    }
  }
}
