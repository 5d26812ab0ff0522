// The scrubber under the picture: the last day, a thumbnail under the pointer, and where in it the
// picture is.

import { ageText } from "../../shared/age_text.ts";
import { byId, make, setText } from "./elements.ts";
import type { LiveView } from "./live_view.ts";
import type { ServerClock } from "./measures.ts";
import { jpegBlob } from "./painter.ts";
import { type Past, stretches } from "./past.ts";
import type { Player } from "./playback.ts";
import { sinceText } from "./times.ts";

/** Ms between two looks for new pictures. */
const REFRESH_MS = 60_000;
/** Ms before the first look: the live picture comes first. */
const FIRST_LOOK_MS = 1200;
const HOUR_MS = 3_600_000;
const THUMBNAIL_WIDTH = 160;
/** Ms for which the pointer rests before a thumbnail is loaded. */
const PREVIEW_RESTS_MS = 60;

/** The scrubber and its buttons. */
export class Timeline {
  readonly #live: LiveView;
  readonly #clock: ServerClock;
  readonly #historyMs: number;
  readonly #player: Player;
  readonly #past: Past;
  readonly #track = byId("track");
  readonly #preview = byId("preview");
  /** Where the pointer asked for a picture: the thumb stays under it. */
  #aimed: { readonly version: number; readonly part: number } | undefined;
  #previewed: number | undefined;
  #previewTimer: ReturnType<typeof setTimeout> | undefined;

  /** @param historyMs How long pictures are kept. */
  constructor(live: LiveView, past: Past, player: Player, historyMs: number) {
    this.#live = live;
    this.#clock = live.connection.clock;
    this.#historyMs = historyMs;
    this.#player = player;
    this.#past = past;
    const track = this.#track;
    track.addEventListener("pointerdown", (event) => {
      track.setPointerCapture(event.pointerId);
      this.#seek(event);
    });
    track.addEventListener("pointermove", (event) => {
      if (event.buttons > 0) this.#seek(event);
      else this.#hover(event);
    });
    track.addEventListener("pointerleave", () => this.#preview.hidden = true);
    track.addEventListener("keydown", (event) => this.onKey(event));
    this.#lookFirst();
    setInterval(() => document.hidden || void this.#refresh(), REFRESH_MS);
  }

  /** Shows where the wanted picture is. */
  place(): void {
    const frame = this.#past.frames[this.#index];
    const now = this.#clock.now();
    const aimed = frame?.version === this.#aimed?.version ? this.#aimed : undefined;
    const part = aimed?.part ?? this.#part(frame?.receivedAt ?? now);
    byId("thumb").style.left = `${part * 100}%`;
    this.#track.setAttribute("aria-valuemax", String(this.#past.frames.length));
    this.#track.setAttribute("aria-valuenow", String(this.#index));
    this.#track.setAttribute(
      "aria-valuetext",
      frame
        ? `${sinceText(frame.receivedAt, now)}, ${ageText(now - frame.receivedAt)} ago`
        : "Live",
    );
  }

  /** Which picture is wanted; their number where that is a live one. */
  get #index(): number {
    const { wanted } = this.#player;
    const { frames } = this.#past;
    if (wanted.kind !== "past") return frames.length;
    return frames.findIndex(({ version }) => version >= wanted.version);
  }

  get #from(): number {
    return this.#clock.now() - this.#historyMs;
  }

  #lookFirst(): void {
    setTimeout(() => this.#hasSent ? void this.#refresh() : this.#lookFirst(), FIRST_LOOK_MS);
  }

  /** Whether the camera has sent a picture: before that there is no past to ask for. */
  get #hasSent(): boolean {
    return this.#live.status?.version !== undefined;
  }

  async #refresh(): Promise<void> {
    if (!this.#hasSent) return;
    const before = this.#past.frames.length;
    await this.#past.refresh(this.#from).catch(() => {});
    const { frames } = this.#past;
    byId("timeline").hidden = frames.length < 2;
    if (frames.length === before) return;
    byId<HTMLAnchorElement>("film").href = this.#past.filmUrl(this.#from);
    const times = frames.map(({ receivedAt }) => receivedAt);
    const usual = (times.at(-1)! - times[0]) / Math.max(1, times.length - 1);
    byId("stretches").replaceChildren(
      ...stretches(times, Math.max(usual * 2.5, 15 * 60_000)).map(([from, to]) => {
        const bar = make("i", "");
        bar.style.left = `${this.#part(from) * 100}%`;
        bar.style.width = `${(this.#part(to) - this.#part(from)) * 100}%`;
        return bar;
      }),
    );
    this.place();
  }

  /** Where a time is on the track: 0 = the oldest, 1 = now. */
  #part(time: number): number {
    const start = this.#start;
    return Math.min(1, Math.max(0, (time - start) / (this.#clock.now() - start)));
  }

  get #start(): number {
    return Math.max(this.#from, this.#past.frames[0]?.receivedAt ?? 0);
  }

  #timeAt({ clientX }: PointerEvent): number {
    const box = this.#track.getBoundingClientRect();
    const part = Math.min(1, Math.max(0, (clientX - box.left) / box.width));
    const start = this.#start;
    return start + part * (this.#clock.now() - start);
  }

  #seek(event: PointerEvent): void {
    const time = this.#timeAt(event);
    const newest = this.#past.frames.at(-1)?.receivedAt ?? 0;
    // The picture itself shows where the thumb is.
    this.#preview.hidden = true;
    const live = time > newest + (this.#clock.now() - newest) / 2;
    const index = this.#past.nearest(time);
    this.#aimed = { version: this.#past.frames[index]?.version, part: this.#part(time) };
    this.#player.do(live ? "live" : index);
  }

  #hover(event: PointerEvent): void {
    const frame = this.#past.frames[this.#past.nearest(this.#timeAt(event))];
    if (!frame || event.pointerType === "touch") return;
    const box = this.#track.getBoundingClientRect();
    this.#preview.hidden = false;
    this.#preview.style.left = `${
      Math.min(box.width - 84, Math.max(84, event.clientX - box.left))
    }px`;
    setText(byId("preview-time"), sinceText(frame.receivedAt, this.#clock.now()));
    this.#thumbnail(frame.version);
  }

  /** Loads a thumbnail once the pointer rests; until then none stands beside a time not its own. */
  #thumbnail(version: number): void {
    const image = byId<HTMLImageElement>("preview-picture");
    if (this.#previewed === version) return;
    this.#previewed = version;
    image.classList.add("blank");
    clearTimeout(this.#previewTimer);
    this.#previewTimer = setTimeout(async () => {
      const jpeg = await this.#past.picture(version, THUMBNAIL_WIDTH).catch(() => undefined);
      if (!jpeg || this.#previewed !== version) return;
      URL.revokeObjectURL(image.src);
      image.src = URL.createObjectURL(jpegBlob(jpeg));
      image.classList.remove("blank");
    }, PREVIEW_RESTS_MS);
  }

  /** Steps by pictures, with shift by hours; Home and End go to the ends. */
  onKey(event: KeyboardEvent): void {
    const { frames } = this.#past;
    const at = this.#index;
    const hour = (direction: 1 | -1) =>
      this.#past.nearest((frames[at]?.receivedAt ?? this.#clock.now()) + direction * HOUR_MS);
    const moves: Readonly<Record<string, () => number>> = {
      ArrowLeft: () => event.shiftKey ? hour(-1) : at - 1,
      ArrowDown: () => at - 1,
      ArrowRight: () => event.shiftKey ? hour(1) : at + 1,
      ArrowUp: () => at + 1,
      PageUp: () => hour(1),
      PageDown: () => hour(-1),
      Home: () => 0,
      End: () => frames.length,
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    this.#player.do(move());
  }
}
