// Debian's Chromium for tests, started without anything that would call home.

import type { Browser } from "playwright-core";
import { toolPath } from "./tools.ts";

const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Starts a headless browser; `await using` closes it. A `whole` one also notifies, and keeps the screen on.
 */
export async function launchChromium(
  args: readonly string[] = [],
  whole = false,
): Promise<Browser & AsyncDisposable> {
  // playwright-core looks for WSL under /proc while it loads, which Deno allows to nobody without
  // every permission; this variable of its `is-wsl` puts that off until somebody asks.
  Deno.env.set("__IS_WSL_TEST__", "1");
  const { chromium } = await import("playwright-core");
  return await chromium.launch({
    executablePath: toolPath(whole ? "chromium" : "headless chromium"),
    args: [...ARGS, ...args],
  }) as Browser & AsyncDisposable;
}
