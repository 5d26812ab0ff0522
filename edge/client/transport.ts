// The seam between a road that brings frames and the page that shows them. A road runs until it
// fails and never tries again by itself; connection.ts alone decides what follows.

import type { CameraStatus } from "../../shared/wire.ts";
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

/** One way from the edge to this page. */
export interface Transport {
  /** As people read it in the details panel. */
  readonly name: string;
  /**
   * Brings frames until `signal` aborts.
   *
   * @throws When the road is closed, or was never open.
   */
  run(sink: TransportSink, signal: AbortSignal): Promise<void>;
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
