// A camera that the edge has never heard of: every other request about it would be answered 404, each
// of them an error in the browser's console. A page of it is there all the same, and a header of it
// says how the camera is as soon as it is known.

import type { CameraStatus } from "../../shared/wire.ts";
import { pause } from "./signals.ts";
import { edgeUrl, type Transport, type TransportOptions } from "./transport.ts";

/** Ms between two looks: the first picture is waited for by somebody who sets a camera up. */
const LOOK_EVERY_MS = 2000;

/** What is known of a camera that the edge has never heard of. */
export function unknownCamera(cam: string): CameraStatus {
  return { cam, state: "offline", fps: 0, intervalMs: 0, viewers: 0 };
}

/** Waits until the edge knows a camera. */
export class FirstPicture {
  #known: boolean;

  /** @param known Whether the edge knew the camera when it made the page. */
  constructor(known: boolean) {
    this.#known = known;
  }

  /** The same road, taken once the edge knows the one camera of `options`. */
  before(road: Transport, options: TransportOptions): Transport {
    if (this.#known) return road;
    return {
      name: road.name,
      run: async (sink, signal) => {
        const [cam] = options.cams;
        const page = edgeUrl(options, `/cams/${cam}/embed`);
        while (!this.#known && !signal.aborted) {
          const answer = await fetch(page, { method: "HEAD", signal });
          if (!answer.ok) throw new Error(`HEAD of the page was answered ${answer.status}`);
          this.#known = answer.headers.has("Perch-State");
          if (this.#known) break;
          sink.onOpen();
          sink.onStatus(unknownCamera(cam), undefined);
          await pause(LOOK_EVERY_MS, signal);
        }
        return signal.aborted ? "ended" : await road.run(sink, signal);
      },
    };
  }
}
