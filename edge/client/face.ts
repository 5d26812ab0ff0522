// What the page says and shows beside the picture: badge, notice, time of capture, one sentence for
// screen readers whenever the kind of state changes, details, and the glow behind it.

import { byId, make, setText } from "./elements.ts";
import type { LiveView } from "./live_view.ts";
import type { Rate } from "./measures.ts";
import type { StateWords } from "./state.ts";
import { clockText, dateText, dayText, thereText } from "./times.ts";

/** Ms between two copies of the picture for the glow. */
const GLOW_EVERY_MS = 1000;

const viewer = document.querySelector<HTMLElement>(".viewer")!;
const glow = document.querySelector<HTMLCanvasElement>(".glow")!;
/** The page's, without what it says of the picture. */
export const TITLE: string = document.title;
let glowedAt = -Infinity;

export function showState({ kind, label, headline, detail = "" }: StateWords): void {
  const told = kind === "live" ? TITLE : `${label} · ${TITLE}`;
  if (document.title !== told) document.title = told;
  if (viewer.dataset.state !== kind) {
    viewer.dataset.state = kind;
    setText(byId("spoken"), [headline ?? label, detail].filter(Boolean).join(". "));
  }
  setText(byId("badge-text"), label);
  byId("notice").hidden = headline === undefined;
  setText(byId("headline"), headline ?? "");
  setText(byId("detail"), headline === undefined ? "" : detail);
  setText(byId("words"), headline === undefined ? detail : "");
}

/** Shows when the picture was taken, in the viewer's own zone, and in the camera's where that differs. */
export function showTime(shownAt: number, zone: string | undefined): void {
  const there = thereText(shownAt, zone);
  setText(byId("there"), there ? `Camera: ${there}` : "");
  const when = byId<HTMLTimeElement>("when");
  setText(when, clockText(shownAt));
  setText(byId("date"), dayText(shownAt, undefined));
  when.dateTime = new Date(shownAt).toISOString();
  when.title = dateText(shownAt);
}

/** How many people watch: always for the owner of a private cam, never for its guests. */
export function showViewers(count: number, role: string): void {
  const told = role === "owner" ? count > 0 : role === "public" && count > 1;
  setText(byId("watching"), told ? `${count} watching` : "");
}

/** Fills the panel of details, which is asked for by the viewer, with what is known now. */
export function showDetails(live: LiveView, rate: Rate, picture: HTMLCanvasElement): void {
  const { shown, state, status } = live;
  const { ageMs } = rate;
  const bytes = shown?.jpeg.length ?? 0;
  const fps = (many: number) => `${many.toFixed(1)} a second`;
  const rows: [string, string][] = [
    ["Age when shown", ageMs === undefined ? "none yet" : `${(ageMs / 1000).toFixed(2)} s`],
    ["Pictures shown", fps(rate.fps(performance.now()))],
    ["Pictures sent", status ? fps(status.fps) : "not known"],
    ["Size", `${picture.width} × ${picture.height}, ${Math.round(bytes / 1024)} KB`],
    ["Connection", state.kind === "open" ? state.road : state.kind],
    ["Watching", String(status?.viewers ?? 0)],
  ];
  if (matchMedia("(any-hover: hover)").matches) rows.push(["All keys", "?"]);
  byId("facts").replaceChildren(
    ...rows.flatMap(([name, value]) => [make("dt", name), make("dd", value)]),
  );
}

/** Takes over the picture's light, once a second: a tiny copy behind the page, blurred by CSS. */
export function showGlow(picture: HTMLCanvasElement): void {
  const now = performance.now();
  if (now - glowedAt < GLOW_EVERY_MS) return;
  glowedAt = now;
  glow.getContext("2d")?.drawImage(picture, 0, 0, glow.width, glow.height);
  glow.classList.add("lit");
}
