// The frames of a camera at another width, for everybody who watches it at that width. Runs only
// while somebody does; one frame at a time, and what comes meanwhile is skipped.

import { Latest } from "../../../shared/latest.ts";
import { FrameBuffer, type LiveFrame } from "../ingest/live_frame.ts";
import type { Renditions } from "./renditions.ts";

/** A feed somebody watches. */
export interface HeldFeed {
  readonly frames: Latest<LiveFrame>;
  /** To be called once, when the watcher has gone. */
  release(): void;
}

interface Feed {
  readonly frames: Latest<LiveFrame>;
  readonly stop: AbortController;
  watchers: number;
}

/** Every feed at another width of one instance. */
export class ScaledFeeds {
  readonly #renditions: Renditions;
  readonly #partTail: Uint8Array;
  readonly #feeds = new Map<Latest<LiveFrame>, Map<number, Feed>>();

  /** @param partTail What follows each frame of a stream. */
  constructor(renditions: Renditions, partTail: Uint8Array) {
    this.#renditions = renditions;
    this.#partTail = partTail;
  }

  /** `source` at `width` pixels across; `source` itself where no width is given. */
  hold(source: Latest<LiveFrame>, width: number | undefined, camera: number): HeldFeed {
    if (width === undefined) return { frames: source, release: () => {} };
    let widths = this.#feeds.get(source);
    if (!widths) this.#feeds.set(source, widths = new Map());
    let feed = widths.get(width);
    if (!feed) {
      feed = { frames: new Latest(), stop: new AbortController(), watchers: 0 };
      widths.set(width, feed);
      void this.#run(source, feed, width, camera);
    }
    const held = feed;
    held.watchers++;
    let released = false;
    return {
      frames: held.frames,
      release: () => {
        if (released) return;
        released = true;
        if (--held.watchers > 0) return;
        held.stop.abort();
        widths.delete(width);
        if (widths.size === 0) this.#feeds.delete(source);
      },
    };
  }

  async #run(
    source: Latest<LiveFrame>,
    feed: Feed,
    width: number,
    camera: number,
  ): Promise<void> {
    let seq = 0;
    while (!feed.stop.signal.aborted) {
      let frame: LiveFrame;
      try {
        ({ seq, value: frame } = await source.next(seq, feed.stop.signal));
      } catch {
        break;
      }
      feed.frames.set(await this.scaled(frame, width, camera));
    }
    feed.frames.close();
  }

  /** The frame as it is where it cannot be scaled: an old picture would be worse than a large one. */
  async scaled(frame: LiveFrame, width: number | undefined, camera: number): Promise<LiveFrame> {
    if (width === undefined) return frame;
    try {
      const picture = await this.#renditions.get(frame, width);
      if (picture === frame) return frame;
      const buffer = FrameBuffer.of(picture.jpeg, this.#partTail);
      return buffer.finish(frame.cam, camera, {
        ...frame,
        size: picture.jpeg.length,
        width: picture.width,
        height: picture.height,
      });
    } catch {
      return frame;
    }
  }
}
