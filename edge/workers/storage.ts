// Frames in the SQLite database of a Durable Object. Its calls are synchronous and one object has it
// alone, so a reader always sees whole frames; what is written is kept before any answer leaves.

import type { Clock } from "../../shared/clock.ts";
import { type Frame, type FrameMeta, metaOf } from "../../shared/frame.ts";
import { reasonOf } from "../../shared/log.ts";
import { concat } from "../../shared/wire_frame.ts";
import {
  type FrameStore,
  type Head,
  heldClock,
  type PutOptions,
  type PutResult,
  StoreFailure,
  type StoreState,
  type VersionRange,
} from "../core/store/frame_store.ts";
import type { ObjectStorage, SqlRow, SqlValue } from "./runtime.ts";

/** A row is at most 2 MB. */
const MAX_PART_BYTES = 1_900_000;

const DAY_MS = 24 * 3_600_000;

/** A frame is a row for each of its parts; the newest, and those that are history. */
const SCHEMA = `CREATE TABLE IF NOT EXISTS frames (
  cam TEXT NOT NULL, version INTEGER NOT NULL, part INTEGER NOT NULL,
  history INTEGER NOT NULL, received INTEGER NOT NULL, meta TEXT NOT NULL, bytes BLOB NOT NULL,
  PRIMARY KEY (cam, version, part)) WITHOUT ROWID`;

type SqlStoreOptions = Readonly<{ storage: ObjectStorage; clock: Clock; retentionMs: number }>;

export class SqlStore implements FrameStore {
  /** Each, unless the home says otherwise: what memory holds may be gone at the next event. */
  newestEveryMs = 0;
  readonly #options: SqlStoreOptions;
  readonly #clockHolds: ReturnType<typeof heldClock>;
  readonly state: { -readonly [K in keyof StoreState]: StoreState[K] } = {
    kind: "sqlite",
    pending: 0,
    reads: 0,
    writes: 0,
  };

  constructor(options: SqlStoreOptions) {
    this.#options = options;
    this.#clockHolds = heldClock(options.clock);
    this.#sql(SCHEMA);
  }

  put(frame: Frame, { history, about }: PutOptions): Promise<PutResult> {
    const { cam, version, jpeg } = frame;
    return this.#do("writes", () =>
      this.#options.storage.transactionSync(() => {
        const head = this.#head(cam);
        if (head && head.version >= version) return { ok: false, newest: head.version };
        const overtaken = `DELETE FROM frames WHERE cam = ? AND version = ? AND history = 0`;
        if (head) this.#sql(overtaken, cam, head.version);
        const meta = JSON.stringify({ ...metaOf(frame), about: about ?? head?.about });
        for (let part = 0; part * MAX_PART_BYTES < jpeg.length; part++) {
          // A copy: a view would bring the whole buffer behind it along.
          const bytes = jpeg.slice(part * MAX_PART_BYTES, (part + 1) * MAX_PART_BYTES);
          const row = [cam, version, part, Number(history), frame.receivedAt, meta, bytes];
          this.#sql(`INSERT INTO frames VALUES (?, ?, ?, ?, ?, ?, ?)`, ...row);
        }
        if (this.#clockHolds(head?.receivedAt) && history) this.#expire(cam);
        return { ok: true, newest: version };
      }));
  }

  head(cam: string): Promise<Head | undefined> {
    return this.#do("reads", () => this.#head(cam));
  }

  newest(cam: string): Promise<Frame | undefined> {
    return this.#do("reads", () => {
      const head = this.#head(cam);
      return head && this.#frame(cam, head.version);
    });
  }

  get(cam: string, version: number): Promise<Frame | undefined> {
    return this.#do("reads", () => this.#frame(cam, version));
  }

  cams(): Promise<string[]> {
    return this.#do("reads", () => {
      const cams: string[] = [];
      // From one to the next by the key: `DISTINCT` would read every row.
      for (let cam = "";;) {
        const [row] = this.#sql(`SELECT cam FROM frames WHERE cam > ? ORDER BY cam LIMIT 1`, cam);
        if (!row) return cams;
        cams.push(cam = String(row.cam));
      }
    });
  }

  history(cam: string, { from = 0, to, limit = 1000 }: VersionRange): Promise<FrameMeta[]> {
    const { clock, retentionMs } = this.#options;
    const oldest = Math.max(from, clock.now() - retentionMs);
    const newest = Math.min(to ?? Infinity, Number.MAX_SAFE_INTEGER);
    return this.#do("reads", () =>
      this.#sql(
        `SELECT meta FROM frames WHERE cam = ? AND version BETWEEN ? AND ? AND part = 0 AND history = 1
           ORDER BY version DESC LIMIT ?`,
        ...[cam, oldest, newest, limit],
      ).map((row) => metaOf({ ...readMeta(row), seq: undefined })));
  }

  prune(cam: string): Promise<void> {
    return this.#do("writes", () => {
      if (this.#clockHolds(this.#head(cam)?.receivedAt)) this.#expire(cam);
    });
  }

  forget(cam: string): Promise<void> {
    return this.#do("writes", () => void this.#sql(`DELETE FROM frames WHERE cam = ?`, cam));
  }

  close(): void {}

  #head(cam: string): Head | undefined {
    const newest = `SELECT meta FROM frames WHERE cam = ? ORDER BY version DESC LIMIT 1`;
    return this.#sql(newest, cam).map(readMeta)[0];
  }

  #frame(cam: string, version: number): Frame | undefined {
    const rows = this.#sql(
      `SELECT meta, bytes FROM frames WHERE cam = ? AND version = ? ORDER BY part`,
      ...[cam, version],
    );
    if (rows.length === 0) return undefined;
    const parts = rows.map(({ bytes }) => new Uint8Array(bytes as ArrayBuffer));
    return { ...metaOf(readMeta(rows[0])), cam, jpeg: concat(...parts) };
  }

  /** Deletes what is past the retention, but not the last picture. */
  #expire(cam: string): void {
    const { clock, retentionMs } = this.#options;
    const now = clock.now();
    const before = now - retentionMs;
    // Versions never go back: after a clock that was years ahead only the time of receipt tells.
    this.#sql(
      `DELETE FROM frames WHERE cam = ?1 AND version < (SELECT max(version) FROM frames WHERE cam = ?1)
         AND (version < ?2 OR (version > ?3 AND (received < ?2 OR received > ?3)))`,
      ...[cam, before, now + DAY_MS],
    );
  }

  #sql(query: string, ...values: SqlValue[]): SqlRow[] {
    return this.#options.storage.sql.exec(query, ...values).toArray();
  }

  /** A promise as every store gives it, although nothing is waited for. */
  #do<T>(kind: "reads" | "writes", work: () => T): Promise<T> {
    return new Promise((resolve) => {
      try {
        resolve(work());
        this.state[kind]++;
        this.state.problem = undefined;
      } catch (cause) {
        // Full, or over what a day may cost.
        this.state.problem = reasonOf(cause);
        throw new StoreFailure(this.state.problem, { cause });
      }
    });
  }
}

function readMeta({ meta }: SqlRow): Head {
  return JSON.parse(String(meta));
}
