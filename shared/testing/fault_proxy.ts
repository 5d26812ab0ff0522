// A bad network between camera and edge: a TCP proxy on loopback whose faults can be switched while
// connections run through it.

import { systemClock } from "../clock.ts";
import { freePorts } from "./proxies.ts";

/** What the network does. */
export type NetworkFault =
  | { readonly kind: "none" }
  /** Nobody listens; open connections are reset. */
  | { readonly kind: "refuse" }
  /** Connections are reset once `bytes` have gone up on them. */
  | { readonly kind: "reset"; readonly bytes: number }
  /**
   * Packets vanish. Connections that were open then, or are opened meanwhile, stay dead for ever, as
   * behind a router that has forgotten them.
   */
  | { readonly kind: "black hole" }
  /** What goes up arrives, what comes down vanishes; connections of that time stay so for ever. */
  | { readonly kind: "answers lost" }
  /** Every `nth` request waits for `ms` before it goes on. */
  | { readonly kind: "delay"; readonly nth: number; readonly ms: number }
  /** Something on the way answers every request with this status. */
  | { readonly kind: "answer"; readonly status: number }
  /** All connections together send no faster than this. */
  | { readonly kind: "slow"; readonly bytesPerSecond: number }
  /** The same for what comes down. */
  | { readonly kind: "slow answers"; readonly bytesPerSecond: number };

/** Bytes read at once: small, so that slowness is even. */
const CHUNK_BYTES = 8192;

interface Route {
  readonly client: Deno.TcpConn;
  readonly server: Deno.TcpConn;
  /** Whether it goes to what answers in the target's place. */
  readonly stranger: boolean;
  /** Set once the packets of this connection vanish. */
  dead: boolean;
  /** Set once those that come down do. */
  mute: boolean;
  up: number;
  /** Whether the last bytes went down: the next ones up begin a request. */
  answered: boolean;
}

/** A proxy in front of one port of this machine. */
export class FaultProxy implements AsyncDisposable {
  readonly port: number;
  readonly #target: number;
  #fault: NetworkFault = { kind: "none" };
  #listener: Deno.TcpListener | undefined;
  readonly #answers: Deno.HttpServer<Deno.NetAddr>;
  readonly #routes = new Set<Route>();
  #requests = 0;
  /** When the slow line has room again, monotonic ms. */
  #freeAt = 0;

  /** @param target The port to which connections go. */
  constructor(target: number) {
    this.#target = target;
    this.#answers = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async (request) => {
        await request.arrayBuffer().catch(() => {});
        const status = this.#fault.kind === "answer" ? this.#fault.status : 502;
        return new Response("upstream connect error", { status });
      },
    );
    // One that is still free after "refuse".
    [this.port] = freePorts(1);
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: this.port });
    this.#accept(this.#listener);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Changes what the network does, for open connections too. */
  set(fault: NetworkFault): void {
    const { kind } = fault;
    this.#fault = fault;
    if (kind === "refuse") {
      this.#listener?.close();
      this.#listener = undefined;
    } else if (!this.#listener) {
      this.#listener = Deno.listen({ hostname: "127.0.0.1", port: this.port });
      this.#accept(this.#listener);
    }
    for (const route of this.#routes) {
      if (kind === "black hole") route.dead = true;
      if (kind === "answers lost") route.mute = true;
      if (kind === "refuse" || kind === "answer" || route.stranger) this.#close(route);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener?.close();
    for (const route of this.#routes) this.#close(route);
    await this.#answers.shutdown();
  }

  async #accept(listener: Deno.TcpListener): Promise<void> {
    for (;;) {
      try {
        this.#open(await listener.accept());
      } catch {
        return;
      }
    }
  }

  async #open(client: Deno.TcpConn): Promise<void> {
    const stranger = this.#fault.kind === "answer";
    const port = stranger ? this.#answers.addr.port : this.#target;
    let server: Deno.TcpConn;
    try {
      server = await Deno.connect({ hostname: "127.0.0.1", port });
    } catch {
      return closeConnection(client);
    }
    server.setNoDelay(true);
    client.setNoDelay(true);
    const dead = this.#fault.kind === "black hole";
    const mute = this.#fault.kind === "answers lost";
    const route: Route = { client, server, stranger, dead, mute, up: 0, answered: true };
    this.#routes.add(route);
    this.#pump(route, client, server, (chunk) => this.#goingUp(route, chunk));
    this.#pump(route, server, client, async (chunk) => {
      route.answered = true;
      if (this.#fault.kind === "slow answers") await this.#wait(chunk, this.#fault);
      return route.mute ? "drop" : "pass";
    });
  }

  async #pump(
    route: Route,
    from: Deno.TcpConn,
    to: Deno.TcpConn,
    judge: (chunk: Uint8Array) => Promise<"pass" | "drop" | "end">,
  ): Promise<void> {
    const buffer = new Uint8Array(CHUNK_BYTES);
    try {
      for (;;) {
        const length = await from.read(buffer);
        if (length === null) break;
        const chunk = buffer.subarray(0, length);
        const verdict = await judge(chunk);
        if (verdict === "end") break;
        if (route.dead) return;
        if (verdict === "drop") continue;
        for (let sent = 0; sent < length;) sent += await to.write(chunk.subarray(sent));
      }
    } catch {
      // One of the two sides has gone.
    }
    if (!route.dead && !route.mute) this.#close(route);
  }

  /** Lets bytes towards the edge wait, or ends their connection. */
  async #goingUp(route: Route, chunk: Uint8Array): Promise<"pass" | "end"> {
    const fault = this.#fault;
    const begins = route.answered;
    route.answered = false;
    if (begins) this.#requests++;
    if (begins && fault.kind === "delay" && this.#requests % fault.nth === 0) {
      await systemClock.sleep(fault.ms);
    }
    if (fault.kind === "slow") await this.#wait(chunk, fault);
    route.up = begins ? chunk.length : route.up + chunk.length;
    return fault.kind === "reset" && route.up > fault.bytes ? "end" : "pass";
  }

  /** Waits until the line has carried a piece. */
  async #wait(chunk: Uint8Array, line: { readonly bytesPerSecond: number }): Promise<void> {
    const now = performance.now();
    this.#freeAt = Math.max(now, this.#freeAt) + chunk.length * 1000 / line.bytesPerSecond;
    await systemClock.sleep(this.#freeAt - now);
  }

  /** Closes both sides. What a side has sent and nobody has read makes the kernel reset it. */
  #close(route: Route): void {
    this.#routes.delete(route);
    closeConnection(route.client);
    closeConnection(route.server);
  }
}

function closeConnection(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // Closed already.
  }
}
