// The two roads by which pictures come from the edge: a stream while the line is fast, requests where
// it is not. A road runs until it fails, or another would do better, and never tries again by itself;
// connection.ts decides.

import type { CameraStatus, Said, ViewerMessage } from "../../shared/wire.ts";
import {
  FRAME_HEADER_BYTES,
  type FrameHeader,
  KIND,
  readRecordHeader,
  type RecordHeader,
} from "../../shared/wire_frame.ts";
import type { Jpeg } from "./painter.ts";

/** The edge says hello at once: without a word for so long somebody on the way holds it back, ms. */
const HELD_MS = 3000;

/** Silence after which the stream counts as dead: the edge says something at least every 10 s. */
const SILENCE_MS = 25_000;

/** Later than the best seen by so much, ms, twice in a row: the line is too slow for a stream. */
const LATE_MS = 1000;

/** How long the edge may hold a request, s. */
const WAIT_S = 20;

/** Pause before asking again where the edge holds nothing for us, ms. */
const CROWDED_PAUSE_MS = 1000;

/** Transfers that take less than half of the time between pictures for so long let a stream do, ms. */
const FAST_MS = 60_000;

/** Round trips shorter than this are not worth a request sent ahead, ms. */
const LONG_TRIP_MS = 50;

/** One picture as it reached this browser. Times are Unix ms on the edge's clock. */
export interface ReceivedFrame extends Omit<FrameHeader, "camera"> {
  readonly cam: string;
  readonly jpeg: Jpeg;
}

export interface Sink {
  /** Resolves when the frame is on the screen, or was skipped for a newer one. */
  onFrame(frame: ReceivedFrame): Promise<unknown>;
  /**
   * Told of every camera as soon as the edge has answered.
   *
   * @param said When the edge said it.
   */
  onStatus(status: CameraStatus, said: Said): void;
}

export interface Wanted {
  readonly cams: readonly string[];
  /** The passes of share links, where a page of another site brings them along. */
  readonly shares?: readonly string[];
  /** Pixels across that are shown; undefined for the camera's own size. */
  readonly width?: number;
}

/**
 * Why a road ended without a failure: its pictures came late, a proxy held them back, or they came so
 * fast that a stream would do.
 */
export type Outcome = "late" | "held" | "fast";

/**
 * Brings frames from the edge whose site begins at `base`.
 *
 * @throws When the road is closed or was never open, and when `signal` aborts.
 */
export type Road = (
  base: string,
  wanted: Wanted,
  sink: Sink,
  signal: AbortSignal,
) => Promise<Outcome>;

/** Says that the edge would not show these cameras to us: one is not known, private, or too many. */
export class Refused extends Error {}

export function edgeUrl(
  base: string,
  path: string,
  { cams, shares = [], width }: Partial<Wanted>,
): URL {
  const url = new URL(path, base);
  if (cams) url.searchParams.set("cams", cams.join(","));
  if (width) url.searchParams.set("w", String(width));
  for (const share of shares) url.searchParams.append("share", share);
  return url;
}

/** What there is to read of an answer. @throws {Refused} or Error where there is nothing. */
async function bodyOf(answer: Response): Promise<ReadableStream<Uint8Array>> {
  if (answer.ok && answer.body) return answer.body;
  await answer.body?.cancel();
  const problem = `GET ${answer.url} was answered ${answer.status}`;
  throw [401, 404, 422].includes(answer.status) ? new Refused(problem) : new Error(problem);
}

/**
 * The records of a body, whatever pieces the network made of them.
 *
 * @param onPart Called with each piece: the record under way, the bytes of it that are here, and the
 *   bytes read in all.
 * @throws Where the body holds something else, or ends inside a record.
 */
export async function* records(
  body: ReadableStream<Uint8Array>,
  onPart: (header: RecordHeader, got: number, total: number) => void = () => {},
): AsyncGenerator<{ header: RecordHeader; content: Jpeg }> {
  const reader = body.getReader();
  const head = new Uint8Array(FRAME_HEADER_BYTES);
  let header: RecordHeader | undefined;
  let content = head;
  let got = 0;
  let total = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done && (header || got > 0)) throw new Error("The answer broke off");
      if (done) return;
      for (let at = 0; at < value.length;) {
        const piece = value.subarray(at, at + content.length - got);
        content.set(piece, got);
        at += piece.length;
        got += piece.length;
        total += piece.length;
        if (header) onPart(header, got, total);
        if (got < content.length) continue;
        if (header) {
          yield { header, content };
          header = undefined;
          content = head;
        } else {
          header = readRecordHeader(head);
          if (!header) throw new Error("The answer holds no records");
          content = new Uint8Array(header.length);
        }
        got = 0;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** What records say of cameras: which number is whose, and how they are. */
class Cameras {
  readonly names = new Map<number, string>();
  /** Ms between pictures that the edge asks for, the shortest of all cameras. */
  intervalMs = Infinity;
  readonly #sink: Sink;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** The pictures of an answer. What it says is told to the sink. */
  async *frames(
    body: ReadableStream<Uint8Array>,
    onPart: Parameters<typeof records>[1],
  ): AsyncGenerator<ReceivedFrame> {
    for await (const { header, content } of records(body, onPart)) {
      if (header.kind === KIND.message) this.#hear(JSON.parse(new TextDecoder().decode(content)));
      const cam = this.names.get(header.camera);
      if (header.kind !== KIND.picture || cam === undefined) continue;
      yield { ...header, cam, jpeg: content };
    }
  }

  #hear(message: ViewerMessage): void {
    if (message.type === "hello") {
      this.intervalMs = Math.min(...message.cams.map(({ status }) => status.intervalMs));
      for (const { camera, status } of message.cams) {
        this.names.set(camera, status.cam);
        this.#sink.onStatus(status, message);
      }
    } else if (message.type === "status") {
      this.#sink.onStatus(message.status, message);
    }
  }
}

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

/**
 * Pictures of all cameras in one answer without end. Every record says when the edge had its picture,
 * so the page knows how late it is, and leaves where that is too late: what lies in buffers on the way
 * only grows.
 */
export const stream: Road = async (base, wanted, sink, signal) => {
  signal.throwIfAborted();
  const over = new AbortController();
  // AbortSignal.any does this, but came to Safari in 2024 only.
  signal.addEventListener("abort", () => over.abort(), { signal: over.signal });
  let timer = setTimeout(() => over.abort("held"), HELD_MS);
  const stillThere = () => {
    clearTimeout(timer);
    timer = setTimeout(() => over.abort(), SILENCE_MS);
  };
  const lateness = new Map<string, Lateness>();
  try {
    const url = edgeUrl(base, "live.stream", wanted);
    const body = await bodyOf(await fetch(url, { signal: over.signal, cache: "no-store" }));
    for await (const frame of new Cameras(sink).frames(body, stillThere)) {
      void sink.onFrame(frame);
      let late = lateness.get(frame.cam);
      if (!late) lateness.set(frame.cam, late = new Lateness());
      if (late.note(Date.now() - frame.receivedAt)) return "late";
    }
    throw new Error("The stream ended");
  } catch (problem) {
    if (over.signal.reason === "held") return "held";
    throw problem;
  } finally {
    clearTimeout(timer);
    over.abort();
  }
};

/**
 * For lines on which a stream is late: one request after another, each held by the edge until something
 * is newer. Asking again is the acknowledgement, so a slow line is one transfer late, through any proxy.
 */
export const requests: Road = async (base, wanted, sink, signal) => {
  const cameras = new Cameras(sink);
  const have = new Map<string, number>();
  /** The shortest time from a request to its answer, ms. */
  let tripMs = Infinity;
  let slowAt = performance.now();
  /** Where too many wait already the edge, or a cache before it, still answers who does not wait. */
  let crowded = false;

  const ask = (waitS: number) => {
    const url = edgeUrl(base, "live", wanted);
    url.searchParams.set("have", wanted.cams.map((cam) => have.get(cam) ?? 0).join(","));
    if (waitS > 0) url.searchParams.set("wait", String(waitS));
    const answer = fetch(url, { signal, cache: "no-store" });
    // It may have been sent ahead, and fail before anybody waits for it.
    answer.catch(() => {});
    return { answer, at: performance.now(), held: waitS > 0 };
  };

  // The first is not held: how the cameras are is to be known at once.
  for (let asked = ask(0);;) {
    let ahead: typeof asked | undefined;
    const answer = await asked.answer;
    if (asked.held && (answer.status === 429 || answer.status === 503)) {
      await answer.body?.cancel();
      crowded = true;
    } else {
      const body = await bodyOf(answer);
      const began = performance.now();
      tripMs = Math.min(tripMs, began - asked.at);
      const length = Number(answer.headers.get("content-length"));
      const onPart = (header: RecordHeader, got: number, total: number) => {
        // Sent so early that the edge answers when this picture is here, with the newest then.
        const last = header.kind === KIND.picture && total - got + header.length === length;
        const leftMs = (performance.now() - began) * (length - total) / total;
        if (ahead || !last || tripMs < LONG_TRIP_MS || leftMs > tripMs) return;
        const cam = cameras.names.get(header.camera);
        if (cam !== undefined) have.set(cam, header.version);
        if (!crowded) ahead = ask(WAIT_S);
      };
      let drawn: Promise<unknown> | undefined;
      for await (const frame of cameras.frames(body, onPart)) {
        have.set(frame.cam, frame.version);
        drawn = sink.onFrame(frame);
      }
      const tookMs = performance.now() - began;
      if (tookMs > cameras.intervalMs / 2) slowAt = performance.now();
      await drawn;
      if (crowded) await pause(CROWDED_PAUSE_MS, signal);
    }
    if (performance.now() - slowAt > FAST_MS) return "fast";
    asked = ahead ?? ask(crowded ? 0 : WAIT_S);
  }
};

/** Resolves after `ms`, or as soon as `signal` aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
