// Deno's own HTTP server, kept up: where it runs out of file descriptors it ends for good, and the
// process would stay and be deaf.

import { type Clock, systemClock } from "../../shared/clock.ts";
import type { Log } from "../../shared/log.ts";
import type { Edge } from "../core/edge.ts";
import { giveBackMemory } from "./libc.ts";
import { setKept } from "./tcp.ts";

/** Clients that may wait to be accepted. */
const BACKLOG = 4096;

/** Between two tries to serve again, ms. */
const AGAIN_MS = 1000;

/** How often what is due by time alone is looked at, ms. */
const TICK_MS = 1000;

/** How often freed memory is given back, ms: a flood's would stay for good. It takes some ms. */
const GIVE_BACK_MS = 30_000;

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
  let giveBackAt = clock.monotonic() + GIVE_BACK_MS;
  while (!signal.aborted) {
    const due = clock.monotonic() + TICK_MS;
    await clock.sleep(TICK_MS, signal).catch(() => {});
    if (signal.aborted) return;
    edge.tick(clock.monotonic() - due);
    if (clock.monotonic() < giveBackAt) continue;
    giveBackMemory();
    giveBackAt = clock.monotonic() + GIVE_BACK_MS;
  }
}
