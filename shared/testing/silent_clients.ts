// Clients that open a connection and then do nothing: never ask, never read, never answer a ping.

/** What a silent client says before it falls silent. */
export type Silence =
  /** Not even a request. */
  | "idle"
  /** Half a request's headers. */
  | "half a request"
  /** Asks for the stream and never reads it. */
  | "stream"
  /** Opens a viewer's socket and never reads, acknowledges or answers a ping. */
  | "socket";

const HOST = "Host: 127.0.0.1\r\n";
const WORDS: Readonly<Record<Silence, string>> = {
  "idle": "",
  "half a request": `GET /live.jpeg HTTP/1.1\r\n${HOST}`,
  "stream": `GET /stream.mjpeg HTTP/1.1\r\n${HOST}\r\n`,
  "socket": `GET /ws HTTP/1.1\r\n${HOST}Upgrade: websocket\r\nConnection: Upgrade\r\n` +
    "Sec-WebSocket-Key: MDAwMDAwMDAwMDAwMDAwMA==\r\nSec-WebSocket-Version: 13\r\n\r\n",
};

/** A crowd of silent clients. */
export class SilentClients {
  readonly #connections: Deno.TcpConn[] = [];
  readonly #port: number;

  /** @param url Of the edge. */
  constructor(url: string) {
    this.#port = Number(new URL(url).port);
  }

  /** Connections opened. */
  get count(): number {
    return this.#connections.length;
  }

  /** Opens `count` more. */
  async open(count: number, silence: Silence): Promise<void> {
    const words = new TextEncoder().encode(WORDS[silence]);
    for (let i = 0; i < count; i++) {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
      if (words.length > 0) await connection.write(words);
      this.#connections.push(connection);
    }
  }

  /** How many of them the other side has ended; reads what was sent to them. */
  async ended(): Promise<number> {
    const piece = new Uint8Array(1024 * 1024);
    const states = await Promise.all(this.#connections.map(async (connection) => {
      const timer = setTimeout(() => connection.close(), 2000);
      try {
        while (await connection.read(piece) !== null);
        return 1;
      } catch (error) {
        return error instanceof Deno.errors.ConnectionReset ? 1 : 0;
      } finally {
        clearTimeout(timer);
      }
    }));
    return states.filter((state) => state === 1).length;
  }

  /** Ends all of them. */
  close(): void {
    for (const connection of this.#connections.splice(0)) {
      try {
        connection.close();
      } catch (error) {
        if (!(error instanceof Deno.errors.BadResource)) throw error; // closed already
      }
    }
  }
}
