// Answers of /live.jpeg that all pollers share. Deno copies the bytes of every Response it makes,
// but not of one it clones: one Response for a frame, cloned for each poller, saves a third of a
// poll's CPU time.

import { HEADER } from "../../shared/wire.ts";
import type { CameraState } from "../../shared/wire.ts";
import type { CameraHub } from "../camera_hub.ts";
import type { LiveFrame } from "../live_frame.ts";

interface Ready {
  readonly frame: LiveFrame;
  readonly state: CameraState;
  readonly ageS: number;
  readonly full: Response;
  readonly unchanged: Response;
}

/** Ready answers, one pair a camera, made anew when frame, state or age in seconds change. */
export class StillAnswers {
  readonly #cacheControl: string;
  readonly #ready = new WeakMap<CameraHub, Ready>();

  constructor(cacheControl: string) {
    this.#cacheControl = cacheControl;
  }

  /** 200 with the frame. */
  full(camera: CameraHub, frame: LiveFrame): Response {
    return this.#of(camera, frame).full.clone();
  }

  /** 304. */
  unchanged(camera: CameraHub, frame: LiveFrame): Response {
    return this.#of(camera, frame).unchanged.clone();
  }

  /** The headers of an answer about `frame`, whatever its body is. */
  headers(camera: CameraHub, frame: LiveFrame): Record<string, string> {
    return {
      etag: frame.etag,
      "last-modified": new Date(frame.receivedAt).toUTCString(),
      "cache-control": this.#cacheControl,
      age: String(ageInSeconds(camera)),
      "x-content-type-options": "nosniff",
      "referrer-policy": "same-origin",
      [HEADER.state]: camera.state,
      [HEADER.captured]: String(frame.capturedAt),
    };
  }

  #of(camera: CameraHub, frame: LiveFrame): Ready {
    const ready = this.#ready.get(camera);
    const ageS = ageInSeconds(camera);
    const { state } = camera;
    if (ready?.frame === frame && ready.ageS === ageS && ready.state === state) return ready;
    const headers = this.headers(camera, frame);
    const made: Ready = {
      frame,
      state,
      ageS,
      unchanged: new Response(null, { status: 304, headers }),
      full: new Response(frame.jpeg, {
        headers: {
          ...headers,
          "content-type": "image/jpeg",
          "content-length": String(frame.size),
        },
      }),
    };
    this.#ready.set(camera, made);
    return made;
  }
}

function ageInSeconds(camera: CameraHub): number {
  return Math.floor((camera.ageMs ?? 0) / 1000);
}
