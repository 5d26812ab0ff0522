// Servers on a free port of this machine, which end with whoever holds them by `await using`.

/** A server and its address, without a slash at the end. */
export function serve(handler: Deno.ServeHandler, hostname = "127.0.0.1") {
  const server = Deno.serve({ port: 0, hostname, onListen: () => {} }, handler);
  const url = `http://${hostname}:${server.addr.port}`;
  return { url, [Symbol.asyncDispose]: () => server.shutdown() };
}

/** Answers whatever it is asked with the same bytes, and closes the connection. */
export function serveRaw(answer: string) {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const served = (async () => {
    for await (const socket of listener) {
      await socket.read(new Uint8Array(4096));
      await socket.write(new TextEncoder().encode(answer));
      socket.close();
    }
  })();
  return {
    host: `127.0.0.1:${listener.addr.port}`,
    async [Symbol.asyncDispose]() {
      listener.close();
      await served;
    },
  };
}
