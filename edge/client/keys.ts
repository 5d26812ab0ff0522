// The page's keys. Each button's title names its key.

import type { Zoom } from "./zoom.ts";

/** Part of the frame that an arrow key moves a magnified picture by. */
const PAN_STEP = 0.1;

/** Clicks the button behind each key, and zooms by `+`, `-`, `0` and the arrows. */
export function listenToKeys(buttons: Readonly<Record<string, HTMLElement>>, zoom: Zoom): void {
  const moves: Readonly<Record<string, () => void>> = {
    "+": () => zoom.by(1.5),
    "=": () => zoom.by(1.5),
    "-": () => zoom.by(1 / 1.5),
    "0": () => zoom.reset(),
    ArrowLeft: () => zoom.pan(PAN_STEP, 0),
    ArrowRight: () => zoom.pan(-PAN_STEP, 0),
    ArrowUp: () => zoom.pan(0, PAN_STEP),
    ArrowDown: () => zoom.pan(0, -PAN_STEP),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.target as HTMLElement;
    if (target.closest("input, select, textarea, dialog")) return;
    if (event.key === " " && target.closest("button, a")) return;
    const button = buttons[event.key.toLowerCase()];
    const move = moves[event.key];
    if (button && !button.hidden) button.click();
    else if (move) move();
    else return;
    event.preventDefault();
  });
}
