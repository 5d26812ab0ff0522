// From an upload to a published frame: its body is accepted into the one buffer that it will be served
// from, validated, stripped and given a version. On refusal the old frame stays. The buffer is record, JPEG
// and multipart part at the same time: a frame is copied once on its way in and never again.
//
//   | 32-byte header | JPEG ................ | boundary and head of the next part |
//   |<------ record ----------------------->|
//                    |<------ part ---------------------------------------------->|

import type { Clock } from "../../../shared/clock.ts";
import type { CameraHub } from "../cameras/camera.ts";
import type { Frame, FrameMeta } from "../../../shared/frame.ts";
import { cleanJpeg } from "../../../shared/jpeg/markers.ts";
import { inspectJpeg } from "../../../shared/jpeg/inspect.ts";
import type { CameraSeq } from "../../../shared/wire.ts";
import { FRAME_HEADER_BYTES, writeFrameHeader } from "../../../shared/wire_frame.ts";
import { problem } from "../problem.ts";

/** In each period at least this much: 1 KB a second, a tenth of the slowest phone network. */
const PERIOD_MS = 10_000;
const BYTES_PER_PERIOD = 10_240;

/** Bytes that are read at once, and for which a body without a declared length has room at first. */
const PIECE_BYTES = 64 * 1024;

/** Forms and reports under way: each is in memory before anybody has shown a credential. */
const MAX_FORMS = 256;
const MAX_FORMS_PER_ADDRESS = 32;

/** What is still taken of a body that nobody wants: a picture that is too large is refused in peace. */
const MAX_UNWANTED_BYTES = 16 * 1024 * 1024;

/** A body that is being read. Times are monotonic ms. */
interface Reading {
  readonly reader: ReadableStreamBYOBReader;
  /** Where the next piece goes. */
  room: Uint8Array<ArrayBuffer>;
  received: number;
  /** What had come when this period began, and when that was. */
  before: number;
  since: number;
  slow?: boolean;
  /** Set where all of it has to come within the first period: whom it counts for, nobody maybe. */
  readonly form?: { readonly address: string | undefined };
}

/** Bodies under way. Each has to keep coming: who sends a byte now and then would hold its buffer for ever. */
export class Bodies {
  readonly #clock: Clock;
  readonly #underWay = new Set<Reading>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many are being read. */
  get size(): number {
    return this.#underWay.size;
  }

  /**
   * Accepts the body of an upload, or gives the problem to answer with.
   *
   * @param maxBytes Larger bodies are refused, while they arrive at the latest.
   * @param tail What follows the frame in a stream (`partTail`).
   * @param form Given for what is small: it has to be there within ten seconds, and only so many may
   *   be under way.
   */
  async accept(
    request: Request,
    maxBytes: number,
    tail: Uint8Array = new Uint8Array(),
    form?: Reading["form"],
  ): Promise<FrameBuffer | Response> {
    const full = form && this.#full(form.address);
    if (full) return full;
    const length = declaredLength(request);
    if (length !== undefined && length > maxBytes) return tooLarge(maxBytes);
    const { body } = request;
    if (!body) return new FrameBuffer(0, tail);
    const buffer = length === undefined ? undefined : new FrameBuffer(length, tail);
    let bytes = buffer?.jpeg ?? new Uint8Array(Math.min(PIECE_BYTES, maxBytes));
    const reading = this.#begin(body, form);
    try {
      for (let piece; (piece = await this.#next(reading));) {
        const size = reading.received;
        if (size > (length ?? maxBytes)) return tooLarge(maxBytes);
        if (size > bytes.length) {
          bytes = new Uint8Array(bytes.buffer.transfer(Math.min(maxBytes, 2 * size)));
        }
        bytes.set(piece, size - piece.length);
      }
    } catch (error) {
      // Who sends it all and hangs up is told by an error too.
      if (reading.received !== length) {
        return broken(400, `${reading.received} bytes, then ${error}`);
      }
    } finally {
      // A lock that is given back costs an error with its stack: only where `answer` may need it.
      this.#end(reading, length === undefined);
    }
    const { received, slow } = reading;
    if (slow) {
      const wanted = form
        ? `all of it within ${PERIOD_MS / 1000} s`
        : `at least ${BYTES_PER_PERIOD} bytes in ${PERIOD_MS / 1000} s`;
      return broken(408, `${received} bytes, then less than is wanted: ${wanted}`);
    }
    if (length !== undefined && received < length) {
      return broken(400, `it ended after ${received} of ${length} bytes`);
    }
    return buffer ?? FrameBuffer.of(bytes.subarray(0, received), tail);
  }

  /**
   * The answer, once the rest of the request's body is out of the way. Where it has no end the
   * connection is cut behind the answer: servers would go on reading, Deno's whatever became of the
   * body.
   */
  async answer(request: Request, response: Response): Promise<Response> {
    if (response.status === 204 || response.status === 101) return response;
    const length = declaredLength(request);
    // Deno does not hang up on a body that it waits for: who is too slow would wait for the last byte.
    const ends = length === undefined
      ? response.status !== 408 && await this.#ends(request)
      : length <= MAX_UNWANTED_BYTES;
    return ends ? response : await cutBehind(request, response);
  }

  /** Gives up what comes too slowly. To be called every second or so. */
  tick(): void {
    const now = this.#clock.monotonic();
    for (const reading of this.#underWay) {
      if (now - reading.since < PERIOD_MS) continue;
      reading.slow = reading.form !== undefined ||
        reading.received - reading.before < BYTES_PER_PERIOD;
      reading.before = reading.received;
      reading.since = now;
      if (reading.slow) reading.reader.cancel().catch(() => {});
    }
  }

  #full(address: string | undefined): Response | undefined {
    const forms = [...this.#underWay].flatMap(({ form }) => form ?? []);
    const same = forms.filter((form) => address !== undefined && form.address === address).length;
    if (same >= MAX_FORMS_PER_ADDRESS) return tooMany(429, `${same} from this address`);
    return forms.length >= MAX_FORMS ? tooMany(503, `${forms.length}`) : undefined;
  }

  /** Whether a body of unknown length is over before it gets on anybody's nerves. */
  async #ends({ body }: Request): Promise<boolean> {
    if (!body || body.locked) return false;
    const reading = this.#begin(body);
    try {
      while (await this.#next(reading)) {
        if (reading.received > MAX_UNWANTED_BYTES) return false;
      }
      return !reading.slow;
    } catch {
      return true;
    } finally {
      this.#end(reading, true);
    }
  }

  #begin(body: ReadableStream<Uint8Array>, form?: Reading["form"]): Reading {
    const since = this.#clock.monotonic();
    const room = new Uint8Array(PIECE_BYTES);
    const reading: Reading = { reader: readerOf(body), room, received: 0, before: 0, since, form };
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

/**
 * Reads all pieces into the same memory, where Deno would take new 64 KiB for each byte that comes alone.
 * What has come whole Deno has in a stream that takes no memory, and needs none.
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

function tooMany(status: 429 | 503, count: string): Response {
  const detail = `Read the body: there are ${count} under way, the most that are read at once.`;
  return problem(status, detail, { retryAfter: 1 });
}

function broken(status: 400 | 408, what: string): Response {
  return problem(status, `Read the body: ${what}.`, status === 408 ? { retryAfter: 1 } : {});
}

function tooLarge(maxBytes: number): Response {
  const detail = `Read the body: it is larger than ${maxBytes} bytes, the most that is taken here.`;
  return problem(413, detail);
}

/** Whether a request announces a body. Not to be asked of one that has become a socket. */
export function hasBody({ headers }: Request): boolean {
  return (headers.get("content-length") ?? "0") !== "0" || headers.has("transfer-encoding");
}

function declaredLength(request: Request): number | undefined {
  const text = request.headers.get("content-length");
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** The largest cameras have 64 million; what has more is few bytes that cost every viewer its memory. */
const MAX_PIXELS = 100_000_000;

/** What came in besides the bytes. */
export interface Upload {
  readonly buffer: FrameBuffer;
  /** Ms since it was taken, as far as that is known. */
  readonly ageMs: number;
  /** When it was taken, as the camera's clock says, Unix ms. */
  readonly capturedAt?: number;
  readonly seq?: CameraSeq;
  /** The version that the camera's frame before this one got, wherever it went. */
  readonly last?: number;
}

/** A frame that is published, or why it is not, with the HTTP status that says so. */
export type IngestResult =
  | { readonly ok: true; readonly frame: LiveFrame }
  | {
    readonly ok: false;
    readonly status: 400 | 409 | 422 | 503;
    readonly detail: string;
    readonly offset?: number;
    /** Seconds after which another try makes sense. */
    readonly retryAfter?: number;
  };

/**
 * How much older than known a picture may be by the camera's clock, ms. Where that says more it may as
 * well be wrong, as it is on a Pi without a battery clock.
 */
const MAX_CLOCK_LAG_MS = 2000;

/** How far another instance's clock may be ahead: a word of more would spoil all later versions. */
const MAX_VERSION_AHEAD_MS = 10 * 60_000;

/** Validates an upload and publishes it. On refusal the old frame stays. */
export function ingest(
  camera: CameraHub,
  upload: Upload,
  { now, stripMetadata }: { readonly now: number; readonly stripMetadata: boolean },
): IngestResult {
  if (camera.latest.closed) {
    const detail = "The edge is shutting down, or was told to forget this camera: send it again.";
    return { ok: false, status: 503, detail, retryAfter: 1 };
  }
  const late = camera.sessions.problem(upload.seq);
  if (late !== undefined) return { ok: false, status: 409, detail: late };
  const inspection = inspectJpeg(upload.buffer.jpeg);
  if (!inspection.ok) {
    const { problem, offset } = inspection;
    return { ok: false, status: 400, detail: `Not a whole JPEG: ${problem}`, offset };
  }
  const { width, height } = inspection;
  if (width * height > MAX_PIXELS) {
    const detail = `Take a frame: it has ${width}x${height} pixels, wanted at most ` +
      `${MAX_PIXELS / 1_000_000} million.`;
    return { ok: false, status: 422, detail };
  }
  const buffer = upload.buffer.with((jpeg) => cleanJpeg(jpeg, inspection, stripMetadata));
  noteLast(camera, upload.last, now);
  const meta: FrameMeta = {
    version: nextVersion(now, camera.newestVersion),
    size: buffer.jpeg.length,
    width,
    height,
    capturedAt: captureTime(upload, now),
    receivedAt: now,
    seq: upload.seq,
  };
  return { ok: true, frame: camera.publish(buffer, meta) };
}

/** What the frame before this one says of other instances, which a load balancer may give some to. */
function noteLast(camera: CameraHub, version: number | undefined, now: number): void {
  if (version === undefined || version <= camera.newestVersion) return;
  if (camera.contact.receiving) camera.contact.leftOut();
  if (version - now < MAX_VERSION_AHEAD_MS) camera.raise(version);
}

/** When a picture was taken, by this clock. */
function captureTime({ ageMs, capturedAt }: Upload, now: number): number {
  const takenAt = Math.max(0, now - ageMs);
  const lagMs = takenAt - (capturedAt ?? takenAt);
  return lagMs > 0 && lagMs <= MAX_CLOCK_LAG_MS ? takenAt - lagMs : takenAt;
}

/**
 * The version for a frame received at `now`, Unix ms, after one of version `last`: strictly growing
 * even when the clock stands still or jumps back, so that "newer" never needs a second opinion.
 */
export function nextVersion(now: number, last: number): number {
  return Math.max(Math.floor(now), last + 1);
}

/** A frame ready for every route. */
export interface LiveFrame extends Frame {
  /** Header and JPEG: one message of a socket, one record of a stream. */
  readonly record: Uint8Array<ArrayBuffer>;
  /** JPEG, boundary and the head of the next part: one write of an MJPEG stream. */
  readonly part: Uint8Array<ArrayBuffer>;
  /** `"<version>"`, as an ETag. */
  readonly etag: string;
  /** Whether the camera brought it to this instance itself. */
  readonly own: boolean;
}

/** Room for a JPEG of `size` bytes with what goes before and behind it. */
export class FrameBuffer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where the JPEG goes. */
  readonly jpeg: Uint8Array<ArrayBuffer>;
  readonly #tail: Uint8Array;

  /** @param tail What follows each frame of a stream (`partTail`). */
  constructor(size: number, tail: Uint8Array) {
    this.bytes = new Uint8Array(FRAME_HEADER_BYTES + size + tail.length);
    this.jpeg = this.bytes.subarray(FRAME_HEADER_BYTES, FRAME_HEADER_BYTES + size);
    this.#tail = tail;
  }

  /** A buffer that holds a copy of `jpeg`. */
  static of(jpeg: Uint8Array, tail: Uint8Array): FrameBuffer {
    const buffer = new FrameBuffer(jpeg.length, tail);
    buffer.jpeg.set(jpeg);
    return buffer;
  }

  /** This buffer, or a new one where `change` gives other bytes for the JPEG. */
  with(change: (jpeg: Uint8Array) => Uint8Array): FrameBuffer {
    const changed = change(this.jpeg);
    return changed === this.jpeg ? this : FrameBuffer.of(changed, this.#tail);
  }

  /** Writes header and tail, and gives the frame out. Nobody writes to the bytes after this. */
  finish(cam: string, camera: number, meta: FrameMeta, own = false): LiveFrame {
    writeFrameHeader(this.bytes, { camera, ...meta, length: this.jpeg.length });
    const end = FRAME_HEADER_BYTES + this.jpeg.length;
    this.bytes.set(this.#tail, end);
    return {
      ...meta,
      cam,
      jpeg: this.jpeg,
      record: this.bytes.subarray(0, end),
      part: this.bytes.subarray(FRAME_HEADER_BYTES),
      etag: `"${meta.version}"`,
      own,
    };
  }
}
