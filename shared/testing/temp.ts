// A folder for the files of a test.

/** A new folder, which goes with whoever holds it by `await using`; its path as a text, too. */
export class TempDir implements AsyncDisposable {
  readonly path: string = Deno.makeTempDirSync();

  toString(): string {
    return this.path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
