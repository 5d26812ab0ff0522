// The viewer page: wires the live view to the page's parts.

import { showDetails } from "./details.ts";
import { byId, setPressed } from "./elements.ts";
import { Face } from "./face.ts";
import { Glow } from "./glow.ts";
import { listenToKeys } from "./keys.ts";
import { LiveView, shownAt } from "./live_view.ts";
import { pictureName, saveBlob } from "./save.ts";
import { canFloat, isSeen, toggleFloating, toggleFullscreen } from "./screen.ts";
import { Zoom } from "./zoom.ts";

/** Ms between two looks at the clock: ages are told in whole seconds. */
const TICK_MS = 500;

const cam = document.body.dataset.cam!;
const frame = byId("frame");
const picture = byId<HTMLCanvasElement>("picture");
const face = new Face();
const glow = new Glow();
const zoom = new Zoom(frame, picture);
let pausedByHand = false;

const live = new LiveView({
  cam,
  canvas: picture,
  transport: () => ({}),
  onChange: show,
  onDrawn: (drawn) => {
    frame.classList.remove("blank");
    frame.style.setProperty("--aspect", String(picture.width / picture.height));
    glow.take(picture);
    face.time(shownAt(drawn), live.clock.now());
    show();
  },
});

function show(): void {
  face.state(live.words());
  face.viewers(live.status?.viewers ?? 0);
  if (!byId("facts").hidden) showDetails(live, picture);
}

function wake(): void {
  if (isSeen() && !pausedByHand) live.connection.start();
  else live.connection.stop();
}

const actions: Readonly<Record<string, (button: HTMLElement) => void>> = {
  pause: (button) => {
    pausedByHand = !pausedByHand;
    setPressed(button, pausedByHand);
    wake();
  },
  fill: (button) => setPressed(button, byId("stage").classList.toggle("filled")),
  snapshot: () => {
    const shown = live.shown;
    if (shown) saveBlob(shown.jpeg, pictureName(cam, shownAt(shown)));
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
listenToKeys({
  " ": byId("pause"),
  f: byId("fullscreen"),
  i: byId("details"),
  p: byId("pip"),
  s: byId("snapshot"),
  z: byId("fill"),
}, zoom);

frame.classList.add("blank");
document.addEventListener("visibilitychange", wake);
document.addEventListener("fullscreenchange", () => {
  setPressed(byId("fullscreen"), document.fullscreenElement !== null);
});
addEventListener("online", () => live.connection.retryNow());
addEventListener("pagehide", () => live.connection.stop());
addEventListener("pageshow", wake);
setInterval(show, TICK_MS);
wake();
