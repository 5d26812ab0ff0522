// The seam between a road that brings frames and the page that shows them. A road runs until it
// fails, or another would do better, and never tries again by itself; connection.ts decides.

import type { ViewerMessage } from "../../shared/viewer_messages.ts";
import type { CameraStatus } from "../../shared/wire.ts";
import type { RecordHeader } from "../../shared/wire_frame.ts";
import type { Jpeg } from "./decode.ts";

/** One picture as it reached this browser. Times are Unix ms on the edge's clock. */
export interface ReceivedFrame {
  readonly cam: string;
  readonly version: number;
  readonly capturedAt: number;
  readonly receivedAt: number;
  readonly jpeg: Jpeg;
}

/** What a road hands to the page. */
export interface TransportSink {
  /** The road works: the edge has answered. */
  onOpen(): void;
  /** Resolves when the frame is on the screen, or was skipped for a newer one. */
  onFrame(frame: ReceivedFrame): Promise<void>;
  /** @param now The edge's wall clock, Unix ms; undefined where the edge did not say. */
  onStatus(status: CameraStatus, now: number | undefined): void;
}

/**
 * Why a road ended without a failure: its pictures came late, a proxy held them back, or they came so
 * fast that a stream would do.
 */
export type Outcome = "late" | "held" | "fast" | "ended";

/** One way from the edge to this page. */
export interface Transport {
  /** As people read it in the details panel. */
  readonly name: string;
  /**
   * Brings frames until `signal` aborts.
   *
   * @throws When the road is closed, or was never open.
   */
  run(sink: TransportSink, signal: AbortSignal): Promise<Outcome>;
}

/** What a road needs to know of the page's wishes. */
export interface TransportOptions {
  /** Where the edge is: its origin. */
  readonly base: string;
  /** The pass of a share link, where a page of another site brings one along. */
  readonly share?: string;
  readonly cams: readonly string[];
  /** Pixels across that are shown; undefined for the camera's own size. */
  readonly width?: number;
}

/** Says that the edge wants to know who is watching. */
export class SignInNeeded extends Error {
  override name = "SignInNeeded";
}

/** The address of a resource of the edge. */
export function edgeUrl({ base, share, width }: TransportOptions, path: string): URL {
  const url = new URL(path, base);
  if (width) url.searchParams.set("w", String(width));
  if (share) url.searchParams.set("share", share);
  return url;
}

/** An answer with a body to read. @throws {SignInNeeded} or Error where it is none. */
export async function goodAnswer(answer: Response, url: URL): Promise<Response> {
  if (answer.ok && answer.body) return answer;
  await answer.body?.cancel();
  if (answer.status === 401) throw new SignInNeeded("This cam is private");
  throw new Error(`GET ${url.pathname} was answered ${answer.status}`);
}

/** What records say of cameras: which number is whose, and how they are. */
export class Cameras {
  readonly #names = new Map<number, string>();
  /** Ms between pictures that the edge asks for, the shortest of all cameras. */
  intervalMs = Infinity;

  /** Takes a message record. */
  hear(content: Uint8Array, sink: TransportSink): void {
    const message: ViewerMessage = JSON.parse(new TextDecoder().decode(content));
    if (message.type === "hello") {
      this.intervalMs = Math.min(...message.cams.map(({ status }) => status.intervalMs));
      for (const { camera, status } of message.cams) {
        this.#names.set(camera, status.cam);
        sink.onStatus(status, message.now);
      }
    } else if (message.type === "status") {
      sink.onStatus(message.status, message.now);
    }
  }

  /** Whose a number is; undefined for nobody's. */
  nameOf(camera: number): string | undefined {
    return this.#names.get(camera);
  }

  /** A picture record as the frame it is; undefined for a camera that was not told of. */
  frame(header: RecordHeader, jpeg: Jpeg): ReceivedFrame | undefined {
    const cam = this.#names.get(header.camera);
    const { version, capturedAt, receivedAt } = header;
    return cam === undefined ? undefined : { cam, version, capturedAt, receivedAt, jpeg };
  }
}
