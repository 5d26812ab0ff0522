// A TCP relay before an HTTP/2 test server. It can cut every line at once, and it undoes what
// loopback adds to the KV client: that one leaves Nagle on, so a request body waits for the ACK of
// its headers, which Linux holds back for 40 ms. Beyond loopback the ACK is not held back.

/** A WINDOW_UPDATE frame for the connection, by one byte: harmless, and it carries the ACK. */
const NUDGE = Uint8Array.of(0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1);

const FRAME_HEADER_BYTES = 9;

/** Carries bytes between clients and a server on this machine. */
export class H2Relay {
  /** Where clients connect; the same after a `cut`. */
  port = 0;
  readonly #lines = new Set<Deno.TcpConn>();
  #listener: Deno.TcpListener | undefined;

  /** Accepts clients for the server at `target` on this machine. */
  start(target: number): void {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: this.port });
    this.port = this.#listener.addr.port;
    this.#accept(this.#listener, target).catch(() => {}); // closed
  }

  /** Ends every connection and refuses new ones. */
  cut(): void {
    this.#listener?.close();
    this.#listener = undefined;
    this.#close(...this.#lines);
  }

  async #accept(listener: Deno.TcpListener, target: number): Promise<void> {
    for await (const client of listener) {
      this.#carry(client, target).catch(() => this.#close(client));
    }
  }

  async #carry(client: Deno.TcpConn, target: number): Promise<void> {
    this.#lines.add(client);
    const server = await Deno.connect({ hostname: "127.0.0.1", port: target });
    this.#lines.add(server);
    for (const line of [client, server]) line.setNoDelay();
    const [up, down] = [server, client].map(({ writable }) => writable.getWriter());
    const isBetweenFrames = frameCursor();
    const carryUp = async () => {
      for await (const bytes of client.readable) {
        await up.write(bytes);
        if (isBetweenFrames()) await down.write(NUDGE);
      }
    };
    const carryDown = async () => {
      for await (const bytes of server.readable) {
        isBetweenFrames(bytes);
        await down.write(bytes);
      }
    };
    await Promise.race([carryUp(), carryDown()]).finally(() => this.#close(client, server));
  }

  #close(...lines: Deno.TcpConn[]): void {
    for (const line of lines) {
      this.#lines.delete(line);
      try {
        line.close();
      } catch {
        // It has ended by itself.
      }
    }
  }
}

/** Makes what says whether a frame of our own may follow these bytes and all before them. */
function frameCursor(): (bytes?: Uint8Array) => boolean {
  let header: number[] = [];
  let left = 0;
  return (bytes = new Uint8Array()) => {
    for (let at = 0; at < bytes.length;) {
      const step = Math.min(left, bytes.length - at);
      at += step;
      left -= step;
      if (left > 0 || at === bytes.length) continue;
      header.push(bytes[at++]);
      if (header.length < FRAME_HEADER_BYTES) continue;
      left = (header[0] << 16) | (header[1] << 8) | header[2];
      header = [];
    }
    return left === 0 && header.length === 0;
  };
}
