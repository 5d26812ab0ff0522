// A TCP relay before an HTTP/2 test server. It can cut every line at once, and it undoes what
// loopback adds to the KV client: that one leaves Nagle on, so a request body waits for the ACK of
// its headers, which Linux holds back for 40 ms. Beyond loopback the ACK is not held back.

/** A WINDOW_UPDATE frame for the connection, by one byte: harmless, and it carries the ACK. */
const NUDGE = Uint8Array.of(0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1);

const H2_FRAME_HEADER_BYTES = 9;

/** Carries bytes between clients and a server on this machine. */
export class H2Relay {
  readonly #conns = new Set<Deno.Conn>();
  #listener: Deno.TcpListener | undefined;
  #port = 0;

  /** Where clients connect; the same after a `cut`. */
  get port(): number {
    return this.#port;
  }

  /** Accepts clients for the server at `target` on this machine. */
  start(target: number): void {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: this.#port });
    this.#port = this.#listener.addr.port;
    this.#accept(this.#listener, target);
  }

  /** Ends every connection and refuses new ones. */
  cut(): void {
    this.#listener?.close();
    this.#listener = undefined;
    for (const conn of this.#conns) close(conn);
    this.#conns.clear();
  }

  async #accept(listener: Deno.TcpListener, target: number): Promise<void> {
    try {
      for await (const client of listener) {
        this.#carry(client, target).catch(() => close(client));
      }
    } catch {
      // The listener was closed.
    }
  }

  async #carry(client: Deno.TcpConn, target: number): Promise<void> {
    client.setNoDelay();
    this.#conns.add(client);
    const server = await Deno.connect({ hostname: "127.0.0.1", port: target });
    server.setNoDelay();
    this.#conns.add(server);
    const down = new FrameCursor();
    const ended = () => {
      for (const conn of [client, server]) {
        close(conn);
        this.#conns.delete(conn);
      }
    };
    const up = copy(client, server, async () => {
      if (down.free) await down.write(client, NUDGE);
    });
    await Promise.race([up, copy(server, client, undefined, down)]).finally(ended);
  }
}

/** Where in the stream of HTTP/2 frames the server's side of a line stands. */
class FrameCursor {
  #header: number[] = [];
  #left = 0;
  #writing = false;

  /** Whether a frame of our own may go in between. */
  get free(): boolean {
    return !this.#writing && this.#left === 0 && this.#header.length === 0;
  }

  async write(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
    this.#writing = true;
    if (bytes !== NUDGE) this.#follow(bytes);
    await writeAll(conn, bytes);
    this.#writing = false;
  }

  #follow(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, bytes.length - at);
        this.#left -= step;
        at += step;
        continue;
      }
      this.#header.push(bytes[at++]);
      if (this.#header.length < H2_FRAME_HEADER_BYTES) continue;
      this.#left = (this.#header[0] << 16) | (this.#header[1] << 8) | this.#header[2];
      this.#header = [];
    }
  }
}

async function copy(
  from: Deno.Conn,
  to: Deno.Conn,
  onBytes?: () => Promise<void>,
  cursor?: FrameCursor,
): Promise<void> {
  const buffer = new Uint8Array(65_536);
  for (;;) {
    const count = await from.read(buffer);
    if (count === null) return;
    const bytes = buffer.subarray(0, count);
    if (cursor) await cursor.write(to, bytes);
    else await writeAll(to, bytes);
    await onBytes?.();
  }
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // Closed already.
  }
}
