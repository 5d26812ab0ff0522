// How fast this machine can hand one frame to many sockets: one thread, one `send` a frame and
// viewer, nothing else. Newest frame only; who is still busy with an old one skips to the newest.
//   PUT any path    GET /live.jpeg    GET any other path: multipart        ceiling_server.ts <port>

import { accept, BROKEN, close, listen, Poll, read, READABLE, WRITABLE, write } from "./libc.ts";

const BOUNDARY = "ceiling-5a1e0f6c9d";
const encoder = new TextEncoder();
const decoder = new TextDecoder("latin1");
const opening = encoder.encode(
  "HTTP/1.1 200 OK\r\nCache-Control: no-store\r\n" +
    `Content-Type: multipart/x-mixed-replace; boundary=${BOUNDARY}\r\n\r\n` +
    `--${BOUNDARY}\r\nContent-Type: image/jpeg\r\n\r\n`,
);
const tail = encoder.encode(`\r\n--${BOUNDARY}\r\nContent-Type: image/jpeg\r\n\r\n`);
const stillHead = "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nCache-Control: no-store\r\n";
const taken = encoder.encode("HTTP/1.1 204 No Content\r\n\r\n");

interface Connection {
  readonly fd: number;
  streaming: boolean;
  /** Body of an upload under way. */
  body: Uint8Array<ArrayBuffer> | undefined;
  received: number;
  /** What is left of an answer or a part; undefined = nothing. */
  rest: Uint8Array<ArrayBuffer> | undefined;
  seen: number;
}

const listener = listen(Number(Deno.args[0]));
const poll = new Poll();
const connections: (Connection | undefined)[] = [];
const streams = new Set<Connection>();
const input = new Uint8Array(16 * 1024);
let part: Uint8Array<ArrayBuffer> | undefined;
let still: Uint8Array<ArrayBuffer> | undefined;
let version = 0;

/** Writes; what does not fit waits for room. */
function give(connection: Connection, bytes: Uint8Array<ArrayBuffer>): void {
  const sent = Math.max(0, write(connection.fd, bytes));
  if (sent === bytes.length) connection.rest = undefined;
  else {
    if (!connection.rest) poll.change(connection.fd, READABLE | WRITABLE);
    connection.rest = bytes.subarray(sent);
  }
}

function offer(connection: Connection): void {
  if (connection.rest || !part || connection.seen === version) return;
  connection.seen = version;
  give(connection, part);
}

function publish(connection: Connection): void {
  const jpeg = connection.body!;
  connection.body = undefined;
  part = new Uint8Array(jpeg.length + tail.length);
  part.set(jpeg);
  part.set(tail, jpeg.length);
  const head = encoder.encode(`${stillHead}Content-Length: ${jpeg.length}\r\n\r\n`);
  still = new Uint8Array(head.length + jpeg.length);
  still.set(head);
  still.set(jpeg, head.length);
  version++;
  for (const stream of streams) offer(stream);
  give(connection, taken);
}

function request(connection: Connection, length: number): void {
  const text = decoder.decode(input.subarray(0, length));
  const end = text.indexOf("\r\n\r\n") + 4;
  if (text.startsWith("PUT")) {
    const size = Number(/^content-length: (\d+)/im.exec(text)?.[1]);
    connection.body = new Uint8Array(size);
    connection.body.set(input.subarray(end, length));
    connection.received = length - end;
    if (connection.received === size) publish(connection);
  } else if (text.startsWith("GET /live.jpeg")) {
    give(
      connection,
      still ?? encoder.encode("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
    );
  } else {
    connection.streaming = true;
    streams.add(connection);
    give(connection, opening);
    offer(connection);
  }
}

function receive(connection: Connection): void {
  const { body } = connection;
  const into = body ? body.subarray(connection.received) : input;
  const got = read(connection.fd, into, into.length);
  if (got === 0) return drop(connection);
  if (got < 0) return;
  if (!body) return request(connection, got);
  connection.received += got;
  if (connection.received === body.length) publish(connection);
}

function flush(connection: Connection): void {
  if (connection.rest) give(connection, connection.rest);
  if (connection.rest) return;
  poll.change(connection.fd, READABLE);
  if (connection.streaming) offer(connection);
}

function drop(connection: Connection): void {
  connections[connection.fd] = undefined;
  streams.delete(connection);
  close(connection.fd);
}

poll.add(listener, READABLE);
console.log(`listening on ${Deno.args[0]}`);
for (;;) {
  poll.wait(-1, (fd, events) => {
    if (fd === listener) {
      const fd = accept(listener);
      if (fd < 0) return;
      connections[fd] = {
        fd,
        streaming: false,
        body: undefined,
        received: 0,
        rest: undefined,
        seen: 0,
      };
      poll.add(fd, READABLE);
      return;
    }
    const connection = connections[fd];
    if (!connection) return;
    if ((events & BROKEN) !== 0) return drop(connection);
    if ((events & READABLE) !== 0) receive(connection);
    if ((events & WRITABLE) !== 0 && connections[fd]) flush(connection);
  });
}
