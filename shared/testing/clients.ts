// Clients with a connection of their own: one whose request is written by hand, a socket whose messages
// are awaited one by one, and crowds that open a connection and then do nothing.

import { FRAME_HEADER_BYTES, readFrameHeader } from "../wire_frame.ts";
import { News } from "./wait.ts";

/** The status of the answer to a request as it is written here, byte for byte. */
export async function statusOf(url: string, request: string): Promise<number> {
  const { hostname, port } = new URL(url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(new TextEncoder().encode(request));
  const head = new Uint8Array(12);
  await connection.read(head);
  return Number(new TextDecoder().decode(head).split(" ")[1]);
}

/** Deno's own constructor takes headers; the browser's type, which the page needs, knows none. */
const HeadedWebSocket = WebSocket as unknown as new (
  url: string,
  options: { headers: Record<string, string> },
) => WebSocket;

/** A socket whose messages are awaited one by one. */
export class SocketClient {
  readonly socket: WebSocket;
  /** The code with which it was closed. */
  readonly closed: Promise<number>;
  readonly #messages: unknown[] = [];
  readonly #arrived = new News();

  /** @param url Of http, too. */
  constructor(url: string, headers: Record<string, string> = {}) {
    this.socket = new HeadedWebSocket(url.replace("http", "ws"), { headers });
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = ({ data }) => {
      this.#messages.push(data);
      this.#arrived.tell();
    };
    this.closed = new Promise((resolve) => {
      this.socket.onclose = ({ code }) => {
        resolve(code);
        this.#arrived.tell();
      };
    });
  }

  /** The next message in words, of that type where one is given; others are passed over. */
  async text(type?: string): Promise<Record<string, unknown>> {
    for (;;) {
      const message = await this.#next();
      if (typeof message !== "string") continue;
      const parsed = JSON.parse(message);
      if (type === undefined || parsed.type === type) return parsed;
    }
  }

  /** The next picture; what is said is passed over. */
  async frame(): Promise<{ camera: number; version: number; jpeg: Uint8Array }> {
    for (;;) {
      const message = await this.#next();
      if (!(message instanceof ArrayBuffer)) continue;
      const bytes = new Uint8Array(message);
      return { ...readFrameHeader(bytes)!, jpeg: bytes.subarray(FRAME_HEADER_BYTES) };
    }
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  #next(): Promise<unknown> {
    return this.#arrived.until(() => {
      const { readyState } = this.socket;
      if (this.#messages.length === 0 && readyState === WebSocket.CLOSED) {
        throw new Error("the socket is closed");
      }
      return this.#messages.shift();
    });
  }
}

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
