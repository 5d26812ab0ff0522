// Pictures in memory, where the platform keeps none: gone with the process, and known to no other.

import type { Clock } from "../../../shared/clock.ts";
import { type Frame, type FrameMeta, metaOf } from "../../../shared/frame.ts";
import type { About } from "../../../shared/wire.ts";
import type {
  FrameStore,
  Head,
  PutOptions,
  PutResult,
  StoreState,
  VersionRange,
} from "./frame_store.ts";

/** Most bytes of the past that are kept: the oldest goes first. */
const MAX_HISTORY_BYTES = 64 * 1024 * 1024;

interface HistoryFrame {
  readonly frame: Frame;
  /** Monotonic ms: a wall clock may be set. */
  readonly at: number;
}

/** `FrameStore` of one process. */
export class MemoryStore implements FrameStore {
  readonly #options: { readonly clock: Clock; readonly retentionMs: number };
  readonly #newest = new Map<string, Frame>();
  readonly #about = new Map<string, About>();
  /** It goes with the process: a newer one here helps nobody. */
  readonly newestEveryMs = Infinity;
  /** By camera and version, oldest first. */
  readonly #history = new Map<string, HistoryFrame>();
  #historyBytes = 0;
  #reads = 0;
  #writes = 0;

  constructor(options: { readonly clock: Clock; readonly retentionMs: number }) {
    this.#options = options;
  }

  get state(): StoreState {
    return {
      kind: "memory",
      answering: true,
      problem: undefined,
      failures: 0,
      pending: 0,
      reads: this.#reads,
      writes: this.#writes,
    };
  }

  /** Bytes of pictures that are kept; the newest may be counted twice. */
  get bytes(): number {
    const newest = [...this.#newest.values()];
    return this.#historyBytes + newest.reduce((sum, { size }) => sum + size, 0);
  }

  put(frame: Frame, { history, about }: PutOptions): Promise<PutResult> {
    const { cam, version } = frame;
    const known = this.#newest.get(cam);
    if (known && known.version >= version) {
      return Promise.resolve({ ok: false, newest: known.version });
    }
    this.#writes++;
    // A view would be kept with the whole buffer behind it.
    const kept: Frame = { ...metaOf(frame), cam, jpeg: frame.jpeg.slice() };
    this.#newest.set(cam, kept);
    if (about) this.#about.set(cam, about);
    if (history) {
      this.#history.set(keyOf(cam, version), {
        frame: kept,
        at: this.#options.clock.monotonic(),
      });
      this.#historyBytes += kept.size;
      this.#dropOld();
    }
    return Promise.resolve({ ok: true, newest: version });
  }

  head(cam: string): Promise<Head | undefined> {
    const newest = this.#read(this.#newest.get(cam));
    return Promise.resolve(
      newest && { ...metaOf(newest), chunks: 1, writer: "memory", about: this.#about.get(cam) },
    );
  }

  newest(cam: string): Promise<Frame | undefined> {
    return Promise.resolve(this.#read(this.#newest.get(cam)));
  }

  get(cam: string, version: number): Promise<Frame | undefined> {
    const newest = this.#newest.get(cam);
    const found = newest?.version === version
      ? newest
      : this.#history.get(keyOf(cam, version))?.frame;
    return Promise.resolve(this.#read(found));
  }

  cams(): Promise<string[]> {
    return Promise.resolve([...this.#newest.keys()]);
  }

  history(
    cam: string,
    { from = 0, to = Infinity, limit = 1000 }: VersionRange,
  ): Promise<FrameMeta[]> {
    this.#reads++;
    this.#dropOld();
    const found = [...this.#history.values()].map(({ frame }) => frame)
      .filter((frame) => frame.cam === cam && frame.version >= from && frame.version <= to);
    return Promise.resolve(found.reverse().slice(0, limit).map(metaOf));
  }

  prune(): Promise<void> {
    this.#dropOld();
    return Promise.resolve();
  }

  forget(cam: string): Promise<void> {
    this.#newest.delete(cam);
    this.#about.delete(cam);
    for (const { frame } of this.#history.values()) {
      if (frame.cam === cam) this.#drop(frame);
    }
    return Promise.resolve();
  }

  close(): void {
    this.#newest.clear();
    this.#history.clear();
  }

  #dropOld(): void {
    const { clock, retentionMs } = this.#options;
    for (const { frame, at } of this.#history.values()) {
      const expired = clock.monotonic() - at > retentionMs;
      if (!expired && this.#historyBytes <= MAX_HISTORY_BYTES) break;
      this.#drop(frame);
    }
  }

  #drop({ cam, version, size }: Frame): void {
    this.#history.delete(keyOf(cam, version));
    this.#historyBytes -= size;
  }

  #read(found: Frame | undefined): Frame | undefined {
    this.#reads++;
    return found;
  }
}

function keyOf(cam: string, version: number): string {
  return `${cam} ${version}`;
}
