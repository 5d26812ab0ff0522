// All cameras this instance knows.

import type { FrameStore } from "../store/frame_store.ts";
import { CameraHub, type CameraHubOptions } from "./camera.ts";
import { RateLimiter } from "../limits/limits.ts";

export interface HubOptions extends CameraHubOptions {
  readonly store: FrameStore;
  onCamera?(camera: CameraHub): void;
  onForget?(camera: CameraHub): void;
  onStoreError(action: string, error: unknown): void;
}

export const MAX_CAMERAS = 32;

/** Reads of the store for cameras unknown here: made-up names must not cost a read each. */
const LOOKUPS = { perSecond: 10, burst: 100 };

/** Numbers of cameras that a frame header takes. */
const MAX_NUMBERS = 0x10000;

/** For how long what the store said of a camera is not asked again, ms. */
const REFRESH_MS = 5000;

/** Cameras by id. Whoever publishes comes by `open`, viewers by `find`. */
export class Hub {
  /** Whether `close` was called: nothing new is to be held open. */
  closed = false;
  readonly #options: HubOptions;
  readonly #cameras = new Map<string, CameraHub>();
  readonly #loading = new Map<string, Promise<CameraHub | undefined>>();
  readonly #lookups: RateLimiter;
  /** When the store was asked for a camera's newest frame, monotonic ms. */
  readonly #lookedAt = new Map<string, number>();
  /** Cameras that the store had when it was last asked. */
  #stored: ReadonlySet<string> = new Set();
  #numbered = 0;
  #refreshedAt = -Infinity;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#lookups = new RateLimiter(LOOKUPS, options.clock);
  }

  /** Every camera known here, by the order in which they came. */
  get cameras(): CameraHub[] {
    return [...this.#cameras.values()];
  }

  /** The same, as people look for them. */
  get byName(): CameraHub[] {
    const name = ({ cam, about }: CameraHub) => about?.name ?? cam;
    const { compare } = new Intl.Collator(undefined, { numeric: true });
    return this.cameras.sort((one, other) =>
      compare(name(one), name(other)) || compare(one.cam, other.cam)
    );
  }

  /** The camera, made if new; undefined where there are too many already. */
  open(cam: string): CameraHub | undefined {
    let camera = this.#cameras.get(cam);
    if (!camera && this.#cameras.size < MAX_CAMERAS && !this.closed) {
      camera = new CameraHub(cam, this.#numbered++ % MAX_NUMBERS, this.#options);
      this.#cameras.set(cam, camera);
      this.#options.onCamera?.(camera);
    }
    return camera;
  }

  known(cam: string): CameraHub | undefined {
    return this.#cameras.get(cam);
  }

  /** A camera of which the store needs not be asked: its frames come here, or it was asked just now. */
  fresh(cam: string): CameraHub | undefined {
    const camera = this.#cameras.get(cam);
    const fresh = camera?.contact.receiving || this.#lookedMs(cam) < REFRESH_MS;
    return camera?.latest.value && fresh && !this.isToBeAsked(camera) ? camera : undefined;
  }

  /**
   * The camera if it is known here or in the store, with the stored frame published when that is
   * newer. A store that fails counts as knowing nothing.
   */
  async find(cam: string): Promise<CameraHub | undefined> {
    const fresh = this.fresh(cam);
    if (fresh) return fresh;
    let loading = this.#loading.get(cam);
    if (!loading) {
      if (!this.#cameras.has(cam) && this.#lookups.take("") > 0) return undefined;
      loading = this.#load(cam).finally(() => this.#loading.delete(cam));
      this.#loading.set(cam, loading);
    }
    return await loading;
  }

  /** Whether a camera seems lost, and the store has not been asked since whether it lives on elsewhere. */
  isToBeAsked({ cam, lostMs }: CameraHub): boolean {
    return lostMs >= 0 && (this.#lookedMs(cam) > lostMs || this.#loading.has(cam));
  }

  /** Takes over the newest stored frame of every camera; where that was done just now, of lost ones. */
  async refresh(): Promise<void> {
    const now = this.#options.clock.monotonic();
    if (now - this.#refreshedAt < REFRESH_MS) {
      await Promise.all(this.cameras.map(({ cam }) => this.find(cam)));
      return;
    }
    this.#refreshedAt = now;
    try {
      const cams = new Set(await this.#options.store.cams());
      // Another instance was told to forget it.
      for (const cam of this.#stored.difference(cams)) {
        this.forgetSilent(cam);
      }
      this.#stored = cams;
      await Promise.all([...cams].map((cam) => this.find(cam)));
    } catch (error) {
      this.#options.onStoreError("list cameras", error);
    }
  }

  /** Knows a camera no more, and ends every stream, socket and wait of it. */
  forget(cam: string): void {
    this.#lookedAt.delete(cam);
    const camera = this.#cameras.get(cam);
    if (!camera) return;
    this.#cameras.delete(cam);
    camera.close();
    this.#options.onForget?.(camera);
  }

  /** Forgets a camera that the store has no more, unless its frames come here. */
  forgetSilent(cam: string): void {
    if (!this.#cameras.get(cam)?.contact.receiving) this.forget(cam);
  }

  close(): void {
    this.closed = true;
    for (const camera of this.#cameras.values()) camera.close();
  }

  #lookedMs(cam: string): number {
    return this.#options.clock.monotonic() - (this.#lookedAt.get(cam) ?? -Infinity);
  }

  async #load(cam: string): Promise<CameraHub | undefined> {
    const { store, clock } = this.#options;
    this.#lookedAt.set(cam, clock.monotonic());
    try {
      const head = await store.head(cam);
      const known = this.#cameras.get(cam);
      if (!head || head.version <= (known?.latest.value?.version ?? 0)) known?.looked();
      else {
        const frame = await store.newest(cam);
        // One that was forgotten meanwhile stays so.
        if (frame && this.#lookedAt.has(cam)) this.open(cam)?.publishRemote(frame, false);
      }
      const found = this.#cameras.get(cam);
      if (found) found.about ??= head?.about;
    } catch (error) {
      this.#options.onStoreError(`read the newest frame of ${cam}`, error);
    }
    return this.#cameras.get(cam);
  }
}
