import assert from "node:assert/strict";
import { serveRaw } from "../../shared/testing/serve.ts";
import { chunksOf, describeFailure, systemConnect } from "./connection.ts";

/** What asking for `url` fails with, in words. */
async function failure(url: string): Promise<string> {
  const connection = systemConnect();
  try {
    await connection.fetch(url, {});
  } catch (error) {
    return describeFailure(error);
  } finally {
    connection.close();
  }
  throw new Error("it answered");
}

Deno.test("a failed request is told without whom it asked, and each time in the same words", async () => {
  await using server = serveRaw("220 this is no HTTP\r\n");
  const strange = `http://${server.host}/?pwd=s3cret`;
  const [first, second] = [await failure(strange), await failure(strange)];
  assert.equal(first, second);
  assert.match(first, /^client error/);
  for (const url of ["http://127.0.0.1:1/?pwd=s3cret", "http://no-such-host.invalid/s3cret"]) {
    assert.doesNotMatch(await failure(url), /s3cret|127\.0\.0\.1|no-such-host/);
  }
});

// deno-fmt-ignore
const TROUBLES = [
  ["invalid peer certificate: certificate not valid yet: verification time 1795672030 (UNIX), but certificate is not valid before 1798761600 (3089570 seconds in future)", /^client error \(Connect\): .* not valid yet: the clock of this machine says 2026-11-26$/],
  ["invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))", /^its certificate is self-signed, or/],
  ["invalid peer certificate: UnknownIssuer", /^its certificate is self-signed, or/],
  ['invalid peer certificate: certificate not valid for name "10.0.0.7"; certificate is only valid for DnsName("cam.example.org") or DnsName("cam")', /^its certificate is for cam.example.org or cam, not for this name$/],
  ["received corrupt message of type InvalidContentType", /^it speaks no TLS/],
  ["received fatal alert: ProtocolVersion", /^its TLS is too old/],
] as const;

for (const [why, said] of TROUBLES) {
  Deno.test(`trouble with TLS is told in words that lead somewhere: ${why.slice(0, 70)}`, () => {
    assert.match(describeFailure(new TypeError(`client error (Connect): ${why}`)), said);
  });
}

/** A response whose body does not know of any signal, as the runtime's own sometimes does not. */
function deafResponse() {
  const cancelled = Promise.withResolvers<void>();
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start: (given) => void (controller = given),
    cancel: () => cancelled.resolve(),
  });
  return {
    response: new Response(body),
    cancelled: cancelled.promise,
    send: (text: string) => controller.enqueue(new TextEncoder().encode(text)),
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

Deno.test("an abort, also one before, ends a body that stalls and does not hear of it", async () => {
  const { response, cancelled, send } = deafResponse();
  const stop = new AbortController();
  const reading = readAll(response, stop.signal);
  send("one");
  stop.abort(new Error("enough"));
  await assert.rejects(reading, /enough/);
  await cancelled;
  await assert.rejects(readAll(deafResponse().response, stop.signal), /enough/);
});

Deno.test("who stops reading lets go of the connection", async () => {
  const { response, cancelled, send } = deafResponse();
  send("one");
  for await (const _ of chunksOf(response, new AbortController().signal)) break;
  await cancelled;
});
