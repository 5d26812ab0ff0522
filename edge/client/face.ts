// Puts the state into the page: badge, notice over the picture, time of capture, and one sentence
// for screen readers whenever the kind of state changes.

import { ageText } from "../../shared/age_text.ts";
import { byId, setText } from "./elements.ts";
import type { StateWords } from "./state.ts";
import { clockText, sinceText } from "./times.ts";

/** The parts of the page that speak about the picture. */
export class Face {
  readonly #viewer = document.querySelector<HTMLElement>(".viewer")!;
  readonly #badge = byId("badge-text");
  readonly #notice = byId("notice");
  readonly #headline = byId("headline");
  readonly #detail = byId("detail");
  readonly #spoken = byId("spoken");
  readonly #when = byId<HTMLTimeElement>("when");
  readonly #words = byId("words");

  /** Shows the state in words and colour. */
  state(words: StateWords): void {
    if (this.#viewer.dataset.state !== words.kind) {
      this.#viewer.dataset.state = words.kind;
      setText(
        this.#spoken,
        [words.headline ?? words.label, words.detail].filter(Boolean).join(". "),
      );
    }
    setText(this.#badge, words.label);
    this.#notice.hidden = words.headline === undefined;
    setText(this.#headline, words.headline ?? "");
    setText(this.#detail, words.headline === undefined ? "" : words.detail ?? "");
    setText(this.#words, words.headline === undefined ? words.detail ?? "" : "");
  }

  /** Shows when the picture was taken, in the viewer's own zone. */
  time(shownAt: number, now: number): void {
    const today = new Date(shownAt).toDateString() === new Date(now).toDateString();
    setText(this.#when, today ? clockText(shownAt) : sinceText(shownAt, now));
    this.#when.dateTime = new Date(shownAt).toISOString();
  }

  /** Says that the picture is one of the past. */
  past(takenAt: number, now: number): void {
    this.state({ kind: "past", label: "Earlier", detail: `${ageText(now - takenAt)} ago` });
    this.time(takenAt, now);
  }

  /** How many people watch: always for the owner of a private cam, never for its guests. */
  viewers(count: number, role: string): void {
    const told = role === "owner" ? count > 0 : role === "public" && count > 1;
    setText(byId("watching"), told ? `${count} watching` : "");
  }
}
