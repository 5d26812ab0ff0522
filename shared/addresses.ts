// What of an address may be shown. Passwords stand in its user part, in its query and, with some
// makers of cameras, in its path: all that is shown is how it is spoken to, and where.

/** A file, a device or a drawn picture. */
const LOCAL = /^(?:[\w ./-]+|lavfi:(?!.*[@?\\])(?!.*\/\/).*)$/;

/**
 * Scheme, user, host and the rest. An `@` behind the host may be of a password with `/`, `?` or `#`
 * in it: what looks like the host is then no host.
 */
const CLEAR =
  /^([a-z][a-z\d+.-]*:\/\/)([^/?#\\]*@)?((?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?)([/?#][^@]*)?$/i;

/** An address, a file or a device as it may be shown. */
export function shownAddress(address: string): string {
  if (LOCAL.test(address)) return address;
  const clear = CLEAR.exec(address);
  if (!clear) return `${/^[a-z][a-z\d+.-]*:\/\//i.exec(address)?.[0] ?? ""}…`;
  const [, scheme, user, host, rest = "/"] = clear;
  return scheme + host + (user || rest !== "/" ? "/…" : "");
}

/** Characters from which on a path and a query are long enough to hold a password. */
const SECRET_LENGTH = 8;

/** What a program that was given an address may repeat of it in its words, longest first. */
export function secretsOf(address: string): string[] {
  const [, place] = /:\/\/(.*)$/s.exec(address) ?? [];
  if (place === undefined) return [];
  const user = place.slice(0, Math.max(0, place.lastIndexOf("@")));
  // Behind the user, and behind what a program takes for the host where `@` stands later too.
  const rests = [place.slice(user.length), place].map((text) => /[/?#].*$/s.exec(text)?.[0] ?? "");
  const parts = [
    user.includes(":") ? user : "",
    ...rests.filter((rest) => rest.length >= SECRET_LENGTH),
  ];
  return [address, ...parts].filter(Boolean).sort((one, other) => other.length - one.length);
}

/**
 * `text`, which others wrote, without its addresses and sign-ins.
 *
 * @param secrets What else may stand in it, as {@link secretsOf} tells it. Addresses with a blank in
 *   them are known by no other way.
 */
export function withoutAddresses(text: string, secrets: readonly string[] = []): string {
  const rest = secrets.reduce((left, secret) => left.replaceAll(secret, "…"), text);
  return rest.replace(/\b(authorization:).*/gi, "$1 …").replace(
    /((?!file:)\b[a-z][a-z\d+.-]*:\\?\/\/)\S*?(?=:?(?:\s|$))/gi,
    "$1…",
  );
}
