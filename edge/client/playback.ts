// What is played: live, live held still, or the past, still or as a film. Buttons, keys and timeline only
// say what is wanted; words, clock, picture and what is saved all go by the picture on the canvas.

import { ageText } from "../../shared/age_text.ts";
import type { FrameMeta } from "../../shared/frame.ts";
import type { LiveView } from "./live_view.ts";
import type { Jpeg } from "./painter.ts";
import type { Past } from "./past.ts";
import { CONNECTING, type StateWords } from "./state.ts";

/** Pictures a second of the film. */
export const FILM_FPS = 12;

export type Playback =
  | { readonly kind: "live" }
  | { readonly kind: "paused" }
  | { readonly kind: "past"; readonly version: number; readonly playing: boolean };

/** What somebody does: back to live, play or pause what is shown, play the day, or a picture's number. */
export type Action = "live" | "toggle" | "day" | number;

/** What is wanted after an action. @param frames Those of the past, oldest first. */
export function afterAction(
  before: Playback,
  action: Action,
  frames: readonly FrameMeta[],
): Playback {
  const seek = (index: number, playing: boolean): Playback => {
    const frame = frames[Math.max(0, index)];
    return frame ? { kind: "past", version: frame.version, playing } : { kind: "live" };
  };
  if (typeof action === "number") return seek(action, false);
  if (action === "live") return { kind: "live" };
  if (before.kind === "past") return { ...before, playing: !before.playing };
  if (action === "day") return frames.length > 0 ? seek(0, true) : before;
  return { kind: before.kind === "live" ? "paused" : "live" };
}

export type PastPictures = Pick<Past, "frames" | "picture">;

/** What is known of a picture of the past on the canvas. */
export type Kept = Pick<FrameMeta, "version" | "receivedAt">;

/** The one owner of what the canvas of `live` shows. */
export class Player {
  readonly #live: LiveView;
  readonly #past: PastPictures;
  readonly #onChange: () => void;
  readonly #sleep: (ms: number) => Promise<unknown>;
  #wanted: Playback = { kind: "live" };
  #onCanvas: { readonly frame: Kept; readonly jpeg: Jpeg } | undefined;
  /** Whether live has made room for a picture of the past. */
  #away = false;
  #loading = new AbortController();

  /** @param opensAt The picture of the past to begin with, before it is known which others there are. */
  constructor(
    live: LiveView,
    past: PastPictures,
    onChange: () => void,
    opensAt?: number,
    sleep: (ms: number) => Promise<unknown> = (ms) => new Promise((go) => setTimeout(go, ms)),
  ) {
    this.#live = live;
    this.#past = past;
    this.#onChange = onChange;
    this.#sleep = sleep;
    if (opensAt === undefined) return;
    this.#wanted = { kind: "past", version: opensAt, playing: false };
    this.#away = true;
    void this.#play(this.#loading.signal);
  }

  get wanted(): Playback {
    return this.#wanted;
  }

  /** Whether live pictures have a place. */
  get watching(): boolean {
    return this.#wanted.kind === "live" || (this.#wanted.kind === "past" && !this.#away);
  }

  /** The picture of the past on the canvas; undefined where that is a live one. */
  get past(): Kept | undefined {
    return this.#onCanvas?.frame;
  }

  /** The picture on the canvas, and when it was taken; undefined where there is none yet. */
  get shown(): { readonly jpeg: Jpeg; readonly takenAt: number } | undefined {
    if (this.#onCanvas) {
      return { jpeg: this.#onCanvas.jpeg, takenAt: this.#onCanvas.frame.receivedAt };
    }
    const { shown, shownAt } = this.#live;
    return shown && shownAt !== undefined ? { jpeg: shown.jpeg, takenAt: shownAt } : undefined;
  }

  /** The words that go with it. @param now By the edge's clock, Unix ms. */
  words(now: number): StateWords {
    if (!this.shown && this.#wanted.kind === "past") return CONNECTING;
    if (!this.past) return this.#live.words();
    const detail = `${ageText(now - this.past.receivedAt)} ago`;
    return { kind: "past", label: "Earlier", detail };
  }

  do(action: Action): void {
    this.#want(afterAction(this.#wanted, action, this.#past.frames));
    this.#loading.abort();
    this.#loading = new AbortController();
    if (this.#wanted.kind === "past") void this.#play(this.#loading.signal);
  }

  /** A live picture is on the canvas. */
  liveDrawn(): void {
    this.#onCanvas = undefined;
  }

  #want(wanted: Playback): void {
    this.#wanted = wanted;
    if (wanted.kind !== "past") {
      this.#away = false;
      void this.#restore();
    }
    this.#onChange();
  }

  /** Shows the wanted picture; in a film also those after it, and then live. */
  async #play(signal: AbortSignal): Promise<void> {
    while (this.#wanted.kind === "past") {
      const { version, playing } = this.#wanted;
      const rest = this.#sleep(playing ? 1000 / FILM_FPS : 0);
      const drawn = await this.#show(version, signal);
      if (signal.aborted) return;
      if (!playing) {
        if (!drawn) this.#settle();
        return;
      }
      await rest;
      if (signal.aborted) return;
      const next = this.#past.frames.find((one) => one.version > version);
      this.#want(next ? { ...this.#wanted, version: next.version } : { kind: "live" });
    }
  }

  /** Resolves with whether the picture is on the canvas. */
  async #show(version: number, signal: AbortSignal): Promise<boolean> {
    if (this.past?.version === version) return true;
    // A version is when the edge had the picture, but where clocks were set.
    const frame = this.#past.frames.find((one) => one.version === version) ??
      { version, receivedAt: version };
    const width = this.#live.wish.width();
    const jpeg = await this.#past.picture(version, width, signal).catch(() => undefined);
    if (signal.aborted || !jpeg) return false;
    this.#away = true;
    this.#onChange();
    const drawn = await this.#live.painter.draw(jpeg);
    if (drawn) this.#onCanvas = { frame, jpeg };
    // Live was asked for while it was drawn.
    if (this.#wanted.kind !== "past") void this.#restore();
    this.#onChange();
    return drawn;
  }

  /** Puts the last live picture back: one of the past must not stay until a new one comes. */
  async #restore(): Promise<void> {
    if (!this.#onCanvas) return;
    let shown, drawn;
    do {
      shown = this.#live.shown;
      drawn = !shown || await this.#live.painter.draw(shown.jpeg);
      // Another one may have come in between.
    } while (drawn && shown !== this.#live.shown);
    if (drawn) this.#onCanvas = undefined;
    this.#onChange();
  }

  /** A picture that cannot be had is wanted no more: what is shown is. */
  #settle(): void {
    this.#want(
      this.past ? { kind: "past", version: this.past.version, playing: false } : { kind: "live" },
    );
  }
}
