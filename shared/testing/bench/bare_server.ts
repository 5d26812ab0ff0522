// What Deno can do without an application around it: the same fan-out with one stream or socket a
// viewer, no checks, no store, no tokens. The edge is held against this.
//   PUT any path    GET /live.jpeg    GET /ws (every frame, unasked)    GET any other path: multipart

const BOUNDARY = "bare-5a1e0f6c9d";
const encoder = new TextEncoder();
const streams = new Set<ReadableStreamDefaultController<Uint8Array>>();
const sockets = new Set<WebSocket>();
const opening = encoder.encode(`--${BOUNDARY}\r\nContent-Type: image/jpeg\r\n\r\n`);
const tail = encoder.encode(`\r\n--${BOUNDARY}\r\nContent-Type: image/jpeg\r\n\r\n`);
let newest: Uint8Array<ArrayBuffer> | undefined;
let part: Uint8Array | undefined;

async function take(request: Request): Promise<Response> {
  newest = new Uint8Array(await request.arrayBuffer());
  part = new Uint8Array(newest.length + tail.length);
  part.set(newest);
  part.set(tail, newest.length);
  for (const stream of streams) if ((stream.desiredSize ?? 0) > 0) stream.enqueue(part);
  for (const socket of sockets) if (socket.bufferedAmount < 1_000_000) socket.send(newest);
  return new Response(null, { status: 204 });
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
  return new Response(body, {
    headers: {
      "content-type": `multipart/x-mixed-replace; boundary=${BOUNDARY}`,
      "cache-control": "no-store",
    },
  });
}

function upgrade(request: Request): Response {
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.onopen = () => {
    sockets.add(socket);
    if (newest) socket.send(newest);
  };
  socket.onclose = socket.onerror = () => sockets.delete(socket);
  return response;
}

Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(`listening on ${port}`),
}, (request) => {
  if (request.method === "PUT") return take(request);
  const { pathname } = new URL(request.url);
  if (pathname === "/ws") return upgrade(request);
  if (pathname !== "/live.jpeg") return watch();
  if (!newest) return new Response(null, { status: 404 });
  return new Response(newest, {
    headers: { "content-type": "image/jpeg", "cache-control": "no-store" },
  });
});
