// A load balancer that gives each request to one of its servers, by chance, the same in each run: how
// many come to each is no luck then. HTTP only, no sockets.

import { seededRandom } from "./seeded_random.ts";

/** A running balancer. */
export class Balancer implements AsyncDisposable {
  readonly url: string;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #random = seededRandom(1);
  readonly #stop = new AbortController();

  /** @param targets Where the servers are, as `http://host:port`. */
  constructor(targets: readonly string[]) {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
      const target = targets[Math.floor(this.#random() * targets.length)];
      const { pathname, search } = new URL(request.url);
      const { method, headers, body } = request;
      const { signal } = this.#stop;
      return fetch(target + pathname + search, { method, headers, body, signal })
        .catch(() => new Response(null, { status: 502 }));
    });
    this.url = `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#server.shutdown();
  }
}
