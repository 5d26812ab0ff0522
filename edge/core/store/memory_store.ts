// Pictures in memory, where the platform keeps none: gone with the process, and known to no other.

import type { Clock } from "../../../shared/clock.ts";
import { type Frame, type FrameMeta, metaOf } from "../../../shared/frame.ts";
import type { About } from "../../../shared/wire.ts";
import type { FrameStore, Head, PutOptions, PutResult, VersionRange } from "./frame_store.ts";

/** Most bytes of the past that are kept: the oldest goes first. */
const MAX_HISTORY_BYTES = 64 * 1024 * 1024;

export class MemoryStore implements FrameStore {
  readonly state = { kind: "memory", pending: 0, reads: 0, writes: 0 };
  /** It goes with the process: a newer one here helps nobody. */
  readonly newestEveryMs = Infinity;
  readonly #options: { readonly clock: Clock; readonly retentionMs: number };
  readonly #newest = new Map<string, Frame>();
  readonly #about = new Map<string, About>();
  /** Oldest first, and when each came, monotonic ms: a wall clock may be set. */
  #history: { readonly frame: Frame; readonly at: number }[] = [];

  constructor(options: { readonly clock: Clock; readonly retentionMs: number }) {
    this.#options = options;
  }

  put(frame: Frame, { history, about }: PutOptions): Promise<PutResult> {
    const { cam, version } = frame;
    const known = this.#newest.get(cam);
    if (known && known.version >= version) {
      return Promise.resolve({ ok: false, newest: known.version });
    }
    this.state.writes++;
    // A view would be kept with the whole buffer behind it.
    const kept: Frame = { ...metaOf(frame), cam, jpeg: frame.jpeg.slice() };
    this.#newest.set(cam, kept);
    if (about) this.#about.set(cam, about);
    if (history) this.#history.push({ frame: kept, at: this.#options.clock.monotonic() });
    this.#dropOld();
    return Promise.resolve({ ok: true, newest: version });
  }

  async head(cam: string): Promise<Head | undefined> {
    const newest = await this.newest(cam);
    return newest && { ...metaOf(newest), about: this.#about.get(cam) };
  }

  newest(cam: string): Promise<Frame | undefined> {
    this.state.reads++;
    return Promise.resolve(this.#newest.get(cam));
  }

  async get(cam: string, version: number): Promise<Frame | undefined> {
    const newest = await this.newest(cam);
    if (newest?.version === version) return newest;
    return this.#history.find(({ frame }) => frame.cam === cam && frame.version === version)?.frame;
  }

  cams(): Promise<string[]> {
    return Promise.resolve([...this.#newest.keys()]);
  }

  history(
    cam: string,
    { from = 0, to = Infinity, limit = 1000 }: VersionRange,
  ): Promise<FrameMeta[]> {
    this.state.reads++;
    this.#dropOld();
    const found = this.#history.map(({ frame }) => frame)
      .filter((frame) => frame.cam === cam && frame.version >= from && frame.version <= to);
    return Promise.resolve(found.reverse().slice(0, limit).map(metaOf));
  }

  prune(): Promise<void> {
    return Promise.resolve(this.#dropOld());
  }

  forget(cam: string): Promise<void> {
    this.#newest.delete(cam);
    this.#about.delete(cam);
    this.#history = this.#history.filter(({ frame }) => frame.cam !== cam);
    return Promise.resolve();
  }

  close(): void {
    this.#newest.clear();
    this.#history = [];
  }

  #dropOld(): void {
    const since = this.#options.clock.monotonic() - this.#options.retentionMs;
    let bytes = this.#history.reduce((sum, { frame }) => sum + frame.size, 0);
    while (bytes > MAX_HISTORY_BYTES || this.#history[0]?.at < since) {
      bytes -= this.#history.shift()!.frame.size;
    }
  }
}
