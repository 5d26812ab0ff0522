// What the page does with the screen: fullscreen, picture in picture, staying on, and controls that lie
// over the picture where there is no room beside it.

import { byId, setPressed } from "./elements.ts";

/** Ms without a touch, a move or a key after which such controls leave the picture. */
const QUIET_AFTER_MS = 3000;

async function toggleFullscreen(wide: boolean): Promise<void> {
  if (document.fullscreenElement) return await document.exitFullscreen();
  await document.documentElement.requestFullscreen({ navigationUI: "hide" });
  const { orientation } = screen as { orientation: { lock?(to: string): Promise<void> } };
  if (wide) await orientation.lock?.("landscape");
}

/** Opens or closes the floating window. Browsers float videos only, so the canvas is played as one. */
export async function toggleFloating(canvas: HTMLCanvasElement): Promise<void> {
  if (document.pictureInPictureElement) return await document.exitPictureInPicture();
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.srcObject = canvas.captureStream();
  await video.play();
  await video.requestPictureInPicture();
  video.addEventListener("leavepictureinpicture", () => {
    video.srcObject = null;
    document.dispatchEvent(new Event("visibilitychange"));
  }, { once: true });
}

/**
 * Makes the button for fullscreen work: iPhones have none for pages. The screen stays on meanwhile, for
 * whoever does that leans back and watches.
 *
 * @param wide Whether a phone that is held upright shows more on its side.
 */
export function prepareFullscreen(wide: () => boolean): void {
  const button = byId("fullscreen");
  button.hidden = !document.fullscreenEnabled;
  button.addEventListener("click", () => void toggleFullscreen(wide()).catch(() => {}));
  document.addEventListener("fullscreenchange", () => {
    setPressed(button, document.fullscreenElement !== null);
  });
  if (!("wakeLock" in navigator)) return;
  let lock: Promise<WakeLockSentinel | undefined> = Promise.resolve(undefined);
  const adjust = () => {
    const wanted = document.fullscreenElement !== null && !document.hidden;
    lock = lock.then(async (held) => {
      if (wanted && (!held || held.released)) return await navigator.wakeLock.request("screen");
      if (!wanted) await held?.release();
      return held;
      // A battery that is low refuses; the page works as before.
    }).catch(() => undefined);
  };
  document.addEventListener("fullscreenchange", adjust);
  document.addEventListener("visibilitychange", adjust);
}

/**
 * Marks `viewer` as `over` where controls lie over the picture, in fullscreen and on a phone on its
 * side, and as `quiet` while nobody uses them.
 */
export function layControlsOver(viewer: HTMLElement): void {
  const flat = matchMedia("(max-height: 480px) and (orientation: landscape)");
  const lay = () => {
    viewer.classList.toggle("over", flat.matches || document.fullscreenElement !== null);
  };
  flat.addEventListener("change", lay);
  document.addEventListener("fullscreenchange", lay);
  lay();

  let timer: ReturnType<typeof setTimeout> | undefined;
  const stir = () => {
    viewer.classList.remove("quiet");
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (viewer.querySelector("footer :focus-visible")) return;
      viewer.classList.add("quiet");
    }, QUIET_AFTER_MS);
  };
  for (const type of ["pointermove", "pointerdown", "keydown"]) {
    document.addEventListener(type, stir, { passive: true });
  }
  stir();
}
