// Whom a limit is for. Behind a reverse proxy every connection comes from the proxy; whose word is
// taken for the real address is a setting, because anybody can send a header.

/** How a client's address is found. */
export interface AddressOptions {
  /** Reverse proxies in front of the edge that append to `X-Forwarded-For`; 0 = none. */
  readonly trustedProxies: number;
}

/**
 * The address that limits count by: IPv4 as it is, IPv6 as its /64, which is what one person has.
 *
 * @param peer Where the connection comes from.
 * @param forwardedFor `X-Forwarded-For` as sent.
 */
export function clientAddress(
  peer: string,
  forwardedFor: string | undefined,
  options: AddressOptions,
): string {
  if (options.trustedProxies === 0 || !forwardedFor) return addressKey(peer);
  // Each proxy appends whom it heard from: counted from the right, the rest is anybody's invention.
  const hops = forwardedFor.split(",").map((hop) => hop.trim());
  const hop = hops[Math.max(0, hops.length - options.trustedProxies)];
  return addressKey(isAddress(hop) ? hop : peer);
}

/** Whether a key of `clientAddress` is this machine: its owner, or a proxy nobody told us of. */
export function isLoopback(key: string): boolean {
  return key.startsWith("127.") || key === "0:0:0:0::/64";
}

function addressKey(address: string): string {
  const bare = address.replace(/^\[|\](:\d+)?$|%.*$/g, "").toLowerCase();
  const v4 = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)(?::\d+)?$/.exec(bare);
  if (v4) return v4[1];
  if (!bare.includes(":")) return bare;
  const [head, tail] = bare.split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const right = tail === "" ? [] : tail.split(":");
    while (groups.length + right.length < 8) groups.push("0");
    groups.push(...right);
  }
  return `${groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, "")).join(":")}::/64`;
}

function isAddress(text: string): boolean {
  return /^(\d{1,3}(\.\d{1,3}){3}|\[?[0-9a-f:.]*:[0-9a-f:.]*\]?)(:\d+)?$/i.test(text) &&
    text.length <= 64;
}
