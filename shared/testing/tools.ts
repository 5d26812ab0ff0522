// Programs that tests need and a machine may lack. Without one its tests are skipped and say so;
// in CI, where everything is installed, a missing one is a failure.

/** A program some tests need: what it is called, in the order of preference. */
const NAMES = {
  ffmpeg: ["ffmpeg"],
  chromium: ["chromium", "chromium-browser", "google-chrome"],
  // The same without windows takes two thirds of the CPU.
  "headless chromium": [
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
  ],
  nginx: ["nginx"],
  caddy: ["caddy"],
  openssl: ["openssl"],
  promtool: ["promtool"],
  "systemd-analyze": ["systemd-analyze"],
  curl: ["curl"],
  djpeg: ["djpeg"],
  taskset: ["taskset"],
} as const;
type Tool = keyof typeof NAMES;

/** Where an installed program is, or undefined. */
export function toolPath(tool: Tool): string | undefined {
  const folders = [...(Deno.env.get("PATH") ?? "").split(":"), "/usr/bin", "/usr/sbin"];
  return NAMES[tool].flatMap((name) => folders.map((folder) => `${folder}/${name}`)).find(isFile);
}

/** Whether ffmpeg is installed. */
export const hasFfmpeg: boolean = toolPath("ffmpeg") !== undefined;

/** Registers a test that needs programs: skipped where one is missing, failed in CI (`CI` set). */
export function toolTest(
  tools: readonly Tool[],
  name: string,
  fn: (t: Deno.TestContext) => void | Promise<void>,
): void {
  const missing = tools.filter((tool) => toolPath(tool) === undefined);
  if (missing.length === 0) return Deno.test(name, fn);
  skippedTest(name, `${missing.join(" and ")} not installed`, fn);
}

/** Steps that wait for most of their time, all at once. What they leave open is not looked for. */
export async function together(
  t: Deno.TestContext,
  steps: Readonly<Record<string, (t: Deno.TestContext) => Promise<void>>>,
): Promise<void> {
  const unwatched = { sanitizeOps: false, sanitizeResources: false, sanitizeExit: false };
  await Promise.all(
    Object.entries(steps).map(([name, fn]) => t.step({ ...unwatched, name, fn })),
  );
}

/** Registers a test that cannot run here, and says why: skipped, and failed in CI (`CI` set). */
export function skippedTest(
  name: string,
  reason: string,
  fn: (t: Deno.TestContext) => void | Promise<void>,
): void {
  if (!Deno.env.get("CI")) {
    return Deno.test({ name: `${name} (skipped: ${reason})`, ignore: true, fn });
  }
  Deno.test(name, () => {
    throw new Error(`${reason}: CI must have everything the tests need`);
  });
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
