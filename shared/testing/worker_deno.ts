// What tests use of Deno, inside Workers' runtime: they are registered, and run when they are asked for.

/** Tests by their titles. */
export const tests: Map<string, (test: { step: unknown }) => unknown> = new Map();

/** A test wants something that is not there: a port, a file, libvips. */
export class Elsewhere extends Error {}

const known = {
  test(title: unknown, run: (test: unknown) => unknown) {
    // One that wants a program which is missing comes with no name alone.
    if (typeof title === "string") tests.set(title, run);
  },
  env: { get: () => undefined, toObject: () => ({}) },
  statSync() {
    throw new Error("There are no files here");
  },
};

Object.assign(globalThis, {
  Deno: new Proxy(known, {
    get(target, name) {
      if (name in target) return target[name as keyof typeof known];
      throw new Elsewhere(`Deno.${String(name)}`);
    },
  }),
});
