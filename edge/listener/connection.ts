// One connection of the listener: reads request after request and answers those that the app or a
// ready answer serves here; the first one that is for nobody here takes the connection elsewhere.

import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import type { RequestInfo } from "../edge.ts";
import { answerHead, wholeAnswer } from "./answer_head.ts";
import type { Held } from "./held_still.ts";
import type { Line, Taker, Tenant } from "./line.ts";
import type { Kernel } from "./kernel.ts";
import { outletOf, type Write } from "./outlet.ts";
import { patience } from "./patience.ts";
import { Proof } from "./proof.ts";
import { type Road, roadOf } from "./road.ts";
import type { HeadReader, RequestHead } from "./request_head.ts";
import { SocketBody } from "./socket_body.ts";

/** All of an answer, as text in latin1, or one to make its bytes of. */
type Answer = string | Response;

/** What a connection needs of the edge. */
export interface ConnectionHost {
  fetch(request: Request, info: RequestInfo): Response | Promise<Response>;
  readonly heads: HeadReader;
  /**
   * Holds a request for a newer frame, and gives `done` its whole answer, at once or later; undefined
   * where the app has to look at it.
   */
  hold(
    head: RequestHead,
    road: Road,
    peer: string,
    done: (answer: Buffer<ArrayBuffer>) => void,
  ): Held | undefined;
  /** The whole answer to a plain request for a frame, where there is one. */
  still(head: RequestHead, cam: string, peer: string): Buffer<ArrayBuffer> | undefined;
  /** Whether an upload may be taken without the app. */
  readonly admits: (head: RequestHead, cam: string) => boolean;
  /** Takes an upload: the whole answer, or a problem; at once where all of the body has come. */
  upload(head: RequestHead, cam: string, body: SocketBody): Answer | Promise<Answer>;
  /** Takes the connection over, with what came on it so far. */
  passOn(socket: Socket, received: Buffer): void;
  readonly kernel: Kernel | undefined;
  /** Larger bodies are not read here. */
  readonly maxFrameBytes: number;
}

/** How long a request's head may take, and a connection be silent between requests, ms. */
export const HEAD_MS = 10_000;
export const IDLE_MS = 300_000;

/** What a client may send ahead while its request is answered. */
const MAX_AHEAD_BYTES = 64 * 1024;

const NOTHING: Buffer = Buffer.alloc(0);

/** A client's connection, from its first byte on. */
export class Connection implements Line {
  readonly #socket: Socket;
  readonly #host: ConnectionHost;
  readonly #peer: Deno.NetAddr;
  readonly #onData = (chunk: Buffer) => this.#received(chunk);
  readonly #proof = new Proof();
  #write: Write | undefined;
  #rest: Buffer = NOTHING;
  #busy = false;
  #body: SocketBody | undefined;
  #taker: Taker | undefined;
  #tenant: Tenant | undefined;
  /** Since when nothing whole came, monotonic ms; undefined until it is looked at. */
  #waitingSince: number | undefined;

  constructor(socket: Socket, host: ConnectionHost) {
    this.#socket = socket;
    this.#host = host;
    const { remoteAddress = "unknown", remotePort = 0 } = socket;
    this.#peer = { transport: "tcp", hostname: remoteAddress, port: remotePort };
    socket.on("data", this.#onData);
    socket.on("close", () => {
      this.#body?.fail(new Error("the connection was closed"));
      this.#tenant?.gone();
    });
  }

  /** Whether a request is being answered or the connection was taken over. */
  get busy(): boolean {
    return this.#busy;
  }

  take(taker: Taker): void {
    this.#taker = taker;
  }

  /** Ends what takes too long. To be called every second with monotonic ms. */
  tick(now: number): void {
    if (this.#tenant) return this.#tenant.tick?.(now);
    if (this.#body && !this.#body.keepsPace(now) && this.#body.discarded) this.#socket.destroy();
    if (this.#busy) return;
    this.#waitingSince ??= now;
    const limit = this.#rest.length > 0 ? HEAD_MS : IDLE_MS;
    if (now - this.#waitingSince >= limit) this.#socket.destroy();
  }

  /** Made when it is first needed: many connections are somebody else's. */
  get #outlet(): Write {
    return this.#write ??= outletOf(this.#socket, this.#host.kernel);
  }

  #received(chunk: Buffer): void {
    const rest = this.#body && !this.#body.complete ? this.#body.push(chunk) : chunk;
    if (rest.length === 0) return;
    // A head has its time from its first byte on, however long nothing came before it.
    if (this.#rest.length === 0) this.#waitingSince = undefined;
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, rest]) : rest;
    if (!this.#busy) this.#next();
    else if (this.#rest.length > MAX_AHEAD_BYTES) this.#socket.pause();
  }

  #next(): void {
    while (this.#rest.length > 0) {
      const head = this.#host.heads.read(this.#rest);
      if (head === "partial") return;
      const road = head === "unusual" ? undefined : roadOf(head, this.#host.maxFrameBytes);
      if (head === "unusual" || !road) return this.#passOn();
      this.#waitingSince = undefined;
      this.#rest = this.#rest.subarray(head.bytes);
      const still = road.plain && this.#host.still(head, road.cam, this.#peer.hostname);
      if (still) {
        this.#outlet(still);
        if (this.#socket.writableLength > 0) return this.#goOn();
        continue;
      }
      if (road.waitS !== undefined && this.#hold(head, road)) return;
      this.#busy = true;
      const answer = this.#ask(head, road);
      if (typeof answer !== "string") return void this.#answerLater(head, answer);
      this.#socket.write(answer, "latin1");
      if (closes(head.headers)) return this.#hangUp();
      if (this.#socket.writableLength > 0) return this.#goOn();
      this.#busy = false;
    }
  }

  /** Whether the request is held, or was answered. */
  #hold(head: RequestHead, road: Road): boolean {
    this.#busy = true;
    let answered = false;
    const held = this.#host.hold(head, road, this.#peer.hostname, (answer) => {
      answered = true;
      this.#outlet(answer);
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
    if (this.#socket.writableLength > 0) {
      this.#busy = true;
      this.#tenant = patience(this.#socket, IDLE_MS);
      this.#socket.write(NOTHING, (error) => error ?? this.#goOn());
      return;
    }
    this.#tenant = undefined;
    this.#busy = false;
    this.#socket.resume();
    this.#next();
  }

  #passOn(): void {
    this.#busy = true;
    this.#tenant = { gone() {} };
    this.#socket.off("data", this.#onData);
    this.#host.passOn(this.#socket, this.#rest);
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
      if (answer instanceof Response && this.#taker) return this.#give(this.#taker, answer);
      this.#body?.discard();
      const last = closes(head.headers);
      const bytes = answer instanceof Response ? await wholeAnswer(answer, last) : answer;
      if (this.#socket.destroyed) return;
      this.#socket.write(bytes, "latin1");
      if (last) return this.#hangUp();
      this.#goOn();
    } catch (error) {
      this.#socket.destroy();
      throw error;
    }
  }

  async #askApp({ method, headers, target }: RequestHead, road: Road): Promise<Response> {
    const request = new Request(`http://${headers.get("host")}${target}`, {
      method,
      headers: [...headers],
    });
    const socket = this.#socket;
    const info: RequestInfo = {
      remoteAddr: this.#peer,
      get completed() {
        if (socket.closed) return Promise.resolve();
        return new Promise<void>((resolve) => socket.on("close", () => resolve()));
      },
      line: road.keepable ? this : undefined,
      body: this.#body,
    };
    return await this.#host.fetch(request, info);
  }

  /** Ends it when the client has ended it, or soon. */
  #hangUp(): void {
    this.#socket.end();
    this.#tenant = patience(this.#socket, HEAD_MS);
  }

  #give(taker: Taker, response: Response): void {
    const socket = this.#socket;
    socket.off("data", this.#onData);
    const upgraded = response.headers.has("upgrade");
    const extra: [string, string][] = upgraded ? [] : [["connection", "close"]];
    socket.write(answerHead(upgraded ? 101 : 200, [...response.headers, ...extra]));
    this.#tenant = taker(socket, this.#rest, this.#outlet);
    this.#rest = NOTHING;
    // Who went while the app was at it is a viewer already, and would stay one.
    if (socket.destroyed) this.#tenant.gone();
    socket.resume();
  }
}

function closes(headers: ReadonlyMap<string, string>): boolean {
  return /\bclose\b/i.test(headers.get("connection") ?? "");
}
