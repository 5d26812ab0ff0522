// Clients with a connection of their own: one whose request is written by hand, a socket whose messages
// are awaited one by one, and crowds that open a connection and then do nothing.

import { ACK_BYTES, FRAME_HEADER_BYTES, readFrameHeader } from "../wire_frame.ts";
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

/** A viewer's message that it has drawn everything up to a version. */
export function encodeAck(ack: { camera: number; version: number }): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.of(0xac, 1, ...new Uint8Array(ACK_BYTES - 2));
  const view = new DataView(bytes.buffer);
  view.setUint16(2, ack.camera);
  view.setFloat64(8, ack.version);
  return bytes;
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

const HOST = "Host: 127.0.0.1\r\n";
/** What silent clients say before they fall silent: they never read, acknowledge or answer a ping. */
const SILENCES = {
  "idle": "",
  "half a request": `GET /live.jpeg HTTP/1.1\r\n${HOST}`,
  "stream": `GET /stream.mjpeg HTTP/1.1\r\n${HOST}\r\n`,
  "socket": `GET /ws HTTP/1.1\r\n${HOST}Upgrade: websocket\r\nConnection: Upgrade\r\n` +
    "Sec-WebSocket-Key: MDAwMDAwMDAwMDAwMDAwMA==\r\nSec-WebSocket-Version: 13\r\n\r\n",
};

/** Opens a crowd of silent clients; disposing of it ends them. */
export async function silentClients(
  url: string,
  counts: Partial<Record<keyof typeof SILENCES, number>>,
): Promise<Disposable> {
  const port = Number(new URL(url).port);
  const crowd = new DisposableStack();
  for (const [silence, words] of Object.entries(SILENCES)) {
    for (let i = 0; i < (counts[silence as keyof typeof SILENCES] ?? 0); i++) {
      const connection = crowd.use(await Deno.connect({ hostname: "127.0.0.1", port }));
      await connection.write(new TextEncoder().encode(words));
    }
  }
  return crowd;
}
