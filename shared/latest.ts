// The one slot that stands at every hop: only the newest value exists, nothing queues.

/** A value with its place in the order of `set` calls. */
export interface Numbered<T> {
  /** 1 for the first value set, growing by one. */
  readonly seq: number;
  readonly value: T;
}

interface Listener<T> {
  onItem(item: Numbered<T>): void;
  onClose?(reason: unknown): void;
}

/**
 * Holds the newest value only. Writers never wait; readers ask for something newer than what they
 * had and skip whatever came and went in between.
 */
export class Latest<T> {
  #item: Numbered<T> | undefined;
  #closed: { reason: unknown } | undefined;
  readonly #listeners = new Set<Listener<T>>();

  /** Whether `close` was called. */
  get closed(): boolean {
    return this.#closed !== undefined;
  }

  /** The newest value, or undefined before the first. */
  get value(): T | undefined {
    return this.#item?.value;
  }

  /** How many values were set so far. */
  get seq(): number {
    return this.#item?.seq ?? 0;
  }

  /** Replaces the value and wakes everybody who waits for one. Does nothing once closed. */
  set(value: T): void {
    if (this.#closed) return;
    const item = this.#item = { seq: this.seq + 1, value };
    for (const listener of this.#listeners) guarded(() => listener.onItem(item));
  }

  /**
   * The newest value as soon as its `seq` is above `after`.
   *
   * @param after The `seq` of the value the caller already has; 0 for none.
   * @throws The signal's reason when aborted, or the reason given to `close`.
   */
  next(after: number, signal?: AbortSignal): Promise<Numbered<T>> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#item && this.#item.seq > after) return Promise.resolve(this.#item);
    if (this.#closed) return Promise.reject(this.#closed.reason);
    return new Promise((resolve, reject) => {
      const end = () => {
        stop();
        signal?.removeEventListener("abort", onAbort);
      };
      const fail = (reason: unknown) => (end(), reject(reason));
      const onAbort = () => fail(signal?.reason);
      const stop = this.onSet((item) => (end(), resolve(item)), fail);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /**
   * Calls `onItem` inside every `set`: one wake-up for a whole crowd, with no promise per reader.
   *
   * @param onClose Called once when the slot is closed; soon, where it is already.
   * @returns A function that stops the calls.
   */
  onSet(onItem: (item: Numbered<T>) => void, onClose?: (reason: unknown) => void): () => void {
    const listener = { onItem, onClose };
    this.#listeners.add(listener);
    const closed = this.#closed;
    if (closed) {
      // Not before whoever listens has what to stop it by.
      queueMicrotask(() =>
        this.#listeners.delete(listener) && guarded(() => onClose?.(closed.reason))
      );
    }
    return () => this.#listeners.delete(listener);
  }

  /** Ends it: waiters are rejected with `reason`, later `set` calls are ignored. */
  close(reason: unknown = new DOMException("No more values", "AbortError")): void {
    if (this.#closed) return;
    this.#closed = { reason };
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) guarded(() => listener.onClose?.(reason));
  }
}

/** Runs one of many: what it throws is told to the program as uncaught, and the others get theirs. */
function guarded(run: () => void): void {
  try {
    run();
  } catch (error) {
    reportError(error);
  }
}
