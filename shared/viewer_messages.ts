// Text messages from the edge on a viewer's WebSocket. Frames themselves are binary (wire_frame.ts).
// Types only, so that the page takes them without their validator.

import type { CameraStatus } from "./wire.ts";

/** When the edge said something. */
export interface Said {
  /** Its wall clock, Unix ms: ages are counted from it, not from the phone's clock. */
  readonly now: number;
  /** Ms that only grow. Where the difference to `now` is another than before, its wall clock was set. */
  readonly upMs: number;
}

/** First message on the socket: which camera has which number in frame headers. */
export interface HelloMessage extends Said {
  readonly type: "hello";
  readonly cams: readonly { readonly camera: number; readonly status: CameraStatus }[];
}

/** Sent when a camera's state, error, wanted interval or viewer count changes, and every ten seconds. */
export interface StatusMessage extends Said {
  readonly type: "status";
  readonly status: CameraStatus;
}

export type ViewerMessage = HelloMessage | StatusMessage;
