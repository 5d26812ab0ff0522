// WebSockets that stay open while the object sleeps. What is kept of one is the request that opened it:
// on waking the edge answers that request once more, without a handshake, so no route has a second
// way to begin, and whoever may not come in any more is out.

import type { AcceptedSocket } from "../core/platform.ts";
import { problemException } from "../core/problem.ts";
import { type ObjectContext, type ObjectSocket, socketPair } from "./runtime.ts";

/** Headers that say who opens a socket, and from where. */
const KEPT_HEADERS =
  /^(authorization|cf-connecting-ip|connection|cookie|host|origin|sec-.*|upgrade|user-agent|x-forwarded-.*)$/;

/** What fits beside a socket, characters. */
const MAX_OPENING = 15_000;

const NO_CODE = 1005;
const GONE = 1006;
const POLICY_VIOLATION = 1008;

interface Opening {
  readonly url: string;
  readonly headers: [string, string][];
}

export type Sockets = ReturnType<typeof socketsOf>;

/** The sockets of one object. Each carries what its route gave it to be told by, as long as it is awake. */
export function socketsOf(context: ObjectContext) {
  const viewers = new Set<ObjectSocket>();
  /** Requests that are answered once more, and the sockets that they opened. */
  const asleep = new Map<Request, ObjectSocket>();
  return { viewers, accept, wake, message, closed };

  /** Accepts the socket of a request; of one that is answered once more, the socket that it has. */
  function accept(request: Request): AcceptedSocket {
    const { url } = request;
    const kept = asleep.get(request);
    if (kept) {
      asleep.delete(request);
      return { socket: open(kept, url), response: new Response() };
    }
    const headers = [...request.headers].filter(([name]) => KEPT_HEADERS.test(name));
    const opening: Opening = { url, headers };
    if (JSON.stringify(opening).length > MAX_OPENING) {
      throw problemException(431, "Open a socket: its address, cookies and tokens are too long.");
    }
    const { client, server } = socketPair();
    context.acceptWebSocket(server);
    server.serializeAttachment(opening);
    const init = { status: 101, webSocket: client };
    return { socket: open(server, url), response: new Response(null, init) };
  }

  /** Takes over the sockets that were open before the sleep. */
  async function wake(fetch: (request: Request) => Promise<Response>): Promise<void> {
    for (const socket of context.getWebSockets()) {
      const { url, headers } = socket.deserializeAttachment() as Opening;
      const request = new Request(url, { headers });
      asleep.set(request, socket);
      const { status } = await fetch(request);
      if (asleep.delete(request)) socket.close(POLICY_VIOLATION, `Not let in again: ${status}`);
    }
  }

  function message(socket: ObjectSocket, data: string | ArrayBuffer): void {
    socket.onmessage?.call(socket, new MessageEvent("message", { data }));
  }

  /** The client has closed it, or is gone. */
  function closed(socket: ObjectSocket, code: number): void {
    viewers.delete(socket);
    // The runtime leaves the line open without (workerd 1.20261117.1), whatever is said about it.
    if (code !== GONE) socket.close(code === NO_CODE ? undefined : code);
    socket.onclose?.call(socket, new CloseEvent("close", { code }));
  }

  /** The server's end is open from the start, and tells nobody. */
  function open(socket: ObjectSocket, url: string): ObjectSocket {
    if (new URL(url).pathname === "/ws") viewers.add(socket);
    queueMicrotask(() => socket.onopen?.call(socket, new Event("open")));
    return socket;
  }
}
