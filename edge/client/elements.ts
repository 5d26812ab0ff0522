// Finding the page's parts, and changing text only where it differs: what does not change is neither
// laid out again nor read out again.

export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page has no element #${id}`);
  return element as T;
}

export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** A new element with a text, or with others in it. */
export function make(
  tag: string,
  text: string,
  className = "",
  ...children: readonly Element[]
): HTMLElement {
  const element = document.createElement(tag);
  element.textContent = text;
  element.append(...children);
  if (className) element.className = className;
  return element;
}

/** A new canvas for a picture. @param label What people who do not see it are told. */
export function makeCanvas(label: string): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", label);
  return canvas;
}

export function setPressed(button: Element, pressed: boolean): void {
  button.setAttribute("aria-pressed", String(pressed));
}
