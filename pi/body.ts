// Reading what a request answers, so that an abort always ends it.

/**
 * The chunks of a body.
 *
 * Cancels the reader itself when `signal` aborts: in Deno (seen in 2.7 and 2.9) the signal given to
 * `fetch` is now and then lost to garbage collection once the head of the answer is there, and a
 * body that stalls would then be waited for without end.
 *
 * @throws The signal's reason when aborted, or what broke the connection.
 */
export async function* chunksOf(
  response: Response,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return;
  const cancel = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted) cancel();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
    signal.throwIfAborted();
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}
