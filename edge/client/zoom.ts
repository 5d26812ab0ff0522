// Pinch, wheel, double tap, drag and keys: zooms the picture inside its frame, never past its edges.

const MAX_SCALE = 8;

/** Which part of its frame's width and height the whole picture takes. */
export interface Content {
  readonly x: number;
  readonly y: number;
}

/** Where the picture stands: magnification, and its corner's offset as a part of the frame. */
export interface ZoomState {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export const WHOLE: ZoomState = { scale: 1, x: 0, y: 0 };

const ALL: Content = { x: 1, y: 1 };

/**
 * `state` magnified by `factor` so that the point under (`px`, `py`) stays where it is.
 *
 * @param px From 0 (left) to 1 (right) of the frame.
 * @param py From 0 (top) to 1 (bottom) of the frame.
 */
export function zoomAt(
  state: ZoomState,
  factor: number,
  px: number,
  py: number,
  content: Content = ALL,
): ZoomState {
  const scale = Math.min(MAX_SCALE, Math.max(1, state.scale * factor));
  const ratio = scale / state.scale;
  const x = px - (px - state.x) * ratio;
  const y = py - (py - state.y) * ratio;
  return clamp({ scale, x, y }, content);
}

/** `state` moved by parts of the frame. */
export function panBy(state: ZoomState, dx: number, dy: number, content = ALL): ZoomState {
  return clamp({ ...state, x: state.x + dx, y: state.y + dy }, content);
}

function clamp({ scale, x, y }: ZoomState, content: Content): ZoomState {
  // What is larger than the frame fills it, what is smaller stays in its middle.
  const within = (at: number, part: number) => {
    const room = Math.max(0, scale * part - 1) / 2;
    const middle = (1 - scale) / 2;
    return Math.min(middle + room, Math.max(middle - room, at));
  };
  return { scale, x: within(x, content.x), y: within(y, content.y) };
}

/** Zooms `picture` inside `frame` by what fingers, mouse and keys do. */
export class Zoom {
  #state = WHOLE;
  #content = ALL;
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

  get scale(): number {
    return this.#state.scale;
  }

  /** Whether a smaller part is seen than could be. */
  get magnified(): boolean {
    return this.#state.scale > 1.01 / Math.min(this.#content.x, this.#content.y);
  }

  /** Back to the whole picture, or to one that fills the frame. */
  reset(): void {
    this.#set(WHOLE);
    const { x, y } = this.#content;
    if (Math.min(x, y) < 1) this.by(1 / Math.min(x, y));
  }

  /** Fills the frame from now on: of a picture of another shape a part is seen, which can be moved. */
  fill(content: Content = ALL): void {
    const same = content.x === this.#content.x && content.y === this.#content.y;
    this.#content = content;
    if (!same) this.reset();
  }

  by(factor: number): void {
    this.#set(zoomAt(this.#state, factor, 0.5, 0.5, this.#content));
  }

  pan(dx: number, dy: number): void {
    this.#set(panBy(this.#state, dx, dy, this.#content));
  }

  #onWheel(event: WheelEvent): void {
    event.preventDefault();
    const step = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const factor = Math.exp(-event.deltaY * step * (event.ctrlKey ? 0.01 : 0.0018));
    this.#set(zoomAt(this.#state, factor, ...this.#place(event), this.#content));
  }

  #onDouble(event: MouseEvent): void {
    if (this.magnified) this.reset();
    else this.#set(zoomAt(this.#state, 2.5, ...this.#place(event), this.#content));
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
    this.#set(zoomAt(this.#state, factor, (ax + bx) / 2, (ay + by) / 2, this.#content));
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
