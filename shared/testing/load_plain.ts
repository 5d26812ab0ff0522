// What the bench holds the edge against: `Deno.serve` that does the same without an app around it. No
// checks, no store, no tokens, no limits.
//   PUT any path    GET /live.jpeg (ETag, 304, ?wait=)    GET any other path: the stream

const BOUNDARY = "plain-5a1e0f6c9d";
const HEAD = `--${BOUNDARY}\r\nContent-Type: image/jpeg\r\n\r\n`;
const encoder = new TextEncoder();
const opening = encoder.encode(HEAD);
const tail = encoder.encode(`\r\n${HEAD}`);
const streams = new Set<ReadableStreamDefaultController<Uint8Array>>();
const waiting = new Set<() => void>();
let newest: Uint8Array<ArrayBuffer> | undefined;
let part: Uint8Array | undefined;
let version = 0;

async function take(request: Request): Promise<Response> {
  newest = new Uint8Array(await request.arrayBuffer());
  part = new Uint8Array(newest.length + tail.length);
  part.set(newest);
  part.set(tail, newest.length);
  version++;
  for (const stream of streams) if ((stream.desiredSize ?? 0) > 0) stream.enqueue(part);
  for (const answer of waiting) answer();
  return new Response(null, { status: 204, headers: { etag: `"${version}"` } });
}

function watch(): Response {
  let stream: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      streams.add(stream = controller);
      controller.enqueue(opening);
      if (part) controller.enqueue(part);
    },
    cancel: () => void streams.delete(stream),
  }, { highWaterMark: 2 });
  const type = `multipart/x-mixed-replace; boundary=${BOUNDARY}`;
  return new Response(body, { headers: { "content-type": type, "cache-control": "no-store" } });
}

async function still(request: Request, waitS: number): Promise<Response> {
  const known = request.headers.get("if-none-match");
  if (waitS > 0 && known === `"${version}"`) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, 1000 * waitS);
    request.signal.addEventListener("abort", () => resolve());
    waiting.add(resolve);
    await promise;
    waiting.delete(resolve);
    clearTimeout(timer);
  }
  const headers = { etag: `"${version}"`, "content-type": "image/jpeg" };
  if (known === headers.etag) return new Response(null, { status: 304, headers });
  return newest ? new Response(newest, { headers }) : new Response(null, { status: 404 });
}

const onListen = ({ port }: Deno.NetAddr) => console.log(`listening on ${port}`);
Deno.serve({ hostname: "127.0.0.1", port: 0, tcpBacklog: 4096, onListen }, (request) => {
  if (request.method === "PUT") return take(request);
  const { pathname, searchParams } = new URL(request.url);
  return pathname === "/live.jpeg" ? still(request, Number(searchParams.get("wait"))) : watch();
});
