// What the bench holds the edge on Workers against: a Durable Object that does the same without an app
// in it. No checks, no store, no tokens, no limits.

const BOUNDARY = "plain-5a1e0f6c9d";
const HEAD = `--${BOUNDARY}\r\nContent-Type: image/jpeg\r\n\r\n`;
const encoder = new TextEncoder();
const opening = encoder.encode(HEAD);
const tail = encoder.encode(`\r\n${HEAD}`);

export class PlainObject {
  readonly #streams = new Set<ReadableStreamDefaultController<Uint8Array>>();
  #part: Uint8Array | undefined;

  async fetch(request: Request): Promise<Response> {
    if (request.method !== "PUT") return this.#watch();
    const newest = new Uint8Array(await request.arrayBuffer());
    const part = this.#part = new Uint8Array(newest.length + tail.length);
    part.set(newest);
    part.set(tail, newest.length);
    for (const stream of this.#streams) if ((stream.desiredSize ?? 0) > 0) stream.enqueue(part);
    return new Response(null, { status: 204 });
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
}

export default {
  fetch(request: Request, env: { EDGE: { getByName(name: string): PlainObject } }) {
    return env.EDGE.getByName("plain").fetch(request);
  },
};
