// Requests' bodies: read into one buffer each, as many as there is room for, as long as they keep coming,
// and out of the way where nobody wants them.

import type { Clock } from "../../../shared/clock.ts";
import { inspectJpeg } from "../../../shared/jpeg/inspect.ts";
import { startOfJpeg } from "../../../shared/jpeg/markers.ts";
import { problem } from "../problem.ts";
import { FrameBuffer } from "./ingest.ts";

/** In each period at least this much: 1 KB a second, a tenth of the slowest phone network. */
const PERIOD_MS = 10_000;
const BYTES_PER_PERIOD = 10_240;

/** Bytes that are read at once, and for which a body without a declared length has room at first. */
const PIECE_BYTES = 16 * 1024;

/** Bodies that count together: each takes memory while it is under way. */
interface Kind {
  /** Of whom there may be so many, as messages say it. */
  readonly whose: string;
  readonly most: number;
  readonly inAll: number;
  /** Whether all of one has to come within the first period. */
  readonly brief?: boolean;
  /** Whether there is room for a new one in any case, in the place of another. */
  readonly yields?: boolean;
}

/** Pictures, by camera: it sends one at a time, and a few may be left over from a line that broke. */
export const FRAMES: Kind = { whose: "of this camera", most: 16, inAll: 64, yields: true };

/** Forms and reports, by address: they are in memory before anybody has shown a credential. */
export const FORMS: Kind = { whose: "from this address", most: 32, inAll: 256, brief: true };

const UNWANTED: Kind = { whose: "", most: 64, inAll: 64 };

/** What is still taken of a body that nobody wants: a picture that is too large is refused in peace. */
const MAX_UNWANTED_BYTES = 16 * 1024 * 1024;

/** A body that is being read. Times are monotonic ms. */
interface Reading {
  readonly reader: ReadableStreamBYOBReader;
  room: Uint8Array<ArrayBuffer>;
  received: number;
  /** What had come when this period began, and when that was. */
  before: number;
  since: number;
  /** Why it was given up: what is wanted of a body. */
  wanted?: string;
  readonly share: Share;
}

/** What a body counts as, and for whom: for nobody maybe. */
export interface Share {
  readonly kind: Kind;
  readonly of?: string;
}

/** Bodies under way. Each has to keep coming: who sends a byte now and then would hold its buffer for ever. */
export class Bodies {
  readonly #clock: Clock;
  readonly #underWay = new Set<Reading>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#underWay.size;
  }

  /** Accepts a body of at most `maxBytes`, with room for `tail` behind it, or gives the problem to answer. */
  async accept(
    request: Request,
    maxBytes: number,
    share: Share,
    tail: Uint8Array = new Uint8Array(),
  ): Promise<FrameBuffer | Response> {
    const full = this.#full(share);
    if (full) return full;
    const length = declaredLength(request);
    const tooLarge = `it is larger than ${maxBytes} bytes, the most that is taken here`;
    if (length !== undefined && length > maxBytes) return refused(413, tooLarge);
    const { body } = request;
    if (!body) return new FrameBuffer(0, tail);
    const buffer = length === undefined ? undefined : new FrameBuffer(length, tail);
    let bytes = buffer?.jpeg ?? new Uint8Array(Math.min(PIECE_BYTES, maxBytes));
    const reading = this.#begin(body, share);
    try {
      for (let piece; (piece = await this.#next(reading));) {
        const size = reading.received;
        if (size > (length ?? maxBytes)) return refused(413, tooLarge);
        if (size > bytes.length) {
          bytes = new Uint8Array(bytes.buffer.transfer(Math.min(maxBytes, 2 * size)));
        }
        bytes.set(piece, size - piece.length);
      }
    } catch (error) {
      // Who sends it all and hangs up is told by an error too; without a length the picture tells.
      const { received } = reading;
      const isAll = length === undefined
        ? holdsPicture(bytes.subarray(0, received))
        : received === length;
      if (!isAll) return refused(400, `${received} bytes, then ${error}`);
    } finally {
      // A lock that is given back costs an error with its stack: only where `answer` may need it.
      this.#end(reading, length === undefined);
    }
    const { received, wanted } = reading;
    if (wanted) {
      // Given back now: who floods with uploads is faster than who collects garbage.
      bytes.buffer.transfer(0);
      return refused(408, `${received} bytes, then less than is wanted: ${wanted}`);
    }
    if (length !== undefined && received < length) {
      return refused(400, `it ended after ${received} of ${length} bytes`);
    }
    return buffer ?? FrameBuffer.of(bytes.subarray(0, received), tail);
  }

  /**
   * The answer, once the rest of the request's body is out of the way. Where it has no end the
   * connection is cut behind the answer: servers would go on reading, Deno's whatever became of the
   * body.
   */
  async answer(request: Request, response: Response): Promise<Response> {
    const length = declaredLength(request);
    // Deno does not hang up on a body that it waits for: who is too slow would wait for the last byte.
    const ends = length === undefined
      ? response.status !== 408 && await this.#ends(request, response)
      : length <= MAX_UNWANTED_BYTES;
    return ends ? response : await cutBehind(request, response);
  }

  /** Gives up what comes too slowly. To be called every second or so. */
  tick(): void {
    const now = this.#clock.monotonic();
    for (const reading of this.#underWay) {
      if (now - reading.since < PERIOD_MS) continue;
      const { kind } = reading.share;
      const isSlow = reading.received - reading.before < BYTES_PER_PERIOD;
      reading.before = reading.received;
      reading.since = now;
      if (kind.brief) this.#giveUp(reading, `all of it within ${PERIOD_MS / 1000} s`);
      else if (isSlow) {
        this.#giveUp(reading, `at least ${BYTES_PER_PERIOD} bytes in ${PERIOD_MS / 1000} s`);
      }
    }
  }

  #full({ kind, of }: Share): Response | undefined {
    // Nearly always: a picture on its way is counted no further.
    if (this.#underWay.size < Math.min(kind.most, kind.inAll)) return undefined;
    const all = [...this.#underWay].filter(({ share }) => share.kind === kind);
    const same = all.filter(({ share }) => of !== undefined && share.of === of);
    const isTooMany = same.length >= kind.most;
    if (!isTooMany && all.length < kind.inAll) return undefined;
    if (!kind.yields) {
      const count = isTooMany ? `${same.length} ${kind.whose}` : all.length;
      const detail = `there are ${count} under way, the most that are read at once`;
      return refused(isTooMany ? 429 : 503, detail);
    }
    const byCamera = [...Map.groupBy(all, ({ share }) => share.of).values()];
    const crowd = isTooMany ? same : byCamera.reduce((a, b) => b.length > a.length ? b : a);
    // Of which least has come: so whatever hangs goes first, and of many slow ones some arrive all the same.
    const last = crowd.reduce((a, b) => b.received < a.received ? b : a);
    this.#giveUp(last, `more than of any other, where there are ${crowd.length} ${kind.whose}`);
    return undefined;
  }

  #giveUp(reading: Reading, wanted: string): void {
    reading.wanted = wanted;
    this.#underWay.delete(reading);
    reading.reader.cancel().catch(() => {});
  }

  /** Whether a body of unknown length is over before it gets on anybody's nerves. */
  async #ends({ body, bodyUsed }: Request, { status }: Response): Promise<boolean> {
    if (!body || body.locked) return false;
    const share = { kind: UNWANTED };
    const isRead = bodyUsed && status < 400;
    if (!isRead && this.#full(share)) return false;
    const reading = this.#begin(body, share);
    try {
      while (await this.#next(reading)) {
        if (reading.received > MAX_UNWANTED_BYTES) return false;
      }
      return !reading.wanted;
    } catch {
      return true;
    } finally {
      this.#end(reading, true);
    }
  }

  #begin(body: ReadableStream<Uint8Array>, share: Share): Reading {
    const since = this.#clock.monotonic();
    const room = new Uint8Array(PIECE_BYTES);
    const reading: Reading = { reader: readerOf(body), room, received: 0, before: 0, since, share };
    this.#underWay.add(reading);
    return reading;
  }

  /** The next piece, which is there until the one behind it is asked for; undefined at the end. */
  async #next(reading: Reading): Promise<Uint8Array | undefined> {
    const { done, value } = await reading.reader.read(reading.room);
    if (done) return undefined;
    reading.received += value.length;
    reading.room = new Uint8Array(value.buffer);
    return value;
  }

  /** Whoever stops before the end leaves the rest unread: `answer` takes it, or cuts. */
  #end(reading: Reading, release: boolean): void {
    this.#underWay.delete(reading);
    if (release) reading.reader.releaseLock();
  }
}

function holdsPicture(bytes: Uint8Array): boolean {
  return inspectJpeg(bytes.subarray(startOfJpeg(bytes, 0))).ok;
}

/**
 * Reads all pieces into the same memory, where Deno would take new 64 KiB for each byte that comes alone.
 * A body that came whole needs none, and Deno's stream of it takes none.
 */
function readerOf(body: ReadableStream<Uint8Array>): ReadableStreamBYOBReader {
  try {
    return body.getReader({ mode: "byob" });
  } catch {
    return body.getReader() as unknown as ReadableStreamBYOBReader;
  }
}

/**
 * The answer with a promise of one byte more than there is: where it is missing, servers end the
 * connection. At once, for Deno keeps in memory what comes in while an answer is under way.
 */
async function cutBehind(request: Request, response: Response): Promise<Response> {
  if (!request.body?.locked) request.body?.cancel().catch(() => {});
  const refused = response.status >= 400;
  if (!refused) response.body?.cancel().catch(() => {});
  const last = refused ? response : problem(413, "Answer: the request's body has no end.");
  const bytes = await last.bytes();
  const headers = new Headers(last.headers);
  headers.set("content-length", String(bytes.length + 1));
  headers.set("connection", "close");
  return new Response(ReadableStream.from([bytes]), { status: last.status, headers });
}

function refused(status: 400 | 408 | 413 | 429 | 503, what: string): Response {
  const isPassing = status !== 400 && status !== 413;
  return problem(status, `Read the body: ${what}.`, isPassing ? { retryAfter: 1 } : {});
}

/** Whether a request announces a body. */
export function hasBody({ headers }: Request): boolean {
  // `has` would have Deno read every header of every request.
  return (headers.get("content-length") ?? "0") !== "0" ||
    headers.get("transfer-encoding") !== null;
}

function declaredLength(request: Request): number | undefined {
  const text = request.headers.get("content-length");
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
