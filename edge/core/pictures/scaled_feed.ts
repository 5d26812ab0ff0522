// The frames of a camera at another width, for everybody who watches it at that width. Runs only
// while somebody does; one frame at a time, and what comes meanwhile is skipped.

import { Latest } from "../../../shared/latest.ts";
import type { LiveFrame } from "../ingest/ingest.ts";
import { type Renditions, withPicture } from "./renditions.ts";

interface Feed {
  readonly frames: Latest<LiveFrame>;
  readonly stop: AbortController;
  watchers: number;
}

export type ScaledFeeds = ReturnType<typeof scaledFeeds>;

export function scaledFeeds(renditions: Renditions) {
  const feeds = new WeakMap<Latest<LiveFrame>, Map<number, Feed>>();
  return { hold, scaled };

  /**
   * `source` at `width` pixels across; `source` itself where no width is given. `release` is to be called
   * once, when the watcher has gone.
   */
  function hold(source: Latest<LiveFrame>, width: number | undefined) {
    if (width === undefined) return { frames: source, release: () => {} };
    const widths = feeds.get(source) ?? new Map<number, Feed>();
    feeds.set(source, widths);
    const feed = widths.get(width) ??
      { frames: new Latest<LiveFrame>(), stop: new AbortController(), watchers: 0 };
    if (feed.watchers++ === 0) void run(source, feed, width);
    widths.set(width, feed);
    const release = () => {
      if (--feed.watchers > 0) return;
      feed.stop.abort();
      widths.delete(width);
    };
    return { frames: feed.frames, release };
  }

  async function run(source: Latest<LiveFrame>, { frames, stop }: Feed, width: number) {
    try {
      for (let seq = 0;;) {
        const next = await source.next(seq, stop.signal);
        seq = next.seq;
        frames.set(await scaled(next.value, width));
      }
    } catch {
      // The last who watched has gone, or the camera.
      frames.close();
    }
  }

  /** The frame as it is where it cannot be scaled: an old picture would be worse than a large one. */
  async function scaled(frame: LiveFrame, width: number): Promise<LiveFrame> {
    const picture = await renditions.get(frame, width).catch(() => frame);
    return picture === frame ? frame : withPicture(frame, picture);
  }
}
