// The last lines a program wrote, for a person who asks why it failed. Bounded, whatever it writes.

import { secretsOf, withoutAddresses } from "../shared/addresses.ts";

/** Lines kept. */
export const TAIL_LINES = 50;

/** Characters kept of a line. */
export const TAIL_LINE_LENGTH = 400;

/** Characters looked at of a line: more than are kept, so that none ends inside an address. */
const MAX_LINE = 16 * TAIL_LINE_LENGTH;

/** Collects text and keeps its last lines, without what the addresses in them say. */
export class LineTail {
  readonly #secrets: readonly string[];
  #lines: string[] = [];
  #rest = "";

  /** @param command What the program was started with: it may repeat what it is to open. */
  constructor(command: readonly string[] = []) {
    this.#secrets = command.flatMap(secretsOf);
  }

  /** Takes text cut anywhere. */
  push(text: string): void {
    // As on a terminal, what stands before a carriage return is written over.
    const lines = (this.#rest + text).split("\n")
      .map((line) => line.slice(line.lastIndexOf("\r", line.length - 2) + 1));
    this.#rest = (lines.pop() ?? "").slice(0, MAX_LINE);
    for (const line of lines) this.#add(line);
  }

  /** The last lines, oldest first. */
  get lines(): string[] {
    const rest = this.#rest.trim() ? [this.#clean(this.#rest)] : [];
    return [...this.#lines, ...rest].slice(-TAIL_LINES);
  }

  #add(line: string): void {
    if (!line.trim()) return;
    this.#lines.push(this.#clean(line));
    if (this.#lines.length > TAIL_LINES) this.#lines.shift();
  }

  #clean(line: string): string {
    const text = withoutAddresses(line.slice(0, MAX_LINE), this.#secrets);
    return text.trimEnd().slice(0, TAIL_LINE_LENGTH);
  }
}
