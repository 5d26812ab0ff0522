// One answer of a camera on the network: its pictures, or in words why there are none. The words are
// public: no address, and no more of the answer than its first bytes.

import { inspectJpeg } from "../../shared/jpeg/inspect.ts";
import { JpegSplitter } from "../../shared/jpeg/splitter.ts";
import { brokenWords } from "../broken.ts";
import { SourceError, type SourceErrorKind } from "./source.ts";

/** Bytes shown of what is no picture. */
const SHOWN_BYTES = 4;

/** Pictures that may follow one which they belong to, as a preview and a gain map do. */
const MAX_TAILS = 2;

/** What statuses mean; all others below 500 speak of the address. */
const REFUSALS: Readonly<Record<number, readonly [kind: SourceErrorKind, advice: string]>> = {
  401: ["configuration", "check user and password"],
  403: ["configuration", "check user and password"],
  404: ["configuration", "check the path"],
  408: ["hardware", "it waited for the question"],
  429: ["hardware", "it is asked too often, lower PERCH_FPS"],
};

/** Takes the pictures out of an answer. The multipart headers fall out in the splitter. */
export class CameraAnswer {
  readonly #response: Response;
  readonly #splitter = new JpegSplitter();
  /** Whether its length says that it is one picture. */
  readonly #single: boolean;
  #start: readonly number[] = [];
  #pictures = 0;
  #pixels = 0;
  #tails = 0;

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

  /** Whether it brought a picture. */
  get good(): boolean {
    return this.#pictures > 0;
  }

  /** Why it brought none. */
  get problem(): SourceError {
    const { status } = this.#response;
    if (status >= 200 && status < 300) return cameraError("hardware", this.#words());
    const [kind, advice] = REFUSALS[status] ?? ["configuration", "check the address"];
    return status >= 500
      ? cameraError("hardware", `answers ${status}`)
      : cameraError(kind, `answers ${status}: ${advice}`);
  }

  get #type(): string {
    const type = this.#response.headers.get("content-type")?.split(";")[0].trim().toLowerCase();
    return /^[\w.+-]+\/[\w.+-]+$/.exec(type ?? "")?.[0] ?? "";
  }

  #words(): string {
    const start = this.#start;
    if (start.length === 0) return "answers without a body";
    const { counts } = this.#splitter;
    const begun = start[0] === 0xff && start[1] === 0xd8;
    const broken = brokenWords(counts) ?? (begun && brokenWords({ ...counts, truncated: 1 }));
    if (broken) return broken;
    const hex = start.map((byte) => byte.toString(16).padStart(2, "0")).join(" ").toUpperCase();
    const text = String.fromCharCode(...start).replace(/[^ -~]/g, ".");
    const other = /^(?:video|image)\/(?!p?jpe?g$)/.test(this.#type);
    const advice = other ? "; PERCH_SOURCE=ffmpeg reads videos and other pictures" : "";
    return `answers ${
      this.#type || "without a type"
    }, no JPEG: starts with ${hex} (${text})${advice}`;
  }

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

/** An error that says `what` the camera does. */
export function cameraError(kind: SourceErrorKind, what: string): SourceError {
  return new SourceError(kind, `the camera at PERCH_INPUT ${what}`);
}
