// Fullscreen, and picture in picture of a canvas: the browser only floats videos, so the canvas is
// played as one.

/** Enters or leaves fullscreen. iPhones have none for pages; there the button stays hidden. */
export async function toggleFullscreen(): Promise<void> {
  if (document.fullscreenElement) await document.exitFullscreen();
  else await document.documentElement.requestFullscreen({ navigationUI: "hide" });
}

/** Whether this browser floats a canvas. */
export function canFloat(): boolean {
  return document.pictureInPictureEnabled === true &&
    "captureStream" in HTMLCanvasElement.prototype;
}

/** Opens or closes the floating window. */
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

/** Whether anybody can see the picture. */
export function isSeen(): boolean {
  return !document.hidden || document.pictureInPictureElement !== null;
}

/** Keeps the screen on while the page is fullscreen: whoever does that leans back and watches. */
export function keepAwakeInFullscreen(): void {
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
