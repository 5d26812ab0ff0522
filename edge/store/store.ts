// What the edge needs kept: the newest frame of each camera, and keyframes. One contract suite
// (store_contract.ts) holds every implementation to it.

import type { Frame, FrameMeta } from "../../shared/frame.ts";

/** The newest stored frame of a camera, without its bytes. */
export interface Head extends FrameMeta {
  /** How many chunks the JPEG is stored in. */
  readonly chunks: number;
  /** The instance that stored it. */
  readonly writer: string;
}

/** What became of a `put`. */
export type PutResult =
  | { readonly ok: true }
  /** A head of that version or a newer one is stored already: nothing was written. */
  | { readonly ok: false; readonly reason: "not-newer"; readonly newest: number };

/** A range of versions, both ends included. */
export interface VersionRange {
  /** Default 0. */
  readonly from?: number;
  /** Default: no end. */
  readonly to?: number;
  /** At most this many, newest first. Default 1000. */
  readonly limit?: number;
}

/** What became of a call that ran into its deadline. */
export class StoreTimeout extends Error {
  override name = "StoreTimeout";
}

/**
 * Keeps frames. Every call ends by its deadline with a `StoreTimeout` or the store's own error;
 * no call retries.
 */
export interface FrameStore {
  /**
   * Makes `frame` the newest of its camera, and a keyframe too if asked. Readers see the frame
   * before or this one, never a mixture.
   */
  put(frame: Frame, options: { readonly keyframe: boolean }): Promise<PutResult>;
  /** The newest stored frame's description, or undefined. */
  head(cam: string): Promise<Head | undefined>;
  /** The newest stored frame. */
  newest(cam: string): Promise<Frame | undefined>;
  /** One frame by version: the newest, one that just was, or a keyframe. */
  get(cam: string, version: number): Promise<Frame | undefined>;
  /** Cameras that have a head. */
  cams(): Promise<string[]>;
  /**
   * Heads of `cams` as they change, the present ones first. Versions may be skipped; the newest
   * never is for long. Ends when `signal` aborts.
   */
  watch(cams: readonly string[], signal: AbortSignal): AsyncIterable<Head & { cam: string }>;
  /** Keyframes in a range, newest first. */
  keyframes(cam: string, range: VersionRange): Promise<FrameMeta[]>;
  /** Lets go of what the store holds. */
  close(): void;
}
