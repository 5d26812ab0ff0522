// The database that `PERCH_KV_PATH` names. Live pictures do not need it, so nothing about it keeps the
// edge from starting: a damaged file is set aside, and where no file can be written it is tried again
// and again while pictures go on from memory.

import type { Clock } from "../../../shared/clock.ts";
import type { Log } from "../../../shared/log.ts";
import { isFile } from "./follow.ts";

/** What SQLite says of a file that it cannot make sense of. */
const DAMAGED = /malformed|not a database/;

/** SQLite's files beside the database; the database itself comes last. */
const SUFFIXES = ["-wal", "-shm", ""];

/** What it is opened with, and where it is told of. */
export interface DatabaseOptions {
  openKv(path: string): Promise<Deno.Kv>;
  readonly log: Log;
  readonly clock: Pick<Clock, "now">;
}

/** Opens a database and says what became of it. */
export class Database {
  /** What keeps the pictures, for `/health`. */
  kind: string;
  readonly #path: string;
  readonly #options: DatabaseOptions;
  #looked = false;
  /** Why it is not to be opened: Deno KV would end the process over it. */
  #broken: string | undefined;
  #told = false;

  constructor(path: string, options: DatabaseOptions) {
    this.kind = path === ":memory:" ? "memory" : "kv";
    this.#path = path;
    this.#options = options;
  }

  /** @throws Where it cannot be opened now, with what strangers may know of it. */
  async open(): Promise<Deno.Kv> {
    if (isFile(this.#path) && !this.#looked) await this.#look();
    if (this.#broken) throw new Error(this.#broken);
    try {
      return await this.#options.openKv(this.#path);
    } catch (error) {
      if (!this.#told) {
        const wanted = isFile(this.#path) ? "a file to write in" : "a KV server";
        this.#options.log.error(
          `PERCH_KV_PATH: got "${this.#path}", wanted ${wanted}; ` +
            "pictures go on from memory until it can be opened",
          { error: reason(error) },
        );
      }
      this.#told = true;
      throw new Error("PERCH_KV_PATH cannot be opened", { cause: error });
    }
  }

  async #look(): Promise<void> {
    this.#looked = true;
    const damage = await damageOf(this.#path);
    if (damage === undefined) return;
    // Cards for cameras take no colon in a name.
    const time = new Date(this.#options.clock.now()).toISOString().replaceAll(":", "-");
    const kept = `${this.#path}.damaged-${time}`;
    const about = { path: this.#path, damage };
    try {
      for (const suffix of SUFFIXES) move(this.#path + suffix, kept + suffix);
      this.kind = "kv, begun anew: the one before was damaged and is set aside";
      this.#options.log.error("the store is damaged; it is set aside and a new one begun", {
        ...about,
        kept,
      });
    } catch (error) {
      this.#broken = "it is damaged and cannot be set aside";
      this.#options.log.error(
        "the store is damaged and stays where it is; pictures go on from memory",
        {
          ...about,
          error: reason(error),
        },
      );
    }
  }
}

/** What is wrong with a file; undefined where all is well, or it cannot be read: then KV says why. */
async function damageOf(path: string): Promise<string | undefined> {
  try {
    if ((await Deno.stat(path)).size === 0) return undefined;
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync(path);
    try {
      const { quick_check: said } = database.prepare("PRAGMA quick_check(1)").get() ?? {};
      return said === "ok" ? undefined : String(said).split("\n").at(-1);
    } finally {
      database.close();
    }
  } catch (error) {
    return DAMAGED.test(reason(error)) ? reason(error) : undefined;
  }
}

function move(from: string, to: string): void {
  try {
    Deno.renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message.split("\n")[0] : String(error);
}
