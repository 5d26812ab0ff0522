// A camera on the network that speaks HTTP. It is asked again whenever its answer has ended: after
// each picture, or once in a long while where the answer is a stream.

import { shownAddress } from "../../shared/addresses.ts";
import { inspectJpeg } from "../../shared/jpeg/inspect.ts";
import { JpegSplitter } from "../../shared/jpeg/splitter.ts";
import { chunksOf, type Connection, describeFailure } from "../uploader/connection.ts";
import { brokenWords } from "../capture.ts";
import { type Credentials, type SignIn, signInFor } from "./sign_in.ts";
import { type FrameSource, pacer, type SourceDeps, SourceError } from "./source.ts";

/** Ms and a picture without a good answer that are no failure: cameras are busy, or start anew. */
const SPARED_MS = 10_000;

/** Ms to wait at least after a bad answer. */
const SPARED_PAUSE_MS = 1000;

/**
 * @param url May carry `user:password@`.
 * @param fps Single pictures a second; a stream comes at its own pace.
 */
export function createHttp(
  { clock, connect }: Pick<SourceDeps, "clock" | "connect">,
  { url, fps }: { readonly url: string; readonly fps: number },
): FrameSource {
  const ask = askerOf(url);
  return {
    name: `http ${shownAddress(url)}`,
    async run(signal, onBytes) {
      const connection = connect();
      const next = pacer(clock);
      let goodAt = -Infinity;
      let trouble = SILENT;
      try {
        while (!signal.aborted) {
          const bad = await take().catch(failureOf);
          if (signal.aborted) break;
          if (bad && clock.monotonic() - goodAt > SPARED_MS + 1000 / fps) throw bad;
          const pause = Math.max(1000 / fps, bad ? SPARED_PAUSE_MS : 0);
          await next(pause, signal);
        }
      } finally {
        connection.close();
      }
      const { reason } = signal;
      if (!(reason instanceof SourceError)) return;
      throw new SourceError(reason.kind, `${reason.message}: ${trouble.message}`);

      /** Gives the pictures of one answer; returns why there were none. */
      async function take(): Promise<SourceError | undefined> {
        trouble = SILENT;
        const response = await ask(connection, signal);
        const answer = new CameraAnswer(response);
        try {
          for await (const chunk of chunksOf(response, signal)) {
            for (const jpeg of answer.push(chunk)) {
              goodAt = clock.monotonic();
              onBytes(jpeg);
            }
            if (answer.isFruitless) return trouble = answer.problem;
          }
        } catch (error) {
          // A picture that came whole is one, whatever becomes of the rest.
          answer.breakOff(describeFailure(error));
        }
        if (answer.good) return undefined;
        return trouble = answer.problem;
      }
    },
  };
}

const SILENT = cameraError("hardware", "does not answer");

/** Deno's client refuses the whole answer for one line, and nothing can make it milder. */
const NO_ANSWERS: readonly (readonly [RegExp, string])[] = [
  [/invalid HTTP version/, "answers, but not in HTTP: check the port, or"],
  [/invalid (?:HTTP|content-length)/i, "sends a bad header line:"],
  [/message head is too large/, "sends too many header lines:"],
];

function failureOf(error: unknown): SourceError {
  if (error instanceof SourceError) return error;
  const why = describeFailure(error);
  const [, bad] = NO_ANSWERS.find(([pattern]) => pattern.test(why)) ?? [];
  if (bad) return cameraError("configuration", `${bad} set PERCH_SOURCE=ffmpeg (${why})`);
  const advice = /certificate|TLS/.test(why)
    ? ". Ask it without https, or set PERCH_SOURCE=ffmpeg, which checks no certificate"
    : "";
  return cameraError("hardware", `cannot be reached: ${why}${advice}`);
}

const MAX_MOVES = 5;

/** What asks a camera for an answer. */
function askerOf(address: string) {
  const at = new URL(address);
  const who: Credentials = { user: decoded(at.username), password: decoded(at.password) };
  at.username = at.password = "";
  let signIn: SignIn | undefined;

  /** Whether there is a new way to sign in, after an answer that wants one. */
  function learnsSignIn({ status, headers }: Response): boolean {
    if (!(who.user || who.password) || status < 400 || status >= 500) return false;
    // Some want a sign-in and do not say so; one that is known by now says so.
    if (status !== 401 && signIn) return false;
    const offered = signInFor(who, headers.get("www-authenticate"));
    signIn = offered ?? signIn;
    return offered !== undefined;
  }

  /**
   * Asks; signs in, and follows it on its own host only, and never from https to http: it must not
   * choose whom this machine asks, nor let others read the password.
   */
  return async (connection: Connection, signal: AbortSignal): Promise<Response> => {
    let url = at.href;
    let told = false;
    for (let moves = 0;;) {
      const headers: HeadersInit = signIn ? { authorization: signIn(url) } : {};
      const response = await connection.fetch(url, { headers, signal, redirect: "manual" });
      const { status } = response;
      const location = response.headers.get("location");
      if (status >= 300 && status < 400 && location !== null) {
        await response.body?.cancel();
        url = moved(location, url, ++moves);
      } else if (!told && learnsSignIn(response)) {
        await response.body?.cancel();
        told = true;
      } else {
        // Wrong: the next try is a new one, which does not count twice with cameras that count.
        if (status === 401) signIn = undefined;
        return response;
      }
    }
  };
}

function moved(location: string, from: string, moves: number): string {
  const [to, was] = [URL.parse(location, from), new URL(from)];
  const isOpen = to?.protocol === "http:" && was.protocol === "https:";
  if (to?.hostname === was.hostname && !isOpen && moves <= MAX_MOVES) return to.href;
  const where = moves > MAX_MOVES ? "in circles" : `to ${to?.host ?? "nowhere"}`;
  const detail = [`it moved ${isOpen ? `to ${to.origin}, from https` : where}`];
  throw cameraError("configuration", "moved: change PERCH_INPUT", detail);
}

/** Percent-decoded as far as it is encoded: people type a password as it is. */
function decoded(text: string): string {
  return text.replace(/(?:%[\da-f]{2})+/gi, (bytes) => {
    try {
      return decodeURIComponent(bytes);
    } catch {
      return bytes;
    }
  });
}

/** Bytes shown of what is no picture. */
const SHOWN_BYTES = 4;

/** Pictures that may follow one which they belong to, as a preview and a gain map do. */
const MAX_TAILS = 2;

/** What statuses mean; all others below 500 speak of the address. */
const REFUSALS: Readonly<Record<number, readonly [SourceError["kind"], advice: string]>> = {
  401: ["configuration", "check user and password"],
  403: ["configuration", "check user and password"],
  404: ["configuration", "check the path"],
  408: ["hardware", "it waited for the question"],
  429: ["hardware", "it is asked too often, lower PERCH_FPS"],
};

/**
 * One answer of a camera: its pictures, or in words why there are none. The words are public: no
 * address, and no more of the answer than its first bytes. Multipart headers fall out in the splitter.
 */
export class CameraAnswer {
  readonly #response: Response;
  readonly #splitter = new JpegSplitter();
  /** Whether its length says that it is one picture. */
  readonly #single: boolean;
  #start: readonly number[] = [];
  #pictures = 0;
  #pixels = 0;
  #tails = 0;
  #why: string | undefined;

  constructor(response: Response) {
    this.#response = response;
    const sized = response.headers.has("content-length");
    this.#single = sized && !/^(multipart|video)\//.test(this.#type);
  }

  /** The whole pictures that end in `chunk`, without those that belong to another. */
  push(chunk: Uint8Array): Uint8Array<ArrayBuffer>[] {
    if (this.#start.length < SHOWN_BYTES) {
      this.#start = [...this.#start, ...chunk.subarray(0, SHOWN_BYTES)].slice(0, SHOWN_BYTES);
    }
    return this.#splitter.push(chunk).filter((jpeg) => this.#isPicture(jpeg));
  }

  breakOff(why: string): void {
    this.#why = why;
  }

  get isFruitless(): boolean {
    return this.#splitter.isFruitless;
  }

  get good(): boolean {
    return this.#pictures > 0;
  }

  get problem(): SourceError {
    const { status } = this.#response;
    if (status >= 200 && status < 300) return cameraError("hardware", this.#words());
    if (status >= 500) return cameraError("hardware", `answers ${status}`);
    const [kind, advice] = REFUSALS[status] ?? ["configuration", "check the address"];
    return cameraError(kind, `answers ${status}: ${advice}`);
  }

  get #type(): string {
    const type = this.#response.headers.get("content-type")?.split(";")[0].trim().toLowerCase();
    return /^[\w.+-]+\/[\w.+-]+$/.exec(type ?? "")?.[0] ?? "";
  }

  #words(): string {
    const start = this.#start;
    if (start.length === 0) {
      return this.#why ? `breaks off its answer: ${this.#why}` : "answers without a body";
    }
    const { counts } = this.#splitter;
    const begun = start[0] === 0xff && start[1] === 0xd8;
    const broken = brokenWords(counts) ?? (begun && brokenWords({ ...counts, truncated: 1 }));
    if (broken) return broken;
    const hex = start.map((byte) => byte.toString(16).padStart(2, "0")).join(" ").toUpperCase();
    const text = String.fromCharCode(...start).replace(/[^ -~]/g, ".");
    const type = this.#type || "without a type";
    const other = /^(?:video|image)\/(?!p?jpe?g$)/.test(type);
    const advice = other ? "; PERCH_SOURCE=ffmpeg reads videos and other pictures" : "";
    return `answers ${type}, no JPEG: starts with ${hex} (${text})${advice}`;
  }

  /**
   * Whether it is no part of the one before. The splitter knows by multipart headers; without any, size
   * has to tell, which is too weak for a camera program: a damaged picture may claim to be large.
   */
  #isPicture(jpeg: Uint8Array): boolean {
    const seen = inspectJpeg(jpeg);
    const pixels = seen.ok ? seen.width * seen.height : 0;
    const smaller = pixels < this.#pixels && this.#tails < MAX_TAILS;
    if (this.good && (this.#single || smaller)) {
      this.#tails++;
      return false;
    }
    this.#pictures++;
    this.#pixels = pixels;
    this.#tails = 0;
    return true;
  }
}

function cameraError(kind: SourceError["kind"], what: string, detail?: string[]): SourceError {
  return new SourceError(kind, `the camera at PERCH_INPUT ${what}`, detail);
}
