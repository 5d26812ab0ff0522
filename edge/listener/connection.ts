// One connection of the listener: reads request after request and answers those that the app or a
// ready answer serves here; the first one that is for nobody here takes the connection elsewhere.

import { Buffer } from "node:buffer";
import type { RequestInfo } from "../edge.ts";
import { answerHead, wholeAnswer } from "./answer_head.ts";
import type { Channel } from "./channel.ts";
import type { Answer, ConnectionHost } from "./connection_host.ts";
import type { Line, Taker, Tenant } from "./line.ts";
import { patience } from "./patience.ts";
import { Proof } from "./proof.ts";
import { type Road, roadOf } from "./road.ts";
import type { RequestHead } from "./request_head.ts";
import { SocketBody } from "./socket_body.ts";

/** How long a request's head may take, and a connection be silent between requests, ms. */
export const HEAD_MS = 10_000;
export const IDLE_MS = 300_000;

/** What a client may send ahead while its request is answered. */
const MAX_AHEAD_BYTES = 64 * 1024;

const NOTHING: Buffer = Buffer.alloc(0);

/** A client's connection, from its first byte on. */
export class Connection implements Line {
  readonly #channel: Channel;
  readonly #host: ConnectionHost;
  readonly #proof = new Proof();
  readonly #over = Promise.withResolvers<void>();
  #rest: Buffer = NOTHING;
  #busy = false;
  #body: SocketBody | undefined;
  #taker: Taker | undefined;
  #tenant: Tenant | undefined;
  /** Since when nothing whole came, monotonic ms; undefined until it is looked at. */
  #waitingSince: number | undefined;

  /** @param onClose Called once, when it is over. */
  constructor(channel: Channel, host: ConnectionHost, onClose: () => void) {
    this.#channel = channel;
    this.#host = host;
    channel.onData = (chunk) => {
      try {
        this.#received(chunk);
      } finally {
        this.#keep();
      }
    };
    channel.onClose = () => {
      this.#over.resolve();
      this.#body?.fail(new Error("the connection was closed"));
      this.#tenant?.gone();
      onClose();
    };
  }

  /** Whether a request is being answered or the connection was taken over. */
  get busy(): boolean {
    return this.#busy;
  }

  take(taker: Taker): void {
    this.#taker = taker;
  }

  /** Ends it now. */
  destroy(): void {
    this.#channel.destroy();
  }

  /** Ends what takes too long. To be called every second with monotonic ms. */
  tick(now: number): void {
    if (this.#tenant) return this.#tenant.tick?.(now);
    if (this.#body && !this.#body.keepsPace(now) && this.#body.discarded) this.#channel.destroy();
    if (this.#busy) return;
    this.#waitingSince ??= now;
    const limit = this.#rest.length > 0 ? HEAD_MS : IDLE_MS;
    if (now - this.#waitingSince >= limit) this.#channel.destroy();
  }

  #received(chunk: Buffer): void {
    const rest = this.#body && !this.#body.complete ? this.#body.push(chunk) : chunk;
    if (rest.length === 0) return;
    // A head has its time from its first byte on, however long nothing came before it.
    if (this.#rest.length === 0) this.#waitingSince = undefined;
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, rest]) : rest;
    if (!this.#busy) this.#next();
    else if (this.#rest.length > MAX_AHEAD_BYTES) this.#channel.pause();
  }

  /** What came and could not be used yet is copied: the chunk is somebody else's next. */
  #keep(): void {
    this.#body?.keep();
    if (this.#rest.length > 0) this.#rest = Buffer.from(this.#rest);
  }

  #next(): void {
    while (this.#rest.length > 0 && !this.#channel.closed) {
      const head = this.#host.heads.read(this.#rest);
      if (head === "partial") return;
      const road = head === "unusual" ? undefined : roadOf(head, this.#host.maxFrameBytes);
      if (head === "unusual" || !road) return this.#passOn();
      this.#waitingSince = undefined;
      this.#rest = this.#rest.subarray(head.bytes);
      const { hostname } = this.#channel.peer;
      const kept = road.plain && road.keepable && this.#host.keep(head, road, hostname);
      if (kept) return this.#give(kept.taker, kept.head);
      const still = road.plain && !road.keepable && this.#host.still(head, road.cam, hostname);
      if (still) {
        this.#channel.share(still);
        if (this.#channel.waiting > 0) return this.#goOn();
        continue;
      }
      if (road.waitS !== undefined && this.#hold(head, road)) return;
      this.#busy = true;
      const answer = this.#ask(head, road);
      if (typeof answer !== "string") return void this.#answerLater(head, answer);
      this.#channel.write(answer);
      if (closes(head.headers)) return this.#hangUp();
      if (this.#channel.waiting > 0) return this.#goOn();
      this.#busy = false;
    }
  }

  /** Whether the request is held, or was answered. */
  #hold(head: RequestHead, road: Road): boolean {
    this.#busy = true;
    let answered = false;
    const held = this.#host.hold(head, road, this.#channel.peer.hostname, (answer) => {
      answered = true;
      this.#channel.share(answer);
      this.#goOn();
    });
    if (held && !answered) this.#tenant = held;
    return held !== undefined;
  }

  /**
   * The request is answered: the next one may be read once the client has the answer. One that asks
   * and asks and never reads would have answers for it fill the memory.
   */
  #goOn(): void {
    if (this.#channel.waiting > 0) {
      this.#busy = true;
      this.#tenant = patience(this.#channel, IDLE_MS);
      this.#channel.whenSent(() => this.#goOn());
      return;
    }
    this.#tenant = undefined;
    this.#busy = false;
    this.#channel.resume();
    this.#next();
  }

  #passOn(): void {
    this.#busy = true;
    this.#tenant = this.#host.passOn(this.#channel, this.#rest);
    this.#rest = NOTHING;
  }

  #ask(head: RequestHead, road: Road): Answer | Promise<Answer> {
    this.#body = undefined;
    if (head.method === "PUT") {
      const body = this.#body = new SocketBody(head.bodyBytes);
      this.#rest = body.push(this.#rest);
      const admitted = this.#proof.holds(head, road.cam, this.#host.admits);
      if (admitted) return this.#host.upload(head, road.cam, body);
    }
    return this.#askApp(head, road);
  }

  async #answerLater(head: RequestHead, coming: Answer | Promise<Answer>): Promise<void> {
    try {
      const answer = await coming;
      if (answer instanceof Response && this.#taker) {
        return this.#give(this.#taker, keptHead(answer));
      }
      this.#body?.discard();
      const last = closes(head.headers);
      const bytes = answer instanceof Response ? await wholeAnswer(answer, last) : answer;
      if (this.#channel.closed) return;
      this.#channel.write(bytes);
      if (last) return this.#hangUp();
      this.#goOn();
    } catch (error) {
      this.#channel.destroy();
      throw error;
    }
  }

  async #askApp({ method, headers, target }: RequestHead, road: Road): Promise<Response> {
    const request = new Request(`http://${headers.get("host")}${target}`, {
      method,
      headers: [...headers],
    });
    const info: RequestInfo = {
      remoteAddr: this.#channel.peer,
      completed: this.#over.promise,
      line: road.keepable ? this : undefined,
      body: this.#body,
    };
    return await this.#host.fetch(request, info);
  }

  /** Ends it when the client has ended it, or soon. */
  #hangUp(): void {
    this.#channel.end();
    this.#tenant = patience(this.#channel, HEAD_MS);
  }

  #give(taker: Taker, head: string): void {
    const channel = this.#channel;
    this.#busy = true;
    channel.write(head);
    this.#tenant = taker(channel, this.#rest);
    this.#rest = NOTHING;
    // Who went while the app was at it is a viewer already, and would stay one.
    if (channel.closed) this.#tenant.gone();
    channel.resume();
  }
}

/** The head of an answer whose connection is kept. */
function keptHead({ headers }: Response): string {
  if (headers.has("upgrade")) return answerHead(101, headers);
  return answerHead(200, [...headers, ["connection", "close"]]);
}

function closes(headers: ReadonlyMap<string, string>): boolean {
  return /\bclose\b/i.test(headers.get("connection") ?? "");
}
