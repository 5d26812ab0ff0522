// The last lines a program wrote, for a person who asks why it failed. Bounded, whatever it writes.

/** Lines kept. */
export const TAIL_LINES = 50;

/** Characters kept of a line. */
export const TAIL_LINE_LENGTH = 400;

/** Collects text and keeps its last lines. */
export class LineTail {
  #lines: string[] = [];
  #rest = "";

  /** Takes text cut anywhere. */
  push(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = (lines.pop() ?? "").slice(-TAIL_LINE_LENGTH);
    for (const line of lines) this.#add(line);
  }

  /** The last lines, oldest first, with passwords in addresses taken out. */
  get lines(): string[] {
    return [...this.#lines, ...(this.#rest.trim() ? [clean(this.#rest)] : [])].slice(-TAIL_LINES);
  }

  #add(line: string): void {
    if (!line.trim()) return;
    this.#lines.push(clean(line));
    if (this.#lines.length > TAIL_LINES) this.#lines.shift();
  }
}

function clean(line: string): string {
  return withoutPasswords(line.trimEnd().slice(0, TAIL_LINE_LENGTH));
}

/** `text` with `user:password@` in addresses replaced, as camera programs print what they open. */
export function withoutPasswords(text: string): string {
  return text.replace(/\/\/[^\s/@]*:[^\s/@]*@/g, "//***@");
}
