// HTTP connections that can be thrown away: after a dead network, a pooled one would be waited for.

import { withoutAddresses } from "../../shared/addresses.ts";

export interface Connection {
  /** `fetch` over this pool. */
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** Closes what is idle; nothing new may be asked of it. */
  close(): void;
}

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

/** What Deno's words for trouble with TLS mean for a person. */
const TLS_TROUBLE: readonly (readonly [RegExp, string])[] = [
  [/CaUsedAsEndEntity|UnknownIssuer/, "its certificate is self-signed, or by nobody known here"],
  [
    /certificate not valid for name.*?valid for (.*)/,
    "its certificate is for $1, not for this name",
  ],
  [/InvalidContentType/, "it speaks no TLS: is its address http://…?"],
  [/alert: (?:ProtocolVersion|HandshakeFailure)/, "its TLS is too old for this machine"],
];

/**
 * What a failed request says, in one line: not whom it asked, which is known, nor from which port or
 * in which second, which differ each time.
 */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message } = error.cause instanceof Error ? error.cause : error;
  for (const [pattern, words] of TLS_TROUBLE) {
    const match = pattern.exec(message);
    if (match) return words.replace("$1", () => match[1].replaceAll(/\w+Name\("(.*?)"\)/g, "$1"));
  }
  const why = message.replace(/^error sending request .*?(?=client error)/s, "")
    .replace(/: verification time (\d+) \(UNIX\).*/s, (_, seconds) => {
      const day = new Date(Number(seconds) * 1000).toISOString().slice(0, 10);
      return `: the clock of this machine says ${day}`;
    });
  return withoutAddresses(why).replaceAll(/\s+/g, " ").slice(0, 300);
}

/**
 * The chunks of a body.
 *
 * Cancels the reader itself when `signal` aborts: in Deno (seen in 2.7 and 2.9) the signal given to
 * `fetch` is now and then lost to garbage collection once the head of the answer is there, and a
 * body that stalls would then be waited for without end.
 *
 * @throws The signal's reason when aborted, or what broke the connection.
 */
export async function* chunksOf(
  response: Response,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return;
  const cancel = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted) cancel();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
    signal.throwIfAborted();
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}
