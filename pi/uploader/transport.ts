// How frames reach the edge, and what the edge may say to one. Expected outcomes are values.

import type { Demand } from "../../shared/wire.ts";
import type { CapturedFrame } from "../capture.ts";

/** What became of a frame, a probe or a question for demand. */
export type UploadResult =
  /** The edge has it. Some transports tell the demand of the edge along with it. */
  | { readonly kind: "accepted"; readonly demand?: Demand }
  /** The edge does not want this frame; the next may do. */
  | { readonly kind: "skipped"; readonly status: number; readonly detail: string }
  /** The edge wants nothing of this camera until a person changes something. */
  | { readonly kind: "refused"; readonly status: number; readonly detail: string }
  /** The edge answers, but cannot take it now. */
  | {
    readonly kind: "busy";
    readonly status: number;
    readonly detail: string;
    readonly retryMs: number;
  }
  /** The edge was not reached. */
  | { readonly kind: "failed"; readonly detail: string };

/** A way for frames to the edge. Every call ends when its signal aborts, and none retries. */
export interface Transport {
  /** Wanted intervals from which on demand must be asked for, in ms: below, `send` tells it. */
  readonly watchDemandFromMs: number;
  /** Wanted intervals from which on it is not asked for again, in ms. */
  readonly watchDemandBelowMs: number;
  /** Sends a frame and waits for the edge's word. */
  send(frame: CapturedFrame, signal: AbortSignal): Promise<UploadResult>;
  /** Finds out, with as few bytes as possible, whether the edge would take a frame. */
  probe(signal: AbortSignal): Promise<UploadResult>;
  /** Waits for a demand other than `interval`, in ms. May come back without news. */
  awaitDemand(interval: number, signal: AbortSignal): Promise<UploadResult>;
  /** Forgets open connections: after a failure none can be trusted. */
  renew(): void;
  close(): void;
}
