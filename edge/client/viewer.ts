// The viewer page: wires the live view to the page's parts.

import { widthFor } from "../../shared/widths.ts";
import { Connection } from "./connection.ts";
import { nameMoment, SITE } from "./address.ts";
import { byId, make, setPressed, setText } from "./elements.ts";
import { showDetails, showGlow, showState, showTime, showViewers } from "./face.ts";
import { LiveView, watchWhile } from "./live_view.ts";
import { Rate } from "./measures.ts";
import { jpegBlob } from "./painter.ts";
import { Past } from "./past.ts";
import { Player } from "./playback.ts";
import { layControlsOver, prepareFullscreen, toggleFloating } from "./screen.ts";
import { prepareSharing } from "./sharing.ts";
import type { StateKind } from "./state.ts";
import { Timeline } from "./timeline.ts";
import { pictureName } from "./times.ts";
import { Zoom } from "./zoom.ts";

/** Ms for which another size must be wanted before it is asked for. */
const SIZE_SETTLES_MS = 600;
/** Part of the frame that an arrow key moves a magnified picture by. */
const PAN_STEP = 0.1;

const { at, cam, role, history, known } = document.body.dataset as Record<string, string>;
const frame = byId("frame");
const picture = byId<HTMLCanvasElement>("picture");
const needPicture = ["fill", "snapshot", "pip"].map((id) => byId<HTMLButtonElement>(id));
const zoom = new Zoom(frame, picture, sizeChanged);
/** Whether the address names a moment of which no picture is kept, until something else is looked at. */
let gone = !at && new URLSearchParams(location.search).has("at");
let width = shownWidth();
let sizeTimer: ReturnType<typeof setTimeout> | undefined;

const connection = new Connection(SITE);
const { clock } = connection;
const rate = new Rate();
const live = new LiveView({
  cam,
  canvas: picture,
  connection,
  known: known === "yes",
  width: () => width,
  onChange: show,
  onPrivate: () => location.reload(),
  onDrawn: () => {
    player.liveDrawn();
    rate.note(performance.now(), Date.now() - live.shownAt!);
    show();
  },
});

const past = new Past(`${SITE}cams/${cam}`);
const player = new Player(live, past, () => {
  wake();
  show();
}, at ? Number(at) : undefined);
const timeline = new Timeline(live, past, player, Number(history));

/** Everything the page says goes by what is on the canvas, what it offers by what is wanted. */
function show(): void {
  const { shown, wanted } = player;
  frame.classList.toggle("blank", !shown);
  for (const button of needPicture) button.disabled = !shown;
  if (shown) {
    fit();
    showGlow(picture);
    showTime(shown.takenAt, live.status?.zone);
  }
  if (wanted.kind !== "past") nameMoment(undefined);
  else if (!wanted.playing) nameMoment(wanted.version);
  const words = player.words(clock.now());
  if (wanted.kind !== "live") gone = false;
  const told = gone && words.kind === "live";
  showState(told ? { ...words, detail: "The picture of that moment is kept no more." } : words);
  offer(words.kind);
  if (live.status?.name) setText(document.querySelector("h1")!, live.status.name);
  const still = wanted.kind === "paused" || (wanted.kind === "past" && !wanted.playing);
  setPressed(byId("pause"), still);
  byId("live").hidden = wanted.kind === "live";
  timeline.place();
  showViewers(live.state.kind === "open" ? live.status?.viewers ?? 0 : 0, role);
  if (!byId("facts").hidden) showDetails(live, rate, picture);
}

/** Pixels across that the picture needs: the edge sends no more; all of them when magnified. */
function shownWidth(): number | undefined {
  if (zoom.magnified) return undefined;
  return widthFor(frame.clientWidth * zoom.scale * devicePixelRatio);
}

/** Gives the picture its shape, and where it fills the frame, its place in that. */
function fit(): void {
  const stage = byId("stage");
  const aspect = picture.width / picture.height;
  stage.style.setProperty("--aspect", String(aspect));
  if (!stage.classList.contains("filled")) return zoom.fill();
  const wider = aspect / (frame.clientWidth / frame.clientHeight);
  zoom.fill({ x: Math.min(1, wider), y: Math.min(1, 1 / wider) });
}

function sizeChanged(): void {
  byId("whole").hidden = !zoom.magnified;
  setText(byId("whole"), `${zoom.scale.toFixed(1)} ×`);
  clearTimeout(sizeTimer);
  sizeTimer = setTimeout(() => {
    if (shownWidth() === width) return;
    width = shownWidth();
    connection.refresh();
  }, SIZE_SETTLES_MS);
}

/** Promises to say when the camera is back, for as long as this page lives, or takes that back. */
async function promise(button: HTMLElement): Promise<void> {
  const wanted = button.ariaPressed !== "true" &&
    await Notification.requestPermission() === "granted" && tell("You will be told here.");
  showPromise(wanted);
}

function showPromise(made: boolean): void {
  setPressed(byId("tell"), made);
  setText(byId("tell"), made ? "You will be told" : "Tell me when it is live");
}

/** False where the browser cannot: Chrome on Android has the class, and throws. */
function tell(body: string): boolean {
  try {
    new Notification(document.title, { body, tag: "back" });
    return true;
  } catch {
    return false;
  }
}

/** Offers what helps in a state, and keeps the promise. */
function offer(kind: StateKind): void {
  byId("retry").hidden = live.state.kind !== "retrying";
  const button = byId("tell");
  button.hidden = !["stale", "offline", "empty"].includes(kind) ||
    !("Notification" in globalThis) || Notification.permission === "denied";
  if (kind !== "live" || button.ariaPressed !== "true") return;
  tell("The camera is live.");
  showPromise(false);
}

function save(): void {
  const { shown } = player;
  if (!shown) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(jpegBlob(shown.jpeg));
  link.download = pictureName(cam, shown.takenAt);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Offers the film of the day, or what the link leads to where the script for it does not come. */
async function saveDay(event: Event): Promise<void> {
  event.preventDefault();
  const { href: avi, dataset } = event.currentTarget as HTMLAnchorElement;
  const script = new URL(dataset.script!, document.baseURI).href;
  try {
    const { openFilm } = await import(script) as typeof import("./film.ts");
    openFilm({ cam, zone: live.status?.zone, past, avi });
  } catch {
    location.assign(avi);
  }
}

const actions: Readonly<Record<string, (button: HTMLElement) => void>> = {
  pause: () => player.do("toggle"),
  play: () => player.do("day"),
  live: () => player.do("live"),
  fill: (button) => {
    setPressed(button, byId("stage").classList.toggle("filled"));
    fit();
    sizeChanged();
  },
  whole: () => zoom.reset(),
  retry: () => connection.retryNow(),
  tell: (button) => void promise(button),
  snapshot: save,
  details: (button) => {
    const facts = byId("facts");
    facts.hidden = !facts.hidden;
    setPressed(button, !facts.hidden);
    show();
  },
  pip: () => void toggleFloating(picture).catch(() => {}),
};
for (const [id, act] of Object.entries(actions)) {
  const button = byId(id);
  button.addEventListener("click", () => act(button));
}

const OTHER_KEYS: readonly [keys: string, what: string][] = [
  ["← →", "One picture earlier or later; where magnified, move it"],
  ["⇧ ← →", "One hour earlier or later"],
  ["+ −", "Magnify"],
  ["?", "These keys"],
];

/** Shows what the keys do; each button's title names its own. */
function showKeys(): void {
  // Neither is there where the browser cannot; the others come and go.
  const named = 'button[title$=")"]:not(:is(#pip, #fullscreen)[hidden])';
  const buttons = [...document.querySelectorAll<HTMLElement>(named)].map(({ title }) => {
    const [, what, key] = /^(.*) \((.*)\)$/.exec(title)!;
    return [key, what] as const;
  });
  byId("all-keys").replaceChildren(
    ...[...buttons, ...OTHER_KEYS].flatMap(([key, what]) => [
      make("dt", "", "", make("kbd", key)),
      make("dd", what),
    ]),
  );
  byId<HTMLDialogElement>("keys").showModal();
}

const moves: Readonly<Record<string, () => void>> = {
  "?": showKeys,
  "+": () => zoom.by(1.5),
  "=": () => zoom.by(1.5),
  "-": () => zoom.by(1 / 1.5),
  ArrowLeft: () => zoom.pan(PAN_STEP, 0),
  ArrowRight: () => zoom.pan(-PAN_STEP, 0),
  ArrowUp: () => zoom.pan(0, PAN_STEP),
  ArrowDown: () => zoom.pan(0, -PAN_STEP),
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const target = event.target as HTMLElement;
  if (target.closest("input, select, textarea, dialog[open]")) return;
  if (event.key === " " && target.closest("button, a")) return;
  if (!zoom.magnified && /^Arrow(Left|Right)$/.test(event.key)) return timeline.onKey(event);
  // Each button's title names its key.
  const name = event.key === " " ? "space" : event.key.toLowerCase();
  const button = document.querySelector<HTMLElement>(`button[title$="(${CSS.escape(name)})"]`);
  const move = moves[event.key];
  if (button && !button.hidden) button.click();
  else if (move) move();
  else return;
  event.preventDefault();
});

// The browser floats a canvas only where it can play it as a video.
byId("pip").hidden = !document.pictureInPictureEnabled ||
  !("captureStream" in HTMLCanvasElement.prototype);
prepareSharing(cam, role, player);
// Browsers encode videos over HTTPS only, and some not at all: there the link leads to the AVI.
if ("VideoEncoder" in globalThis) byId("film").addEventListener("click", saveDay);
prepareFullscreen(() => picture.width > picture.height);
layControlsOver(document.querySelector<HTMLElement>(".viewer")!);
addEventListener("resize", () => {
  fit();
  sizeChanged();
});
const wake = watchWhile([live], () => {
  const seen = !document.hidden || document.pictureInPictureElement;
  return seen && player.watching;
});
if (at) {
  // Nothing is said of the camera where nobody looks at its live picture.
  fetch(`${SITE}cams/${cam}/status.json`).then(async (answer) => {
    if (answer.ok) live.onStatus(await answer.json(), 0);
  }).catch(() => {});
}
