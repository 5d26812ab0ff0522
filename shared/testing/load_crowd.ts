// The viewers of the bench, in a process of their own. Each has a socket and a buffer; it looks for
// the stamp of a frame and for its last two bytes, and at nothing between: 10 µs of CPU for 30 KB,
// as little as a C program on epoll takes. A command is a POST of JSON.

import { findStamp, nowMs, readStamp, STAMP_AT, STAMP_BYTES } from "./load_camera.ts";

/** Viewers who do the same. */
export interface GroupOptions {
  readonly url: string;
  /** With query. `{version}` stands for the newest version that a viewer has. */
  readonly path: string;
  /** Bytes of a frame. */
  readonly size: number;
  /** How many there are to be, and ms over which new ones come. */
  readonly viewers: number;
  readonly overMs: number;
  /** Bytes a second that each reads. Default: all there are. */
  readonly rate?: number;
  /** Set = they ask again and again, this many ms apart. Default: one answer without end. */
  readonly everyMs?: number;
  /** Whether they say which frame they have. */
  readonly conditional?: boolean;
}

/** What a crowd can be told to do. */
export type Order = "join" | "turn" | "take";

/** The order, the group that is meant, and the arguments of its method. */
export type Command<O extends Order = Order> = [O, group: string, ...Parameters<Group[O]>];

/** What a group has seen since the last time it was asked. */
export type Seen = ReturnType<Group["take"]>;

/** The middle of some figures and their bad end; 0 where there are none. */
export function spread(values: readonly number[]): Record<"count" | "p50" | "p95" | "p99", number> {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? 0;
  return { count: values.length, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

class Group {
  options!: GroupOptions;
  readonly viewers: Viewer[] = [];
  /** Ms to the last byte of a frame since its sending, of an answer and a first frame since asked. */
  ages: number[] = [];
  answers: number[] = [];
  firsts: number[] = [];
  /** Connections that broke, and frames that did not end where they must. */
  faults: string[] = [];
  /** Set while those who ask pause. */
  paused: PromiseWithResolvers<void> | undefined;

  /** Lets those who ask go on or pause. */
  turn(on: boolean): void {
    this.paused?.resolve();
    this.paused = on ? undefined : Promise.withResolvers();
  }

  /** Makes it so many viewers; resolves when all new ones have their first picture. */
  async join(options: GroupOptions): Promise<void> {
    this.options = options;
    const { viewers, overMs } = options;
    for (const viewer of this.viewers.splice(viewers)) viewer.close();
    const missing = viewers - this.viewers.length;
    const startedAt = nowMs();
    for (let i = 0; i < missing; i++) {
      await sleep(startedAt + overMs * i / missing - nowMs());
      this.viewers.push(new Viewer(this));
    }
    await Promise.all(this.viewers.map((viewer) => viewer.first.promise));
  }

  /** What it saw; `fresh` also begins to count its frames anew. */
  take(fresh: boolean) {
    const frames = this.viewers.map((viewer) => viewer.frames).sort((a, b) => a - b);
    const seen = {
      // Of the viewer with the fewest, of the middle one, and of all, since they count anew.
      fewest: frames[0] ?? 0,
      median: frames[frames.length >> 1] ?? 0,
      frames: frames.reduce((sum, count) => sum + count, 0),
      faults: this.faults,
      age: spread(this.ages),
      answer: spread(this.answers),
      first: spread(this.firsts),
    };
    for (const viewer of fresh ? this.viewers : []) viewer.frames = 0;
    [this.ages, this.answers, this.firsts, this.faults] = [[], [], [], []];
    return seen;
  }
}

class Viewer {
  frames = 0;
  readonly first = Promise.withResolvers<void>();
  readonly #group: Group;
  readonly #buffer: Uint8Array<ArrayBuffer>;
  #connection: Deno.TcpConn | undefined;
  #closed = false;
  #askedAt = 0;
  #seen = false;
  /** Of the frame that is arriving: when it was sent, and bytes of it before its last two. */
  #sentAt = 0;
  #left = -1;
  /** When a slow line is free again. */
  #freeAt = 0;

  constructor(group: Group) {
    this.#group = group;
    this.#buffer = new Uint8Array(group.options.size + 4096);
    this.#watch().catch((error) => {
      if (!this.#closed) group.faults.push(String(error));
    }).finally(() => this.first.resolve());
  }

  close(): void {
    this.#closed = true;
    this.#connection?.close();
  }

  async #watch(): Promise<void> {
    const { url, everyMs } = this.#group.options;
    this.#askedAt = nowMs();
    const { hostname, port } = new URL(url);
    this.#connection = await Deno.connect({ hostname, port: Number(port) });
    this.#connection.setNoDelay();
    if (everyMs !== undefined) return await this.#poll(everyMs);
    await this.#ask("", "0");
    for (let have = 0;;) have = this.#look(have + await this.#read(have));
  }

  /** Takes what is there of frames. Returns how many bytes are kept, at the buffer's start. */
  #look(have: number): number {
    const buffer = this.#buffer;
    let at = 0;
    for (;;) {
      if (this.#left >= 0) {
        const step = Math.min(this.#left, have - at);
        at += step;
        this.#left -= step;
        if (this.#left > 0 || at + 2 > have) break;
        const due = at;
        while (at + 2 <= have && !(buffer[at] === 0xff && buffer[at + 1] === 0xd9)) at++;
        if (at + 2 > have) break;
        // Marks of chunked transfer may have come in between; other bytes may not.
        if (at - due > 64) this.#group.faults.push(`a picture is ${at - due} bytes too long`);
        at += 2;
        this.#left = -1;
        this.#arrived(this.#sentAt);
      }
      const stamp = findStamp(buffer, at, have);
      at = stamp < 0 ? Math.max(at, have - STAMP_BYTES) : stamp;
      if (stamp < 0 || stamp + STAMP_BYTES > have) break;
      this.#sentAt = readStamp(buffer, stamp);
      this.#left = this.#group.options.size - STAMP_AT - 2;
    }
    buffer.copyWithin(0, at, have);
    return have - at;
  }

  async #poll(everyMs: number): Promise<void> {
    const group = this.#group;
    const { size, conditional } = group.options;
    const buffer = this.#buffer;
    let [etag, version] = ["", "0"];
    for (;;) {
      if (group.paused) {
        await group.paused.promise;
        await sleep(everyMs * Math.random());
      }
      this.#askedAt = nowMs();
      await this.#ask(conditional && etag ? `If-None-Match: ${etag}\r\n` : "", version);
      let [have, end, head] = [0, -1, ""];
      while (end < 0) {
        have += await this.#read(have);
        head = new TextDecoder("latin1").decode(buffer.subarray(0, Math.min(have, 2048)));
        end = head.indexOf("\r\n\r\n");
      }
      const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
      if (!/^HTTP\/1.1 (200|304)/.test(head)) throw new Error(head.slice(0, end));
      while (have < end + 4 + length) have += await this.#read(have);
      group.answers.push(nowMs() - this.#askedAt);
      etag = /^etag: (.*)$/im.exec(head)?.[1].trim() ?? "";
      const stamp = findStamp(buffer, end, have);
      if (stamp >= 0) {
        // On the page's road the version stands in the header of 32 bytes before the frame.
        const frame = stamp - STAMP_AT;
        if (!etag) version = String(new DataView(buffer.buffer).getFloat64(frame - 24));
        if (buffer[frame + size - 1] !== 0xd9) group.faults.push("a picture has no end");
        this.#arrived(readStamp(buffer, stamp));
      }
      await sleep(this.#askedAt + everyMs - nowMs());
    }
  }

  #arrived(sentAt: number): void {
    const now = nowMs();
    this.frames++;
    this.#group.ages.push(now - sentAt);
    if (this.#seen) return;
    this.#seen = true;
    this.#group.firsts.push(now - this.#askedAt);
    this.first.resolve();
  }

  async #ask(headers: string, version: string): Promise<void> {
    const path = this.#group.options.path.replace("{version}", version);
    const text = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers}\r\n`;
    await this.#connection!.write(new TextEncoder().encode(text));
  }

  /** Reads on behind `have`; a slow line gives its bytes when they have come through. */
  async #read(have: number): Promise<number> {
    const { rate } = this.#group.options;
    const to = rate ? Math.min(have + Math.ceil(rate / 20), this.#buffer.length) : undefined;
    const got = await this.#connection!.read(this.#buffer.subarray(have, to));
    if (got === null) throw new Error("the server hung up");
    if (rate) {
      this.#freeAt = Math.max(this.#freeAt, nowMs()) + 1000 * got / rate;
      await sleep(this.#freeAt - nowMs());
    }
    return got;
  }
}

const groups = new Map<string, Group>();

async function obey([order, name, ...args]: Command): Promise<unknown> {
  const known = groups.get(name);
  const group = known?.viewers.length ? known : new Group();
  groups.set(name, group);
  return await Reflect.apply(group[order], group, args);
}

async function sleep(ms: number): Promise<void> {
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}

if (import.meta.main) {
  const onListen = ({ port }: Deno.NetAddr) => console.log(`listening on http://127.0.0.1:${port}`);
  Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen },
    async (request) => Response.json(await obey(await request.json()) ?? null),
  );
}
