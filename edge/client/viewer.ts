// The viewer page: wires the live view to the page's parts.

import { widthFor } from "../../shared/widths.ts";
import { type Jpeg, jpegBlob } from "./decode.ts";
import { showDetails } from "./details.ts";
import { byId, setPressed } from "./elements.ts";
import { Face } from "./face.ts";
import { Glow } from "./glow.ts";
import { listenToKeys } from "./keys.ts";
import { LiveView, shownAt } from "./live_view.ts";
import { layControlsOver } from "./overlay.ts";
import { pictureName, saveBlob } from "./save.ts";
import {
  canFloat,
  isSeen,
  keepAwakeInFullscreen,
  toggleFloating,
  toggleFullscreen,
} from "./screen.ts";
import { prepareSharing } from "./sharing.ts";
import { Timeline } from "./timeline.ts";
import { Zoom } from "./zoom.ts";

/** Ms between two looks at the clock: ages are told in whole seconds. */
const TICK_MS = 500;
/** Ms for which another size must be wanted before it is asked for. */
const SIZE_SETTLES_MS = 600;

const { cam, role, history, known } = document.body.dataset as Record<string, string>;
const frame = byId("frame");
const picture = byId<HTMLCanvasElement>("picture");
const needPicture = ["fill", "snapshot", "pip"].map((id) => byId<HTMLButtonElement>(id));
const face = new Face();
const glow = new Glow();
const zoom = new Zoom(frame, picture, sizeChanged);
let pausedByHand = false;
let past: { jpeg: Jpeg; takenAt: number } | undefined;
let width = shownWidth();
let sizeTimer: ReturnType<typeof setTimeout> | undefined;

const live = new LiveView({
  cam,
  canvas: picture,
  known: known === "yes",
  transport: () => ({ base: location.origin, width }),
  onChange: show,
  onSignIn: () => location.reload(),
  onDrawn: (drawn) => {
    drawnNow();
    face.time(shownAt(drawn), live.clock.now());
    show();
  },
});

const timeline = new Timeline({
  cam,
  historyMs: Number(history),
  hasSent: () => live.status?.version !== undefined,
  now: () => live.clock.now(),
  width: shownWidth,
  show: async (jpeg, takenAt) => {
    live.connection.stop();
    if (!await live.painter.draw(jpeg)) return;
    past = { jpeg, takenAt };
    drawnNow();
    show();
  },
  leave: () => {
    past = undefined;
    wake();
  },
});

function drawnNow(): void {
  if (frame.classList.contains("blank")) {
    frame.classList.remove("blank");
    for (const button of needPicture) button.disabled = false;
  }
  byId("stage").style.setProperty("--aspect", String(picture.width / picture.height));
  glow.take(picture);
}

function show(): void {
  if (past) face.past(past.takenAt, live.clock.now());
  else face.state(live.words());
  face.viewers(live.connection.state.kind === "open" ? live.status?.viewers ?? 0 : 0, role);
  if (!byId("facts").hidden) showDetails(live, picture);
}

/** Connected only while somebody looks at what is now. */
function wake(): void {
  if (isSeen() && !pausedByHand && !timeline.active) live.connection.start();
  else live.connection.stop();
}

/** Pixels across that the picture needs: the edge sends no more; all of them when magnified. */
function shownWidth(): number | undefined {
  if (zoom.scale > 1.2) return undefined;
  return widthFor(frame.clientWidth * devicePixelRatio);
}

function sizeChanged(): void {
  clearTimeout(sizeTimer);
  sizeTimer = setTimeout(() => {
    if (shownWidth() === width) return;
    width = shownWidth();
    live.connection.refresh();
  }, SIZE_SETTLES_MS);
}

const actions: Readonly<Record<string, (button: HTMLElement) => void>> = {
  pause: (button) => {
    pausedByHand = !pausedByHand;
    setPressed(button, pausedByHand);
    if (!pausedByHand) timeline.live();
    wake();
  },
  fill: (button) => {
    setPressed(button, byId("stage").classList.toggle("filled"));
    sizeChanged();
  },
  snapshot: () => {
    const at = past?.takenAt ?? (live.shown && shownAt(live.shown));
    const jpeg = past?.jpeg ?? live.shown?.jpeg;
    if (jpeg && at !== undefined) saveBlob(jpegBlob(jpeg), pictureName(cam, at));
  },
  details: (button) => {
    const facts = byId("facts");
    facts.hidden = !facts.hidden;
    setPressed(button, !facts.hidden);
    show();
  },
  pip: () => void toggleFloating(picture).catch(() => {}),
  fullscreen: () => void toggleFullscreen().catch(() => {}),
};

for (const [id, act] of Object.entries(actions)) {
  const button = byId(id);
  button.addEventListener("click", () => act(button));
}
byId("pip").hidden = !canFloat();
byId("fullscreen").hidden = !document.fullscreenEnabled;
prepareSharing(cam);
keepAwakeInFullscreen();
layControlsOver(document.querySelector<HTMLElement>(".viewer")!);
listenToKeys({
  " ": byId("pause"),
  f: byId("fullscreen"),
  h: byId("share"),
  i: byId("details"),
  l: byId("live"),
  p: byId("pip"),
  s: byId("snapshot"),
  t: byId("play"),
  z: byId("fill"),
}, zoom);

frame.classList.add("blank");
for (const button of needPicture) button.disabled = true;
document.addEventListener("visibilitychange", wake);
document.addEventListener("fullscreenchange", () => {
  setPressed(byId("fullscreen"), document.fullscreenElement !== null);
});
addEventListener("resize", sizeChanged);
addEventListener("online", () => live.connection.retryNow());
addEventListener("pagehide", () => live.connection.stop());
addEventListener("pageshow", wake);
setInterval(show, TICK_MS);
wake();
