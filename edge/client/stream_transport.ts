// The first road: pictures of all cameras in one answer without end. Every record says when the edge
// had its picture, so the page knows how late it is, and leaves where that is too late: what lies in
// buffers on the way only grows.

import { KIND } from "../../shared/wire_frame.ts";
import { records } from "./records.ts";
import { anySignal } from "./signals.ts";
import {
  Cameras,
  edgeUrl,
  goodAnswer,
  type Outcome,
  type Transport,
  type TransportOptions,
  type TransportSink,
} from "./transport.ts";

/** The edge says hello at once: without a word for so long somebody on the way holds it back, ms. */
const HELD_MS = 3000;

/** Silence after which the stream counts as dead: the edge says something at least every 10 s. */
const SILENCE_MS = 25_000;

/** Later than the best seen by so much, ms, twice in a row: the line is too slow for a stream. */
const LATE_MS = 1000;

/** How late the pictures of one camera are. */
export class Lateness {
  #best = Infinity;
  #late = 0;
  #pictures = 0;

  /**
   * Notes a picture.
   *
   * @param agoMs From when the edge had it until it was here, by clocks that may differ.
   * @returns Whether two in a row were too late.
   */
  note(agoMs: number): boolean {
    // The first may be an old one.
    if (this.#pictures++ === 0) return false;
    this.#best = Math.min(this.#best, agoMs);
    this.#late = agoMs - this.#best > LATE_MS ? this.#late + 1 : 0;
    return this.#late >= 2;
  }
}

/** Makes the stream. */
export function streamTransport(options: TransportOptions): Transport {
  return { name: "stream", run: (sink, signal) => runStream(options, sink, signal) };
}

async function runStream(
  options: TransportOptions,
  sink: TransportSink,
  signal: AbortSignal,
): Promise<Outcome> {
  const url = edgeUrl(options, "/live.stream");
  url.searchParams.set("cams", options.cams.join(","));
  const over = new AbortController();
  let outcome: Outcome | undefined;
  const end = (why: Outcome) => {
    outcome = why;
    over.abort();
  };
  let timer = setTimeout(() => end("held"), HELD_MS);
  const cameras = new Cameras();
  const lateness = new Map<string, Lateness>();
  try {
    const fetched = await fetch(url, { signal: anySignal(signal, over.signal), cache: "no-store" });
    const { body } = await goodAnswer(fetched, url);
    for await (const { header, content } of records(body!)) {
      clearTimeout(timer);
      timer = setTimeout(() => over.abort(), SILENCE_MS);
      if (header.kind === KIND.message) {
        cameras.hear(content, sink);
        sink.onOpen();
      }
      const frame = header.kind === KIND.picture ? cameras.frame(header, content) : undefined;
      if (!frame) continue;
      void sink.onFrame(frame);
      let late = lateness.get(frame.cam);
      if (!late) lateness.set(frame.cam, late = new Lateness());
      if (late.note(Date.now() - frame.receivedAt)) return "late";
    }
    throw new Error("The stream ended");
  } catch (problem) {
    if (signal.aborted) return "ended";
    if (outcome) return outcome;
    throw problem;
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}
