// The scrubber under the picture: the last day or an earlier one, a tiny picture under the pointer, and
// where in it the picture on the screen is.

import { ageText } from "../../shared/age_text.ts";
import type { FrameMeta } from "../../shared/frame.ts";
import { byId, setText } from "./elements.ts";
import type { LiveView } from "./live_view.ts";
import type { ServerClock } from "./measures.ts";
import { Painter } from "./painter.ts";
import type { Past, Span } from "./past.ts";
import type { Player } from "./playback.ts";
import { Strip } from "./strip.ts";
import { dayEnd, daysBefore, dayStart, dayText, hourText, sinceText, thereText } from "./times.ts";

/** Ms between two looks for new pictures. */
const REFRESH_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const THUMBNAIL_WIDTH = 160;
/** Ms for which the pointer rests before a thumbnail is loaded. */
const PREVIEW_RESTS_MS = 60;

export class Timeline {
  readonly #live: LiveView;
  readonly #clock: ServerClock;
  readonly #historyMs: number;
  readonly #player: Player;
  readonly #past: Past;
  readonly #strip: Strip;
  readonly #track = byId("track");
  readonly #days = byId<HTMLSelectElement>("day");
  readonly #preview = byId("preview");
  readonly #thumbnail = new Painter(byId<HTMLCanvasElement>("preview-picture"));
  /** When the chosen day began; undefined: the last one, which ends now. */
  #day: number | undefined;
  #begun = false;
  /** Whether what there is of another day is on its way. */
  #choosing = false;
  /** When the oldest day began of which there are pictures. */
  #oldest: number | undefined;
  #span: Span = { from: 0, to: 1 };
  /** What was wanted when it was looked at last. */
  #wanted = "live";
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
    this.#strip = new Strip(past);
    const track = this.#track;
    track.addEventListener("pointerdown", (event) => {
      track.setPointerCapture(event.pointerId);
      this.#seek(event);
    });
    track.addEventListener("pointermove", (event) => {
      if (event.buttons > 0) this.#seek(event);
      this.#look(event);
    });
    track.addEventListener("pointerleave", () => this.#preview.hidden = true);
    track.addEventListener("keydown", (event) => this.onKey(event));
    this.#days.addEventListener("change", () => void this.#choose(Number(this.#days.value)));
    setInterval(() => {
      if (!document.hidden && !this.#choosing) void this.#refresh();
    }, REFRESH_MS);
  }

  /** Shows where the wanted picture is. */
  place(): void {
    const { wanted, shown } = this.#player;
    if (!this.#begun && shown && this.#hasSent) this.#begin();
    // Whoever is back at live is back at the day that has it.
    const back = wanted.kind === "live" && this.#wanted !== "live" && this.#day !== undefined;
    this.#wanted = wanted.kind;
    if (back) void this.#choose(0);
    const frame = this.#past.frames[this.#index];
    const aimed = frame && frame.version === this.#aimed?.version ? this.#aimed : undefined;
    const part = aimed?.part ?? this.#strip.part(frame?.receivedAt ?? this.#clock.now());
    const thumb = byId("thumb");
    thumb.hidden = this.#day !== undefined && !frame;
    thumb.style.left = `${100 * Math.min(1, Math.max(0, part))}%`;
    this.#track.setAttribute("aria-valuemax", String(this.#past.frames.length));
    this.#track.setAttribute("aria-valuenow", String(Math.max(0, this.#index)));
    this.#track.setAttribute(
      "aria-valuetext",
      frame
        ? `${this.#said(frame.receivedAt)}, ${ageText(this.#clock.now() - frame.receivedAt)} ago`
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

  /** The camera's time zone where clocks show another time there than here. */
  get #zone(): string | undefined {
    const zone = this.#live.status?.zone;
    return thereText(this.#clock.now(), zone) && zone;
  }

  #said(time: number): string {
    return sinceText(time, this.#clock.now(), this.#zone);
  }

  /** Looks for the first time: after the first picture, which comes before all others. */
  #begin(): void {
    this.#begun = true;
    const { wanted } = this.#player;
    // The page may have been opened with an older picture.
    const older = wanted.kind === "past" && wanted.version < this.#lastFrom;
    if (older && this.#historyMs > DAY_MS) this.#day = dayStart(wanted.version, this.#zone);
    void this.#refresh();
  }

  get #lastFrom(): number {
    return this.#clock.now() - Math.min(DAY_MS, this.#historyMs);
  }

  /** Whether the camera has sent a picture: before that there is no past to ask for. */
  get #hasSent(): boolean {
    return this.#live.status?.version !== undefined;
  }

  /** Looks what there is of the day, and shows it. Resolves with whether that is known. */
  async #refresh(): Promise<boolean> {
    if (!this.#hasSent) return false;
    const [past, day, zone] = [this.#past, this.#day, this.#zone];
    const from = this.#lastFrom;
    const span = day === undefined ? { from, to: Infinity } : { from: day, to: dayEnd(day, zone) };
    if (!await past.refresh(span).catch(() => false)) return false;
    const { frames } = past;
    byId<HTMLAnchorElement>("film").href = past.filmUrl(span);
    byId("timeline").hidden = frames.length < 2 && day === undefined;
    const now = this.#clock.now();
    const first = Math.max(from, frames[0]?.receivedAt ?? 0);
    this.#span = day === undefined ? { from: first, to: now } : span;
    this.#strip.show(this.#span, now, zone);
    this.place();
    void this.#offerDays(now, zone).catch(() => {});
    return true;
  }

  /** Offers the days before the last one. */
  async #offerDays(now: number, zone: string | undefined): Promise<void> {
    const kept = now - this.#historyMs;
    if (this.#oldest === undefined) {
      const days = this.#historyMs > DAY_MS ? daysBefore(now, kept, zone) : [];
      // Of so many of them there are pictures, and of more there may be.
      let [some, most] = [0, days.length];
      while (some < most) {
        const middle = (some + most + 1) >> 1;
        const end = Math.min(this.#lastFrom, dayEnd(days[middle - 1], zone));
        if (await this.#past.begins(end)) some = middle;
        else most = middle - 1;
      }
      this.#oldest = days[some - 1] ?? now;
    }
    const days = daysBefore(now, Math.max(this.#oldest, kept), zone);
    this.#days.hidden = days.length === 0;
    if (this.#days.options[1]?.value === String(days[0])) return;
    this.#days.replaceChildren(
      new Option("Last 24 hours", "0"),
      ...days.map((day) => new Option(dayText(day, zone), String(day))),
    );
    this.#days.value = String(this.#day ?? 0);
  }

  /** Shows another day, at the time of day that was shown. @param day When it began; 0: the last one. */
  async #choose(day: number): Promise<void> {
    const [zone, before, chosen] = [this.#zone, this.#day, day || undefined];
    const { wanted, past } = this.#player;
    const shown = wanted.kind === "past" && past ? past.receivedAt : this.#clock.now();
    this.#day = chosen;
    this.#days.value = String(day);
    this.#choosing = true;
    const known = await this.#refresh();
    // Another one was chosen meanwhile.
    if (this.#day !== chosen) return;
    this.#choosing = false;
    if (!day) return this.#player.do("live");
    if (!known) {
      this.#day = before;
      this.#days.value = String(before ?? 0);
      return;
    }
    const same = this.#past.nearest(day + shown - dayStart(shown, zone));
    if (same >= 0) this.#player.do(same);
  }

  #timeAt({ clientX }: PointerEvent): number {
    const box = this.#track.getBoundingClientRect();
    const { from, to } = this.#span;
    return from + Math.min(1, Math.max(0, (clientX - box.left) / box.width)) * (to - from);
  }

  #seek(event: PointerEvent): void {
    const time = this.#timeAt(event);
    const { frames } = this.#past;
    const newest = frames.at(-1)?.receivedAt ?? 0;
    const live = this.#day === undefined && time > (newest + this.#span.to) / 2;
    const index = this.#past.nearest(time);
    const gap = this.#strip.gapAt(time);
    const version = frames[index]?.version;
    this.#aimed = gap ? undefined : { version, part: this.#strip.part(time) };
    this.#player.do(live ? "live" : index);
  }

  /** Shows what is under the pointer. */
  #look(event: PointerEvent): void {
    const time = this.#timeAt(event);
    const frame = this.#past.frames[this.#past.nearest(time)];
    const box = this.#track.getBoundingClientRect();
    this.#preview.hidden = false;
    const x = Math.min(box.width - 84, Math.max(84, event.clientX - box.left));
    this.#preview.style.left = `${x}px`;
    const canvas = byId<HTMLCanvasElement>("preview-picture");
    const [zone, gap] = [this.#zone, this.#strip.gapAt(time)];
    canvas.hidden = gap !== undefined || !frame;
    if (canvas.hidden) {
      this.#previewed = undefined;
      clearTimeout(this.#previewTimer);
      const [from, to] = (gap ?? [this.#span.from, this.#span.to]).map((at) => hourText(at, zone));
      setText(byId("preview-time"), `No pictures ${from} – ${to}`);
    } else if (this.#previewed !== frame.version) {
      this.#previewed = frame.version;
      const near = this.#strip.copy(frame, canvas);
      canvas.classList.toggle("blank", !near);
      setText(byId("preview-time"), this.#said((near ?? frame).receivedAt));
      clearTimeout(this.#previewTimer);
      this.#previewTimer = setTimeout(() => void this.#magnify(frame), PREVIEW_RESTS_MS);
    }
  }

  /** Loads a larger one once the pointer rests. Picture and time always belong together. */
  async #magnify({ version, receivedAt }: FrameMeta): Promise<void> {
    const jpeg = await this.#past.picture(version, THUMBNAIL_WIDTH).catch(() => undefined);
    if (!jpeg || this.#previewed !== version) return;
    if (!await this.#thumbnail.draw(jpeg) || this.#previewed !== version) return;
    byId("preview-picture").classList.remove("blank");
    setText(byId("preview-time"), this.#said(receivedAt));
  }

  /** Steps by pictures, with shift by hours; Home and End go to the ends. */
  onKey(event: KeyboardEvent): void {
    const { frames } = this.#past;
    const at = this.#index;
    const hour = (direction: 1 | -1) => {
      const time = (frames[at]?.receivedAt ?? this.#clock.now()) + direction * HOUR_MS;
      const near = this.#past.nearest(time);
      // Over a time without pictures to the other end of it.
      return direction > 0 ? Math.max(at + 1, near) : Math.min(at - 1, near);
    };
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
