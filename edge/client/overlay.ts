// Where there is no room beside the picture, in fullscreen and on a phone on its side, the controls
// lie over it, and leave it while nobody uses them.

/** Ms without a touch, a move or a key. */
const QUIET_AFTER_MS = 3000;

/** Marks `viewer` as `over` where controls lie over the picture, and as `quiet` while unused. */
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
