// The second road, for lines on which a stream is late: one request after another, each held by the
// edge until something is newer. Asking again is the acknowledgement, so a slow line is one transfer
// late, through any proxy.

import { KIND } from "../../shared/wire_frame.ts";
import { unknownCamera } from "./first_picture.ts";
import { records } from "./records.ts";
import { pause } from "./signals.ts";
import {
  Cameras,
  edgeUrl,
  goodAnswer,
  type Outcome,
  type Transport,
  type TransportOptions,
  type TransportSink,
} from "./transport.ts";

/** How long the edge may hold a request, s. */
const WAIT_S = 20;

/** Pause before asking again where the edge holds nothing for us, ms. */
const CROWDED_PAUSE_MS = 1000;

/** Transfers that take less than half of the time between pictures for so long let a stream do, ms. */
const FAST_MS = 60_000;

/** Round trips shorter than this are not worth a request sent ahead, ms. */
const LONG_TRIP_MS = 50;

/** Makes the road of requests. */
export function pollTransport(options: TransportOptions): Transport {
  return { name: "requests", run: (sink, signal) => new Polling(options, sink, signal).run() };
}

interface Asked {
  readonly answer: Promise<Response>;
  readonly at: number;
  readonly held: boolean;
}

class Polling {
  readonly #options: TransportOptions;
  readonly #sink: TransportSink;
  readonly #signal: AbortSignal;
  readonly #cameras = new Cameras();
  readonly #have = new Map<string, number>();
  /** The shortest time from a request to its answer, ms. */
  #tripMs = Infinity;
  #slowAt = performance.now();
  /** Where too many wait already the edge, or a cache before it, still answers who does not wait. */
  #crowded = false;

  constructor(options: TransportOptions, sink: TransportSink, signal: AbortSignal) {
    this.#options = options;
    this.#sink = sink;
    this.#signal = signal;
  }

  async run(): Promise<Outcome> {
    try {
      // The first is not held: how the cameras are is to be known at once.
      for (let asked = this.#ask(0); !this.#signal.aborted;) {
        asked = await this.#take(asked) ?? this.#ask(this.#crowded ? 0 : WAIT_S);
        if (performance.now() - this.#slowAt > FAST_MS) return "fast";
      }
      return "ended";
    } catch (problem) {
      if (this.#signal.aborted) return "ended";
      throw problem;
    }
  }

  #ask(waitS: number): Asked {
    const { cams } = this.#options;
    const url = edgeUrl(this.#options, "/live");
    url.searchParams.set("cams", cams.join(","));
    url.searchParams.set("have", cams.map((cam) => this.#have.get(cam) ?? 0).join(","));
    if (waitS > 0) url.searchParams.set("wait", String(waitS));
    const answer = fetch(url, { signal: this.#signal, cache: "no-store" });
    // It may have been sent ahead, and fail before anybody waits for it.
    answer.catch(() => {});
    return { answer, at: performance.now(), held: waitS > 0 };
  }

  /** Shows what an answer brings; gives the next request where it was sent ahead. */
  async #take({ answer, at, held }: Asked): Promise<Asked | undefined> {
    const response = await answer;
    if (held && (response.status === 429 || response.status === 503)) {
      await response.body?.cancel();
      this.#crowded = true;
      return undefined;
    }
    if (response.status === 404) {
      await response.body?.cancel();
      this.#sink.onOpen();
      for (const cam of this.#options.cams) this.#sink.onStatus(unknownCamera(cam), undefined);
      await pause(CROWDED_PAUSE_MS, this.#signal);
      return undefined;
    }
    const { body, headers } = await goodAnswer(response, new URL(response.url));
    const began = performance.now();
    this.#tripMs = Math.min(this.#tripMs, began - at);
    const length = Number(headers.get("content-length"));
    let ahead: Asked | undefined;
    let drawn: Promise<void> | undefined;
    const all = records(body!, ({ kind, camera, version, length: size }, got, total) => {
      // Sent so early that the edge answers when this picture is here, with the newest then.
      const last = kind === KIND.picture && total - got + size === length;
      const leftMs = (performance.now() - began) * (length - total) / total;
      if (ahead || !last || this.#tripMs < LONG_TRIP_MS || leftMs > this.#tripMs) return;
      const cam = this.#cameras.nameOf(camera);
      if (cam !== undefined) this.#have.set(cam, version);
      if (!this.#crowded) ahead = this.#ask(WAIT_S);
    });
    for await (const { header, content } of all) {
      if (header.kind === KIND.message) {
        this.#cameras.hear(content, this.#sink);
        this.#sink.onOpen();
      }
      const frame = header.kind === KIND.picture ? this.#cameras.frame(header, content) : undefined;
      if (!frame) continue;
      this.#have.set(frame.cam, frame.version);
      drawn = this.#sink.onFrame(frame);
    }
    const tookMs = performance.now() - began;
    if (tookMs > this.#cameras.intervalMs / 2) this.#slowAt = performance.now();
    await drawn;
    if (this.#crowded) await pause(CROWDED_PAUSE_MS, this.#signal);
    return ahead;
  }
}
