// What tests use of Deno, inside Workers' runtime: they are registered, and run when they are asked for.

/** Tests by their titles. */
export const tests: Map<string, (test: { step: unknown }) => unknown> = new Map();

Object.assign(globalThis, {
  Deno: {
    test: (title: string, run: (test: unknown) => unknown) => void tests.set(title, run),
    env: { get: () => undefined, toObject: () => ({}) },
    statSync() {
      throw new Error("There are no files here");
    },
  },
});
