// HTTP connections that can be thrown away: after a dead network, a pooled one would be waited for.

import { withoutAddresses } from "../../shared/addresses.ts";

/** A pool of connections. */
export interface Connection {
  /** `fetch` over this pool. */
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** Closes what is idle; nothing new may be asked of it. */
  close(): void;
}

/** Opens a pool. */
export type Connect = () => Connection;

/**
 * The machine's own connections. HTTP/1.1 only: on HTTP/2 an aborted request leaves its connection
 * in the pool, and a dead one takes a quarter of an hour to be noticed.
 */
export const systemConnect: Connect = () => {
  const client = Deno.createHttpClient({ http2: false });
  return {
    fetch: (url, init) => fetch(url, { ...init, client }),
    close: () => client.close(),
  };
};

/**
 * What a failed request says, in one line: not whom it asked, which is known, nor from which port or
 * in which second, which differ each time.
 */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message } = error.cause instanceof Error ? error.cause : error;
  const why = message.replace(/^error sending request .*?(?=client error)/s, "")
    .replace(/: verification time (\d+) \(UNIX\).*/s, (_, seconds) => {
      const day = new Date(Number(seconds) * 1000).toISOString().slice(0, 10);
      return `: the clock of this machine says ${day}`;
    });
  return withoutAddresses(why).replaceAll(/\s+/g, " ").slice(0, 300);
}
