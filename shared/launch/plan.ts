// What the two programs are told when one command starts both on one machine.

/** `demo`: a pattern camera, nothing kept. `lan`: this machine's camera, for the network it is on. */
export type LaunchMode = "demo" | "lan";

/** Variables of the environment, by name. */
export type Env = Readonly<Record<string, string | undefined>>;

/** The usual id of the camera that the demo adds. */
const SECOND = { PERCH_CAM: "harbour", PERCH_NAME: "Harbour", PERCH_INPUT: "harbour" };

/** Whether `text` is a launch mode. */
export function isLaunchMode(text: string | undefined): text is LaunchMode {
  return text === "demo" || text === "lan";
}

/**
 * What the edge gets on top of the caller's environment.
 *
 * @param token The publish token made for this run.
 * @param port The port to listen on; 0 picks a free one.
 */
export function edgeEnv(
  mode: LaunchMode,
  env: Env,
  token: string,
  port: string,
): Record<string, string> {
  const others = mode === "lan" && env.PERCH_PUBLISH_TOKENS ? `${env.PERCH_PUBLISH_TOKENS},` : "";
  return {
    HOST: env.HOST || "0.0.0.0",
    PORT: port,
    // In memory: a demo leaves nothing behind, and a Pi's SD card is not written to.
    PERCH_KV_PATH: mode === "lan" && env.PERCH_KV_PATH || ":memory:",
    PERCH_PUBLISH_TOKENS: others + token,
  };
}

/** Whether the pictures are drawn: then there are two cameras, and a day of pictures from before. */
export function isDrawn(mode: LaunchMode, env: Env): boolean {
  return mode === "demo" && (env.PERCH_SOURCE || "pattern") === "pattern";
}

/** What each camera agent gets on top of the caller's environment, for an edge on `port`. */
export function piEnvs(
  mode: LaunchMode,
  env: Env,
  token: string,
  port: number,
): Record<string, string>[] {
  const to = { PERCH_URL: `http://127.0.0.1:${port}`, PERCH_TOKEN: token };
  if (!isDrawn(mode, env)) return [to];
  const drawn = { ...to, PERCH_SOURCE: "pattern" };
  const first = { PERCH_NAME: env.PERCH_NAME || "Front garden", PERCH_INPUT: "garden" };
  return [{ ...drawn, ...first }, { ...drawn, ...SECOND }];
}

/** The port in the edge's `listening on …` line, or undefined in any other line. */
export function listeningPort(line: string): number | undefined {
  const match = /listening on https?:\/\/\S+:(\d+)/i.exec(line);
  return match ? Number(match[1]) : undefined;
}

/** A network interface's address, as `Deno.networkInterfaces` tells it. */
export type InterfaceAddress = Pick<Deno.NetworkInterfaceInfo, "family" | "address" | "name">;

/** Interfaces that containers and virtual machines make: no phone is behind them. */
const VIRTUAL = /^(docker|br-|veth|virbr|vmnet|utun|tun|tap|tailscale|zt)/;

/** IPv4 addresses under which other devices of the network reach this machine, likeliest first. */
export function networkAddresses(interfaces: readonly InterfaceAddress[]): string[] {
  return interfaces
    .filter(({ family, address, name }) =>
      family === "IPv4" && !address.startsWith("127.") && !address.startsWith("169.254.") &&
      !VIRTUAL.test(name)
    )
    .map(({ address }) => address);
}

/**
 * The lines that tell where to look.
 *
 * @param qr Draws an address for a phone's camera; undefined where nobody could see it.
 */
export function invitation(
  mode: LaunchMode,
  port: number,
  addresses: readonly string[],
  qr?: (text: string) => string,
): string[] {
  const network = addresses.slice(0, 3).map((address) => `http://${address}:${port}/`);
  return [
    "",
    mode === "demo"
      ? "Perch is up. Its two cameras, and the day behind the first, are drawn."
      : "Perch is up.",
    "",
    ...(qr && network.length > 0 ? qr(network[0]).split("\n").map(whiteOnBlack) : []),
    `  on this machine      http://localhost:${port}/`,
    ...network.map((url) => `  on the same network  ${url}`),
    "",
    "Ctrl-C stops it.",
    "",
  ];
}

/** A QR code drawn in block characters needs light blocks on dark, whatever the terminal's colours. */
function whiteOnBlack(line: string): string {
  return `  \x1b[97;40m${line}\x1b[0m`;
}
