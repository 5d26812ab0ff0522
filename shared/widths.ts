// The sizes in which the edge makes smaller pictures: few, so that viewers share them.

/** Widths in pixels, rising. */
export const WIDTHS: readonly number[] = [160, 320, 480, 640, 960, 1280];

/** The smallest of them that is at least `wanted` pixels; undefined above the largest. */
export function widthFor(wanted: number): number | undefined {
  return WIDTHS.find((width) => width >= wanted);
}
