// Both stores over one Deno KV, and where this edge keeps its pictures.

import { secretsOf, shownAddress, withoutAddresses } from "../../../shared/addresses.ts";
import type { Clock } from "../../../shared/clock.ts";
import { type Log, reasonOf } from "../../../shared/log.ts";
import type { Platform } from "../../core/platform.ts";
import { MemoryStore } from "../../core/store/memory_store.ts";
import { FileChanges } from "./follow.ts";
import { KvFrameStore, type KvStoreOptions } from "./frame_store.ts";
import { KvCalls, type KvCallsOptions } from "./calls.ts";
import { kvPeerStore } from "./peer_store.ts";

/** Frames, and what other instances tell. `store.close` lets go of both. */
export type KvStores = Required<Pick<Platform, "store" | "peers">>;

/**
 * How old the newest frame in a file may be, ms: as old as the newest of a camera that nobody watches.
 * Fewer writes spare the SD card.
 */
const NEWEST_EVERY_MS = 10_000;

/** What SQLite says of a file that it cannot make sense of. */
const DAMAGED = /malformed|not a database/;

/** SQLite's files beside the database; the database itself comes last. */
const SUFFIXES = ["-wal", "-shm", ""];

type Given = Readonly<{ clock: Clock; log: Log; retentionMs: number }>;

/** Makes them. Nothing is opened before the first call. */
export function kvStores(options: KvStoreOptions): KvStores {
  const calls = new KvCalls(options);
  const store = new KvFrameStore(calls, options);
  return { store, peers: kvPeerStore(calls, store, options) };
}

/**
 * The stores for `PERCH_KV_PATH`. Without it the platform's own KV, or memory where that has none:
 * nobody asked for more.
 */
export async function storesFor(
  path: string | undefined,
  given: Given,
): Promise<Pick<Platform, "store" | "peers">> {
  // Remote KV tells of changes, and bills reads: poll rarely. A file that other processes share: poll often
  // until the kernel is known to tell of changes.
  const polls = path !== undefined && isFile(path)
    ? { framesMs: 25, viewersMs: 250, changes: new FileChanges(path, given.clock) }
    : { framesMs: 10_000, viewersMs: 10_000 };
  const billed = path === undefined || path.startsWith("https:");
  const newestEveryMs = billed ? Infinity : NEWEST_EVERY_MS;
  const instance = crypto.randomUUID();
  const options = { ...given, instance, deadlineMs: 2000, polls, newestEveryMs };
  if (path !== undefined) return kvStores({ ...options, ...databaseAt(path, given) });
  try {
    (await Deno.openKv()).close();
  } catch (error) {
    const message =
      "there is no Deno KV here: pictures are kept in memory, and go with the process";
    given.log.warn(message, { error: reasonOf(error) });
    return { store: new MemoryStore(given) };
  }
  return kvStores({ ...options, open: () => Deno.openKv() });
}

/**
 * The database at `path`, for a calls to open. Live pictures do not need it, so nothing about it keeps the
 * edge from starting: a damaged file is set aside, and where no file can be written it is tried again
 * and again while pictures go on from memory.
 */
export function databaseAt(
  path: string,
  { log, clock }: Pick<Given, "log"> & { clock: Pick<Clock, "now"> },
): Required<Pick<KvCallsOptions, "open" | "kind" | "isLost">> {
  let kind = path === ":memory:" ? "memory" : "kv";
  let looked = !isFile(path);
  /** Why it is not to be opened: Deno KV would end the process over it. */
  let broken: string | undefined;
  let told = false;
  /** The file that was opened; undefined where there is none. */
  let inode: number | null | undefined;
  return { open, kind: () => kind, isLost: async () => await inodeOf(path) !== inode };

  /** @throws Where it cannot be opened now, with what strangers may know of it. */
  async function open(): Promise<Deno.Kv> {
    if (!looked) await look();
    if (broken) throw new Error(broken);
    try {
      const kv = await Deno.openKv(path);
      inode = await inodeOf(path);
      return kv;
    } catch (error) {
      const wanted = isFile(path) ? "a file to write in" : "a KV server";
      const shown = isFile(path) ? path : shownAddress(path);
      const message = `PERCH_KV_PATH: got "${shown}", wanted ${wanted}; ` +
        "pictures go on from memory until it can be opened";
      const reason = withoutAddresses(reasonOf(error), secretsOf(path));
      if (!told) log.error(message, { error: reason });
      told = true;
      throw new Error("PERCH_KV_PATH cannot be opened", { cause: error });
    }
  }

  async function look(): Promise<void> {
    looked = true;
    const damage = await damageOf(path);
    if (damage === undefined) return;
    // Cards for cameras take no colon in a name.
    const time = new Date(clock.now()).toISOString().replaceAll(":", "-");
    const kept = `${path}.damaged-${time}`;
    try {
      for (const suffix of SUFFIXES) move(path + suffix, kept + suffix);
      kind = "kv, begun anew: the one before was damaged and is set aside";
      const message = "the store is damaged; it is set aside and a new one begun";
      log.error(message, { path, damage, kept });
    } catch (error) {
      broken = "it is damaged and cannot be set aside";
      const message = "the store is damaged and stays where it is; pictures go on from memory";
      log.error(message, { path, damage, error: reasonOf(error) });
    }
  }
}

/** Whether what a database is opened by is a file, not memory or another machine. */
function isFile(path: string): boolean {
  return path !== ":memory:" && !/^https?:/.test(path);
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
    return DAMAGED.test(reasonOf(error)) ? reasonOf(error) : undefined;
  }
}

/** Tells one file from another one of the same name. */
async function inodeOf(path: string): Promise<number | null | undefined> {
  return isFile(path) ? (await Deno.stat(path).catch(() => undefined))?.ino : undefined;
}

function move(from: string, to: string): void {
  try {
    Deno.renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
