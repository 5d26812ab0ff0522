// Takes the controls off the picture while nobody uses them; where they lie over it, CSS hides them.

/** Ms without a touch, a move or a key. */
const QUIET_AFTER_MS = 3000;

/** Marks `element` as `quiet` while nobody does anything. */
export function quietWhenUnused(element: HTMLElement): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stir = () => {
    element.classList.remove("quiet");
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (element.querySelector("footer :focus-visible")) return;
      element.classList.add("quiet");
    }, QUIET_AFTER_MS);
  };
  for (const type of ["pointermove", "pointerdown", "keydown"]) {
    document.addEventListener(type, stir, { passive: true });
  }
  stir();
}
