// A late request must not put an older frame over a newer one: each camera session counts.

import type { CameraSeq } from "../shared/wire.ts";

/** Whether an upload is newer than the last one of its session. */
export type OrderVerdict = { readonly ok: true } | { readonly ok: false; readonly detail: string };

/** Remembers the newest upload of the newest session. */
export class UploadOrder {
  #last: CameraSeq | undefined;

  /** Judges without remembering, so that a refused upload can be sent again. */
  check(seq: CameraSeq | undefined): OrderVerdict {
    const last = this.#last;
    if (!seq || !last || seq.session !== last.session || seq.n > last.n) return { ok: true };
    return {
      ok: false,
      detail:
        `Frame ${seq.n} came after frame ${last.n} of the same session: send only newer ones.`,
    };
  }

  /** Remembers an upload that was taken. */
  note(seq: CameraSeq | undefined): void {
    if (seq) this.#last = seq;
  }
}
