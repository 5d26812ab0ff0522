// Who may watch: so many at once here, so many from one address, and nobody who has stopped reading
// keeps the place of somebody who would.

import type { EdgeConfig } from "../config.ts";

/** A connected viewer, as the gate looks at it once a second. */
export interface Guest {
  /** Changes whenever the viewer takes something; undefined while it has taken all there is. */
  progress(now: number): number | undefined;
  /** Ends it: nothing more is sent, and it counts as a viewer no more. */
  drop(why: Ending): void;
}

/** Why a viewer is ended: it takes nothing, what let it in is over, or the edge stops. */
export type Ending = "stuck" | "over" | "stopping";

/** What let a viewer in, and with whose end it has to go. */
export interface Pass {
  /** Unix ms. */
  readonly until: number;
  /** Tells it from others, where it can be given back. */
  readonly key?: string;
}

export interface Place {
  seat(guest: Guest): void;
  free(): void;
}

export type Full = "instance" | "address";

/** Who takes nothing for this long is dropped, ms. A slow line takes 1.3 MB at a time. */
export const STUCK_DROP_MS = 300_000;

/** Who takes nothing for this long gives way to a new viewer where there is no other place, ms. */
export const STUCK_YIELD_MS = 30_000;

interface Seat {
  /** Whom its connection counts for, while that is there. */
  address: string | undefined;
  readonly pass: Pass | undefined;
  guest?: Guest;
  progress?: number;
  stuckSince?: number;
}

/** Times are monotonic ms. */
export class ViewerGate {
  readonly #most: Pick<EdgeConfig, "maxViewers" | "maxViewersPerAddress">;
  readonly #seats = new Set<Seat>();
  /** By address, those that were dropped but hang on included. */
  readonly #connections = new Map<string | undefined, number>();
  #now = 0;
  dropped = 0;
  /** How often there was no place, by what was full. */
  readonly refused: Record<Full, number> = { instance: 0, address: 0 };

  constructor(most: Pick<EdgeConfig, "maxViewers" | "maxViewersPerAddress">) {
    this.#most = most;
  }

  get seated(): number {
    return this.#seats.size;
  }

  /** Viewers now that take nothing although there is something. */
  get stuck(): number {
    return [...this.#seats].filter(({ stuckSince }) => stuckSince !== undefined).length;
  }

  /** Gives a place out, which counts for `address` until `free` is called: the connection is gone. */
  admit(address: string | undefined, pass?: Pass): Place | Full {
    const full = this.#full(address);
    if (full) {
      this.refused[full]++;
      return full;
    }
    const seat: Seat = { address, pass };
    this.#seats.add(seat);
    this.#count(address, 1);
    const free = () => {
      this.#seats.delete(seat);
      this.#count(seat.address, -1);
      seat.address = undefined;
    };
    return { seat: (guest) => seat.guest = guest, free };
  }

  /** Looks at everybody, once a second. Passes end by `unixMs`. */
  tick(now: number, unixMs = 0): void {
    this.#now = now;
    this.#endWhere(({ until }) => until <= unixMs);
    for (const seat of this.#seats) {
      const progress = seat.guest?.progress(now);
      if (progress === undefined || progress !== seat.progress) seat.stuckSince = undefined;
      else seat.stuckSince ??= now;
      seat.progress = progress;
      if (now - (seat.stuckSince ?? now) >= STUCK_DROP_MS) this.#end(seat, "stuck");
    }
  }

  endPass(key: string): void {
    this.#endWhere((pass) => pass.key === key);
  }

  /** Ends everybody: films and replays too, which no frame and no camera ends. */
  close(): void {
    for (const seat of this.#seats) seat.guest?.drop("stopping");
  }

  #endWhere(isOver: (pass: Pass) => boolean): void {
    for (const seat of this.#seats) if (seat.pass && isOver(seat.pass)) this.#end(seat, "over");
  }

  #full(address: string | undefined): Full | undefined {
    const { maxViewers, maxViewersPerAddress } = this.#most;
    if ((this.#connections.get(address) ?? 0) >= maxViewersPerAddress) return "address";
    if (this.#seats.size < maxViewers) return undefined;
    const [longest] = [...this.#seats]
      .filter(({ stuckSince = Infinity }) => this.#now - stuckSince >= STUCK_YIELD_MS)
      .sort((one, other) => one.stuckSince! - other.stuckSince!);
    if (!longest) return "instance";
    this.#end(longest, "stuck");
  }

  /** It is a viewer no more; the connection may still be there. */
  #end(seat: Seat, why: Ending): void {
    this.#seats.delete(seat);
    if (why === "stuck") this.dropped++;
    seat.guest?.drop(why);
  }

  #count(address: string | undefined, change: 1 | -1): void {
    if (address === undefined) return;
    const count = (this.#connections.get(address) ?? 0) + change;
    if (count > 0) this.#connections.set(address, count);
    else this.#connections.delete(address);
  }
}

/** The body of an answer, which the gate looks at; `pieces` makes what is sent until its signal aborts. */
export function seated(
  place: Place,
  pieces: (gone: AbortSignal) => AsyncGenerator<Uint8Array>,
): ReadableStream<Uint8Array> {
  const gone = new AbortController();
  const source = pieces(gone.signal);
  let taken = 0;
  let reading = false;
  const end = () => {
    gone.abort();
    place.free();
  };
  return new ReadableStream<Uint8Array>({
    start(controller) {
      place.seat({
        progress: () => reading ? undefined : taken,
        drop() {
          end();
          controller.close();
        },
      });
    },
    async pull(controller) {
      reading = true;
      const { done, value } = await source.next().catch((error) => {
        end();
        throw error;
      });
      reading = false;
      taken++;
      if (gone.signal.aborted) return;
      if (!done) return controller.enqueue(value);
      end();
      controller.close();
    },
    cancel: end,
  }, { highWaterMark: 0 });
}
