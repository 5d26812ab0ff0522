// What is used of Workers' runtime, as types: none of it is a web standard, and Deno has none of it.

/** What goes into a statement and comes out of a row. */
export type SqlValue = string | number | null | ArrayBuffer | ArrayBufferView;
export type SqlRow = Readonly<Record<string, SqlValue>>;

export interface ObjectStorage {
  readonly sql: {
    exec(query: string, ...values: SqlValue[]): { toArray(): SqlRow[] };
  };
  transactionSync<T>(run: () => T): T;
  getAlarm(): Promise<number | null>;
  setAlarm(unixMs: number): Promise<void>;
}

/** The server's end of a WebSocket that stays open while the object sleeps. */
export interface ObjectSocket extends WebSocket {
  /** At most 16,384 bytes, kept with the socket. */
  serializeAttachment(value: unknown): void;
  deserializeAttachment(): unknown;
}

export interface ObjectContext {
  readonly storage: ObjectStorage;
  acceptWebSocket(socket: ObjectSocket): void;
  getWebSockets(): ObjectSocket[];
  /** Nothing is delivered meanwhile. */
  blockConcurrencyWhile<T>(run: () => Promise<T>): Promise<T>;
}

export interface Fetcher {
  fetch(request: Request | string): Promise<Response>;
}

/** What wrangler.jsonc binds, and the settings by their names. */
export interface Bindings {
  readonly EDGE: { getByName(name: string): Fetcher };
  readonly ASSETS: Fetcher;
  readonly [setting: string]: unknown;
}

export interface WorkerContext {
  waitUntil(work: Promise<unknown>): void;
}

export function socketPair(): { readonly client: unknown; readonly server: ObjectSocket } {
  const { WebSocketPair } = globalThis as unknown as {
    readonly WebSocketPair: new () => Readonly<Record<0 | 1, unknown>>;
  };
  const pair = new WebSocketPair();
  return { client: pair[0], server: pair[1] as ObjectSocket };
}
