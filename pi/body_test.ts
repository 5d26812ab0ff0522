import assert from "node:assert/strict";
import { chunksOf } from "./body.ts";

/** A response whose body does not know of any signal, as the runtime's own sometimes does not. */
function deafResponse(): {
  response: Response;
  cancelled: Promise<void>;
  send(text: string): void;
} {
  const cancelled = Promise.withResolvers<void>();
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start: (given) => void (controller = given),
    cancel: () => cancelled.resolve(),
  });
  return {
    response: new Response(body),
    cancelled: cancelled.promise,
    send: (text) => controller.enqueue(new TextEncoder().encode(text)),
  };
}

async function readAll(response: Response, signal: AbortSignal): Promise<string[]> {
  const texts: string[] = [];
  for await (const chunk of chunksOf(response, signal)) texts.push(new TextDecoder().decode(chunk));
  return texts;
}

Deno.test("a body is given chunk by chunk to its end", async () => {
  assert.deepEqual(await readAll(new Response("hello"), new AbortController().signal), ["hello"]);
  assert.deepEqual(await readAll(new Response(null), new AbortController().signal), []);
});

Deno.test("an abort ends a body that stalls and does not hear of it", async () => {
  const { response, cancelled, send } = deafResponse();
  const stop = new AbortController();
  const reading = readAll(response, stop.signal);
  send("one");
  stop.abort(new Error("enough"));
  await assert.rejects(reading, /enough/);
  await cancelled;
});

Deno.test("who stops reading lets go of the connection", async () => {
  const { response, cancelled, send } = deafResponse();
  send("one");
  for await (const _ of chunksOf(response, new AbortController().signal)) break;
  await cancelled;
});

Deno.test("nothing is read once the signal has aborted", async () => {
  const { response } = deafResponse();
  await assert.rejects(readAll(response, AbortSignal.abort(new Error("before"))), /before/);
});
