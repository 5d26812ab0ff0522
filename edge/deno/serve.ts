// An edge on Deno's own HTTP server, from its settings until it is told to end. The server is kept up:
// where it runs out of file descriptors it ends for good, and the process would stay and be deaf.

import { type Clock, systemClock } from "../../shared/clock.ts";
import { type Log, reasonOf } from "../../shared/log.ts";
import type { EdgeConfig } from "../core/config.ts";
import { Edge } from "../core/edge.ts";
import type { Platform } from "../core/platform.ts";
import { giveBackMemory, setKept } from "./libc.ts";
import { denoPlatform } from "./platform.ts";

/** Clients that may wait to be accepted. */
const BACKLOG = 4096;

/** Between two tries to serve again, ms. */
const AGAIN_MS = 1000;

/** How often what is due by time alone is looked at, ms. */
const TICK_MS = 1000;

/** Ticks after which freed memory is given back: a flood's would stay for good. It takes some ms. */
const GIVE_BACK_TICKS = 30;

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

/**
 * Serves until what it returns is called: that resolves when all answers are out, or after `graceMs`,
 * for some have no end. Port 0 is a free one.
 *
 * @throws Where the address is not free.
 */
export function serve(
  handler: Deno.ServeHandler<Deno.NetAddr>,
  { hostname, port, log }: { readonly hostname: string; readonly port: number; readonly log: Log },
): (graceMs: number) => Promise<void> {
  let stopping = false;
  let server = listen(port);
  stayUp();
  return async function shutDown(graceMs) {
    stopping = true;
    await Promise.race([server.shutdown().catch(() => {}), systemClock.sleep(graceMs)]);
  };

  function listen(port: number): Deno.HttpServer<Deno.NetAddr> {
    const server = Deno.serve({
      hostname,
      port,
      tcpBacklog: BACKLOG,
      onListen: (at) => {
        const host = at.hostname.includes(":") ? `[${at.hostname}]` : at.hostname;
        log.info(`listening on http://${host}:${at.port}`);
      },
    }, handler);
    setKept();
    return server;
  }

  async function stayUp(): Promise<void> {
    for (;;) {
      const error = await server.finished.catch((error) => error);
      if (stopping) return;
      log.error("no connections are accepted; trying again", { error: String(error) });
      do {
        await systemClock.sleep(AGAIN_MS);
      } while (!stopping && !listensAgain());
    }
  }

  function listensAgain(): boolean {
    try {
      server = listen(server.addr.port);
      return true;
    } catch {
      return false;
    }
  }
}

/** Lets an edge do what is due by time alone, until `signal`. */
export async function tick(
  edge: Pick<Edge, "tick">,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  for (let ticks = 1;; ticks++) {
    const due = clock.monotonic() + TICK_MS;
    await clock.sleep(TICK_MS, signal).catch(() => {});
    if (signal.aborted) return;
    edge.tick(clock.monotonic() - due);
    if (ticks % GIVE_BACK_TICKS === 0) giveBackMemory();
  }
}

/**
 * Logs what nobody caught, in place of Deno's ending the process: a mistake in one task or callback costs
 * only itself.
 */
export function logUncaught(target: EventTarget, log: Log): void {
  const tell = (event: Event, message: string, error: unknown) => {
    event.preventDefault();
    log.error(message, { error: String(error instanceof Error ? error.stack : error) });
  };
  target.addEventListener("unhandledrejection", (event) => {
    tell(event, "an unhandled rejection", (event as PromiseRejectionEvent).reason);
  });
  target.addEventListener("error", (event) => {
    tell(event, "a callback failed", (event as ErrorEvent).error);
  });
}
