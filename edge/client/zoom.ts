// Pinch, wheel, double tap, drag and keys: zooms the picture inside its frame, never past its edges.

/** Largest magnification. */
const MAX_SCALE = 8;

/** Where the picture stands: magnification, and its corner's offset as a part of the frame. */
export interface ZoomState {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

/** The whole picture. */
export const WHOLE: ZoomState = { scale: 1, x: 0, y: 0 };

/**
 * `state` magnified by `factor` so that the point under (`px`, `py`) stays where it is.
 *
 * @param px From 0 (left) to 1 (right) of the frame.
 * @param py From 0 (top) to 1 (bottom) of the frame.
 */
export function zoomAt(state: ZoomState, factor: number, px: number, py: number): ZoomState {
  const scale = Math.min(MAX_SCALE, Math.max(1, state.scale * factor));
  const ratio = scale / state.scale;
  return clamp({ scale, x: px - (px - state.x) * ratio, y: py - (py - state.y) * ratio });
}

/** `state` moved by parts of the frame. */
export function panBy(state: ZoomState, dx: number, dy: number): ZoomState {
  return clamp({ ...state, x: state.x + dx, y: state.y + dy });
}

function clamp({ scale, x, y }: ZoomState): ZoomState {
  const least = 1 - scale;
  return { scale, x: Math.min(0, Math.max(least, x)), y: Math.min(0, Math.max(least, y)) };
}

/** Zooms `picture` inside `frame` by what fingers, mouse and keys do. */
export class Zoom {
  #state = WHOLE;
  readonly #pointers = new Map<number, PointerEvent>();
  readonly #frame: HTMLElement;
  readonly #picture: HTMLElement;
  readonly #onChange: () => void;

  constructor(frame: HTMLElement, picture: HTMLElement, onChange: () => void) {
    this.#onChange = onChange;
    this.#frame = frame;
    this.#picture = picture;
    frame.addEventListener("wheel", (event) => this.#onWheel(event), { passive: false });
    frame.addEventListener("dblclick", (event) => this.#onDouble(event));
    frame.addEventListener("pointerdown", (event) => {
      this.#pointers.set(event.pointerId, event);
      frame.setPointerCapture(event.pointerId);
    });
    frame.addEventListener("pointermove", (event) => this.#onMove(event));
    for (const type of ["pointerup", "pointercancel"] as const) {
      frame.addEventListener(type, (event) => this.#pointers.delete(event.pointerId));
    }
  }

  /** Magnification now. */
  get scale(): number {
    return this.#state.scale;
  }

  /** Back to the whole picture. */
  reset(): void {
    this.#set(WHOLE);
  }

  /** Magnifies around the middle. */
  by(factor: number): void {
    this.#set(zoomAt(this.#state, factor, 0.5, 0.5));
  }

  /** Moves the view by parts of the frame. */
  pan(dx: number, dy: number): void {
    this.#set(panBy(this.#state, dx, dy));
  }

  #onWheel(event: WheelEvent): void {
    event.preventDefault();
    const step = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const factor = Math.exp(-event.deltaY * step * (event.ctrlKey ? 0.01 : 0.0018));
    this.#set(zoomAt(this.#state, factor, ...this.#place(event)));
  }

  #onDouble(event: MouseEvent): void {
    if (this.#state.scale > 1) this.reset();
    else this.#set(zoomAt(this.#state, 2.5, ...this.#place(event)));
  }

  #onMove(event: PointerEvent): void {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const other = [...this.#pointers.values()].find((one) => one.pointerId !== event.pointerId);
    this.#pointers.set(event.pointerId, event);
    const { width, height } = this.#frame.getBoundingClientRect();
    if (!other) {
      this.pan((event.clientX - before.clientX) / width, (event.clientY - before.clientY) / height);
      return;
    }
    const factor = distance(event, other) / Math.max(1, distance(before, other));
    const [ax, ay] = this.#place(event);
    const [bx, by] = this.#place(other);
    this.#set(zoomAt(this.#state, factor, (ax + bx) / 2, (ay + by) / 2));
  }

  #place({ clientX, clientY }: MouseEvent): [number, number] {
    const box = this.#frame.getBoundingClientRect();
    return [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
  }

  #set(state: ZoomState): void {
    this.#state = state;
    const { scale, x, y } = state;
    this.#picture.style.transform = scale === 1
      ? ""
      : `translate(${x * 100}%, ${y * 100}%) scale(${scale})`;
    this.#frame.style.cursor = scale === 1 ? "" : "grab";
    this.#onChange();
  }
}

function distance(a: MouseEvent, b: MouseEvent): number {
  return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
}
