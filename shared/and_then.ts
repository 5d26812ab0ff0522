// Goes on with a value at once where it is there already. Behind a promise the rest of an upload
// would run later, piece by piece, each time with caches that have gone cold.

/** `next` of the value: now, or when the promise gives it. */
export function andThen<T, U>(
  value: T | Promise<T>,
  next: (value: T) => U | Promise<U>,
): U | Promise<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}
