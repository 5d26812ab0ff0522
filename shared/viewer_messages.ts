// Text messages from the edge on a viewer's WebSocket. Frames themselves are binary (wire_frame.ts).
// Types only, so that the page takes them without their validator.

import type { CameraStatus } from "./wire.ts";

/** First message on the socket: which camera has which number in frame headers. */
export interface HelloMessage {
  readonly type: "hello";
  /** The edge's wall clock, Unix ms: ages are counted from it, not from the phone's clock. */
  readonly now: number;
  readonly cams: readonly { readonly camera: number; readonly status: CameraStatus }[];
}

/** Sent when a camera's state, error, wanted interval or viewer count changes, and every ten seconds. */
export interface StatusMessage {
  readonly type: "status";
  /** The edge's wall clock, Unix ms. */
  readonly now: number;
  readonly status: CameraStatus;
}

export type ViewerMessage = HelloMessage | StatusMessage;
