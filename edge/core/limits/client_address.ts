// Whom a limit is for. Behind a reverse proxy every connection comes from the proxy; whose word is
// taken for the real address is a setting, because anybody can send a header.

import {
  convertIPv4BinaryToString,
  convertIPv4MappedIPv6ToIPv4,
  convertIPv6BinaryToString,
  convertIPv6ToBinary,
  distinctRemoteAddr,
  isIPv4MappedIPv6,
} from "hono/utils/ipaddr";

/**
 * The address that limits count by: IPv4 as it is, IPv6 as its /64, which is what one person has.
 *
 * @param peer Where the connection comes from.
 * @param forwardedFor `X-Forwarded-For` as sent.
 * @param trustedProxies Reverse proxies in front of the edge that append to it; 0 = none.
 */
export function clientAddress(
  peer: string,
  forwardedFor: string | undefined,
  trustedProxies: number,
): string {
  return addressKey(trustedHop(forwardedFor, trustedProxies)) ?? addressKey(peer) ?? peer;
}

/**
 * What the outermost of the trusted proxies says in a header to which each of them appends: counted
 * from the right, the rest is anybody's invention. Empty where nothing is said.
 */
export function trustedHop(header: string | undefined, trustedProxies: number): string {
  const hops = trustedProxies > 0 ? header?.split(",") ?? [] : [];
  return hops[Math.max(0, hops.length - trustedProxies)]?.trim() ?? "";
}

/** Whether a key of `clientAddress` is this machine: its owner, or a proxy nobody told us of. */
export function isLoopback(key: string): boolean {
  return key.startsWith("127.") || key === "::/64";
}

/** Undefined for what is no address. */
function addressKey(text: string): string | undefined {
  // Proxies write a port behind it, and IPv6 in brackets.
  const address = text.replace(/^\[(.*)\](:\d+)?$/, "$1").replace(/^([\d.]+):\d+$/, "$1");
  if (distinctRemoteAddr(address) === "IPv4") return address;
  try {
    const binary = convertIPv6ToBinary(address);
    if (isIPv4MappedIPv6(binary)) {
      return convertIPv4BinaryToString(convertIPv4MappedIPv6ToIPv4(binary));
    }
    return `${convertIPv6BinaryToString(binary >> 64n << 64n)}/64`;
  } catch {
    return undefined;
  }
}
