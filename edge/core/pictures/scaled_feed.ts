// The frames of a camera at another width, for everybody who watches it at that width. Runs only
// while somebody does; one frame at a time, and what comes meanwhile is skipped.

import { Latest } from "../../../shared/latest.ts";
import type { LiveFrame } from "../ingest/ingest.ts";
import { type Renditions, withPicture } from "./renditions.ts";

export interface HeldFeed {
  readonly frames: Latest<LiveFrame>;
  /** To be called when the watcher has gone. */
  release(): void;
}

interface Feed {
  readonly frames: Latest<LiveFrame>;
  readonly watchers: Set<HeldFeed>;
  readonly stop: AbortController;
}

export class ScaledFeeds {
  readonly #renditions: Renditions;
  readonly #feeds = new WeakMap<Latest<LiveFrame>, Map<number, Feed>>();

  constructor(renditions: Renditions) {
    this.#renditions = renditions;
  }

  /** `source` at `width` pixels across; `source` itself where no width is given. */
  hold(source: Latest<LiveFrame>, width: number | undefined): HeldFeed {
    if (width === undefined) return { frames: source, release: () => {} };
    const widths = this.#feeds.get(source) ?? new Map<number, Feed>();
    this.#feeds.set(source, widths);
    const feed = widths.get(width) ?? this.#start(source, width);
    widths.set(width, feed);
    const { frames, watchers, stop } = feed;
    const held: HeldFeed = {
      frames,
      release: () => {
        if (!watchers.delete(held) || watchers.size > 0) return;
        stop.abort();
        widths.delete(width);
      },
    };
    watchers.add(held);
    return held;
  }

  #start(source: Latest<LiveFrame>, width: number): Feed {
    const feed: Feed = { frames: new Latest(), watchers: new Set(), stop: new AbortController() };
    void this.#run(source, feed, width);
    return feed;
  }

  async #run(source: Latest<LiveFrame>, { frames, stop }: Feed, width: number): Promise<void> {
    try {
      for (let seq = 0;;) {
        const next = await source.next(seq, stop.signal);
        seq = next.seq;
        frames.set(await this.scaled(next.value, width));
      }
    } catch {
      // The last who watched has gone, or the camera.
      frames.close();
    }
  }

  /** The frame as it is where it cannot be scaled: an old picture would be worse than a large one. */
  async scaled(frame: LiveFrame, width: number | undefined): Promise<LiveFrame> {
    if (width === undefined) return frame;
    const picture = await this.#renditions.get(frame, width).catch(() => frame);
    return picture === frame ? frame : withPicture(frame, picture);
  }
}
