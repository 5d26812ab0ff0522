// Calls to Deno KV: each has a deadline and is counted. The remote client retries for ever,
// and nothing stops a call that is in it, not even closing the database: so while one is past its
// deadline no other is made, and its end is what tells that the store is back.

import { withoutAddresses } from "../../../shared/addresses.ts";
import type { Clock } from "../../../shared/clock.ts";
import { reasonOf } from "../../../shared/log.ts";
import { StoreFailure, type StoreState } from "../../core/store/frame_store.ts";

export interface KvCallsOptions {
  /** Opens the database; called again after it failed. */
  open(): Promise<Deno.Kv>;
  /** What it is, for `/health`. Default: `kv`. */
  kind?(): string;
  /** Whether what was opened is not there any more: what is written to it is kept by nobody. */
  isLost?(): Promise<boolean>;
  readonly clock: Clock;
  /** The longest a call may take, ms. */
  readonly deadlineMs: number;
}

export interface Commit {
  readonly checks?: readonly Deno.AtomicCheck[];
  readonly sets?: readonly {
    readonly key: Deno.KvKey;
    readonly value: unknown;
    readonly expireIn?: number;
  }[];
  readonly deletes?: readonly Deno.KvKey[];
}

/** How long the calls past their deadline are trusted to tell of the store's return, ms. */
const TRUST_MS = 30_000;

/** Why a deadline ends. Without a reason of ours each call would have a DOMException made for it. */
const ANSWERED = "the store has answered";

const LOST = "its file was deleted or replaced, nothing is kept: start the edge again";

/** How long a database that could not be opened is left alone, ms. */
const REOPEN_MS = 1000;

/**
 * What KV says of a call that it could never carry out. Only the words tell: a broken SQLite file is
 * a `TypeError` too.
 */
const REFUSAL = new RegExp(
  "^(Limit must be|Start key is|Too many (ranges|checks|mutations)|(Key|Value) too large|" +
    "Total (mutation|key) size|Invalid check|expireIn must be|expected string)|could not be cloned",
);

export class KvCalls {
  readonly #options: KvCallsOptions;
  #kv: Promise<Deno.Kv> | undefined;
  readonly #closed = new AbortController();
  #problem: string | undefined;
  #writeProblem: string | undefined;
  readonly #counts = { pending: 0, reads: 0, writes: 0 };
  /** Calls past their deadline that are still in the client. */
  #hanging = 0;
  #lastTry = 0;

  constructor(options: KvCallsOptions) {
    this.#options = options;
  }

  get state(): StoreState {
    const problem = this.#problem ?? this.#writeProblem;
    const kind = this.#options.kind?.() ?? "kv";
    return { kind, problem, ...this.#counts };
  }

  /** The database itself, for `watch`, which has no end and so no deadline. */
  kv(): Promise<Deno.Kv> {
    return this.#kv ??= this.#open();
  }

  async get<T>(key: Deno.KvKey): Promise<Deno.KvEntryMaybe<T>> {
    return await this.#call("read", (kv) => kv.get<T>(key));
  }

  /** Any number of keys, ten in a call. Not one snapshot beyond ten. */
  async getMany<T>(keys: readonly Deno.KvKey[]): Promise<Deno.KvEntryMaybe<T>[]> {
    const entries: Deno.KvEntryMaybe<T>[] = [];
    for (let i = 0; i < keys.length; i += 10) {
      const some = keys.slice(i, i + 10);
      entries.push(...await this.#call("read", (kv) => kv.getMany<T[]>(some)));
    }
    return entries;
  }

  async list<T>(
    selector: Deno.KvListSelector,
    options: { readonly limit: number; readonly reverse?: boolean },
  ): Promise<Deno.KvEntry<T>[]> {
    const batchSize = Math.min(options.limit, 500);
    const list = (kv: Deno.Kv) => Array.fromAsync(kv.list<T>(selector, { ...options, batchSize }));
    return await this.#call("list", list);
  }

  /** The commit's versionstamp, or undefined where a check failed and nothing was written. */
  async commit(commit: Commit): Promise<string | undefined> {
    const { checks = [], sets = [], deletes = [] } = commit;
    const result = await this.#call("write", (kv) => {
      const atomic = kv.atomic().check(...checks);
      for (const { key, value, expireIn } of sets) atomic.set(key, value, { expireIn });
      for (const key of deletes) atomic.delete(key);
      return atomic.commit();
    });
    return result.ok ? result.versionstamp : undefined;
  }

  close(): void {
    this.#closed.abort();
    this.#kv?.then((kv) => kv.close()).catch(() => {});
    this.#kv = undefined;
  }

  #open(): Promise<Deno.Kv> {
    const { open, clock } = this.#options;
    if (this.#closed.signal.aborted) return Promise.reject(new Error("The store is closed"));
    const opening = open();
    opening.catch(() => clock.sleep(REOPEN_MS, this.#closed.signal)).then(
      (kv) => kv === undefined && (this.#kv = undefined),
      () => {},
    );
    return opening;
  }

  async #call<T>(action: string, run: (kv: Deno.Kv) => Promise<T>): Promise<T> {
    const { clock, deadlineMs } = this.#options;
    if (this.#hanging > 0 && clock.monotonic() - this.#lastTry < TRUST_MS) {
      throw new StoreFailure(`Cannot ${action}: ${this.#problem}`);
    }
    this.#lastTry = clock.monotonic();
    this.#counts.pending++;
    const answer = (async () => {
      const result = await run(await this.kv());
      if (action === "write" && await this.#options.isLost?.()) throw new Error(LOST);
      return result;
    })();
    answer.catch(() => {}).finally(() => this.#counts.pending--);
    const deadline = new AbortController();
    const late = clock.sleep(deadlineMs, deadline.signal).then(() => {
      this.#hanging++;
      answer.then(() => this.#answered(action), () => {}).finally(() => this.#hanging--);
      throw new StoreFailure(`no answer from the store in ${deadlineMs} ms`);
    });
    late.catch(() => {});
    try {
      const result = await Promise.race([answer, late]);
      this.#answered(action);
      return result;
    } catch (error) {
      // Everybody reads it in /health.
      const message = withoutAddresses(reasonOf(error));
      // A mistake of ours says nothing about the store.
      if (REFUSAL.test(message)) throw error;
      this.#problem = message;
      if (error instanceof StoreFailure) throw error;
      // A full disk can still be read: only a write that works takes this back.
      if (action === "write") this.#writeProblem = message;
      throw new StoreFailure(message, { cause: error });
    } finally {
      deadline.abort(ANSWERED);
    }
  }

  #answered(action: string): void {
    this.#problem = undefined;
    if (action !== "write") this.#counts.reads++;
    else {
      this.#counts.writes++;
      this.#writeProblem = undefined;
    }
  }
}
