// Pictures that take work: one job for each however many ask, and a bounded memory of what came out.

import type { Picture } from "../platform.ts";

interface Job<Made> {
  readonly picture: Promise<Made>;
  /** Of the result; 0 while it is under way. */
  bytes: number;
}

/** Pictures by a key. One that does not come to be is not kept. */
export class KeptPictures<Made extends Picture | undefined = Picture> {
  readonly #maxBytes: number;
  readonly #jobs = new Map<string, Job<Made>>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The picture that is kept or under way, or what `make` makes. */
  async get(key: string, make: () => Promise<Made>): Promise<Made> {
    const job = this.#jobs.get(key) ?? this.#start(key, make());
    // What was asked for last is forgotten last.
    this.#jobs.delete(key);
    this.#jobs.set(key, job);
    return await job.picture;
  }

  /** Keeps nothing whose key begins so. */
  forget(prefix: string): void {
    for (const key of this.#jobs.keys()) if (key.startsWith(prefix)) this.#drop(key);
  }

  #start(key: string, picture: Promise<Made>): Job<Made> {
    const job = { picture, bytes: 0 };
    const ended = (bytes: number) => {
      // Unless it was forgotten meanwhile.
      if (this.#jobs.get(key) === job) this.#keep(key, job, bytes);
    };
    picture.then((made) => ended(made?.jpeg.length ?? 0), () => ended(0));
    return job;
  }

  /** @param bytes 0 where nothing came out. */
  #keep(key: string, job: Job<Made>, bytes: number): void {
    if (bytes === 0) return this.#drop(key);
    job.bytes = bytes;
    this.#bytes += bytes;
    for (const [oldest, { bytes }] of this.#jobs) {
      if (this.#bytes <= this.#maxBytes) break;
      if (bytes > 0) this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#bytes -= this.#jobs.get(key)!.bytes;
    this.#jobs.delete(key);
  }
}
