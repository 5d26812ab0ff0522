// Answers of /live.jpeg that all pollers share. Deno copies the bytes of every Response it makes,
// but not of one it clones: one Response for a frame, cloned for each poller, saves a third of a
// poll's CPU time.

import { HEADER } from "../../../shared/wire.ts";
import type { CameraHub } from "../cameras/camera.ts";
import type { LiveFrame } from "../ingest/ingest.ts";
import type { Counter, Metrics } from "../metrics.ts";

/** A CDN answers all pollers of one second from one request. */
const PUBLIC_CACHE = "public, max-age=0, s-maxage=1, stale-while-revalidate=5";
const PRIVATE_CACHE = "private, no-cache";

interface Ready {
  readonly frame: LiveFrame;
  readonly key: string;
  readonly full: Response;
  readonly unchanged: Response;
}

/** Ready answers, one pair a camera, made anew when frame, state or age in seconds change. */
export class StillAnswers {
  readonly #cacheControl: string;
  readonly #ready = new WeakMap<CameraHub, Ready>();

  readonly #sent: Counter;
  readonly #same: Counter;

  /** @param shared Whether caches on the way may keep the answers. */
  constructor(metrics: Metrics, shared: boolean) {
    this.#cacheControl = shared ? PUBLIC_CACHE : PRIVATE_CACHE;
    this.#sent = metrics.counter("perch_stills_sent_total", "Answers of /live.jpeg with a frame.");
    this.#same = metrics.counter("perch_stills_unchanged_total", "304 answers of /live.jpeg.");
  }

  /** 200 with the frame. */
  full(camera: CameraHub, frame: LiveFrame): Response {
    this.#sent.value++;
    return this.#of(camera, frame).full.clone();
  }

  /** 200 with the frame at another size. */
  scaled(camera: CameraHub, frame: LiveFrame, jpeg: Uint8Array<ArrayBuffer>): Response {
    this.#sent.value++;
    return this.#made(camera, frame, jpeg);
  }

  /** 304. */
  unchanged(camera: CameraHub, frame: LiveFrame): Response {
    this.#same.value++;
    return this.#of(camera, frame).unchanged.clone();
  }

  #headers(camera: CameraHub, frame: LiveFrame): Record<string, string> {
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

  #made(camera: CameraHub, frame: LiveFrame, jpeg: Uint8Array<ArrayBuffer>): Response {
    return new Response(jpeg, {
      headers: {
        ...this.#headers(camera, frame),
        "content-type": "image/jpeg",
        "content-length": String(jpeg.length),
      },
    });
  }

  #of(camera: CameraHub, frame: LiveFrame): Ready {
    const ready = this.#ready.get(camera);
    const key = `${camera.state} ${ageInSeconds(camera)}`;
    if (ready?.frame === frame && ready.key === key) return ready;
    const made: Ready = {
      frame,
      key,
      unchanged: new Response(null, { status: 304, headers: this.#headers(camera, frame) }),
      full: this.#made(camera, frame, frame.jpeg),
    };
    this.#ready.set(camera, made);
    return made;
  }
}

function ageInSeconds(camera: CameraHub): number {
  return Math.floor((camera.ageMs ?? 0) / 1000);
}
