// What goes wrong, by request: FAKE_RPICAM=mode[:arg[:arg]],…

/**
 * The faults that can be asked for. `k` counts frames of one run, from 1.
 *
 * Before frames: `nocam`, `busy[:n]` (first n starts; every one without n), `nodma`, `never` (banner,
 * then nothing). Pace: `init:ms` (camera start, 800 plus eight frames by default), `slow:ms` (between
 * frames), `shot:ms` (a still's mode switch), `burst` (no waiting at all). After frame k: `stall:k`,
 * `exit:k:code`, `abort:k`, `frozen:k` (same bytes again and again), `resize:k` (640x480 from then on).
 * Every k-th frame: `trunc:k` (cut in the entropy-coded part), `trunchdr:k` (cut in its tables).
 * Bytes around: `garbage:n` before, `pad:n` zeros behind, `tiny` (in small pieces). Inside: `thumb`,
 * `rst`, `nodht`, `progressive`, `com-ffd9`, `black`, `huge:MB`. Else: `stderrflood`, `ignoreterm`,
 * `clockskew[:ms]`, `first:n` (all of the others in the first n starts only).
 */
const MODES = new Set(
  ("nocam busy nodma never init slow shot burst stall exit abort frozen resize trunc trunchdr garbage " +
    "pad tiny thumb rst nodht progressive com-ffd9 black huge stderrflood ignoreterm clockskew first")
    .split(" "),
);

export class Faults {
  readonly #modes: ReadonlyMap<string, readonly number[]>;

  private constructor(modes: ReadonlyMap<string, readonly number[]>) {
    this.#modes = modes;
  }

  /**
   * Reads the variable.
   *
   * @param start Which start of the program this is, from 1.
   * @throws Where a mode is not known: a test that asks for it would prove nothing.
   */
  static parse(text: string, start: number): Faults {
    const modes = new Map<string, number[]>();
    for (const item of text.split(",").filter((item) => item !== "")) {
      const [mode, ...args] = item.split(":");
      if (!MODES.has(mode)) throw new Error(`FAKE_RPICAM: got "${item}", wanted a known fault`);
      modes.set(mode, args.map(Number));
    }
    const first = modes.get("first")?.[0];
    if (first !== undefined && start > first) {
      for (const mode of modes.keys()) {
        if (!["init", "shot", "burst"].includes(mode)) modes.delete(mode);
      }
    }
    const busy = modes.get("busy")?.[0];
    if (busy !== undefined && start > busy) modes.delete("busy");
    return new Faults(modes);
  }

  has(mode: string): boolean {
    return this.#modes.has(mode);
  }

  /** The argument of `mode`, or `otherwise`. */
  number(mode: string, otherwise = 0, index = 0): number {
    return this.#modes.get(mode)?.[index] ?? otherwise;
  }

  /** Whether `mode` has begun once `frames` frames are out. */
  after(mode: string, frames: number): boolean {
    return this.has(mode) && frames >= this.number(mode);
  }

  /** Whether `mode` hits frame `frame`. */
  every(mode: string, frame: number): boolean {
    return this.has(mode) && frame % this.number(mode, 1) === 0;
  }
}
