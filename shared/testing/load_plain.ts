// What the bench holds the edge against: a server that does the same without an app around it, as
// `Deno.serve` and in a Durable Object. No checks, no store, no tokens, no limits.
//   PUT any path    GET /live.jpeg (ETag, 304, ?wait=)    GET any other path: the stream

const BOUNDARY = "plain-5a1e0f6c9d";
const HEAD = `--${BOUNDARY}\r\nContent-Type: image/jpeg\r\n\r\n`;
const encoder = new TextEncoder();
const opening = encoder.encode(HEAD);
const tail = encoder.encode(`\r\n${HEAD}`);

export class PlainObject {
  readonly #streams = new Set<ReadableStreamDefaultController<Uint8Array>>();
  readonly #waiting = new Set<() => void>();
  #newest: Uint8Array<ArrayBuffer> | undefined;
  #part: Uint8Array | undefined;
  #version = 0;

  fetch(request: Request): Response | Promise<Response> {
    if (request.method === "PUT") return this.#take(request);
    const { pathname, searchParams } = new URL(request.url);
    return pathname === "/live.jpeg"
      ? this.#still(request, Number(searchParams.get("wait")))
      : this.#watch();
  }

  async #take(request: Request): Promise<Response> {
    const newest = this.#newest = new Uint8Array(await request.arrayBuffer());
    const part = this.#part = new Uint8Array(newest.length + tail.length);
    part.set(newest);
    part.set(tail, newest.length);
    this.#version++;
    for (const stream of this.#streams) if ((stream.desiredSize ?? 0) > 0) stream.enqueue(part);
    for (const answer of this.#waiting) answer();
    return new Response(null, { status: 204, headers: { etag: `"${this.#version}"` } });
  }

  #watch(): Response {
    let stream: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#streams.add(stream = controller);
        controller.enqueue(opening);
        if (this.#part) controller.enqueue(this.#part);
      },
      cancel: () => void this.#streams.delete(stream),
    }, { highWaterMark: 2 });
    const type = `multipart/x-mixed-replace; boundary=${BOUNDARY}`;
    return new Response(body, { headers: { "content-type": type, "cache-control": "no-store" } });
  }

  async #still(request: Request, waitS: number): Promise<Response> {
    const known = request.headers.get("if-none-match");
    if (waitS > 0 && known === `"${this.#version}"`) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, 1000 * waitS);
      request.signal.addEventListener("abort", () => resolve());
      this.#waiting.add(resolve);
      await promise;
      this.#waiting.delete(resolve);
      clearTimeout(timer);
    }
    const headers = { etag: `"${this.#version}"`, "content-type": "image/jpeg" };
    if (known === headers.etag) return new Response(null, { status: 304, headers });
    return new Response(this.#newest, { headers });
  }
}

export default {
  fetch(request: Request, env: { EDGE: { getByName(name: string): PlainObject } }) {
    return env.EDGE.getByName("plain").fetch(request);
  },
};

if (import.meta.main) {
  const plain = new PlainObject();
  const onListen = ({ port }: Deno.NetAddr) => console.log(`listening on http://127.0.0.1:${port}`);
  const options = { hostname: "127.0.0.1", port: 0, tcpBacklog: 4096, onListen };
  Deno.serve(options, (request) => plain.fetch(request));
}
