// A crowd on one instance that watches a camera of another: two real edges on one store.

import { KV_TOKEN } from "./kv_connect.ts";
import { NumberedCamera } from "./camera.ts";
import { CountingViewer } from "./viewer.ts";
import { type RunningEdge, startEdge } from "./processes.ts";

/** What is asked of the crowd. */
export interface CrowdOptions {
  readonly viewers: number;
  readonly fps: number;
  /** How many frames each viewer is to see. */
  readonly frames: number;
}

/** What it saw. */
export interface CrowdResult {
  /** Frames the camera sent while they watched. */
  readonly sent: number;
  readonly viewers: readonly CountingViewer[];
}

/** Starts an edge on a store that other edges use too. */
export function startInstance(
  kvPath: string,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningEdge> {
  return startEdge({
    env: {
      PERCH_KV_PATH: kvPath,
      DENO_KV_ACCESS_TOKEN: KV_TOKEN,
      PERCH_STRIP_METADATA: "false",
      PERCH_MAX_VIEWERS_PER_ADDRESS: "1000",
      ...env,
    },
  });
}

/** Lets a crowd watch on an instance that never sees the camera itself. */
export async function watchFromAfar(kvPath: string, options: CrowdOptions): Promise<CrowdResult> {
  const camera = await NumberedCamera.make();
  await using a = await startInstance(kvPath);
  await camera.send(a.url);
  await using b = await startInstance(kvPath);
  const stop = new AbortController();
  const running = camera.run(a.url, options.fps, stop.signal);
  const viewers = Array.from(
    { length: options.viewers },
    () => new CountingViewer(b.url, camera),
  );
  // From their third frame on the camera is awake, and what is seen is the steady state.
  await Promise.all(viewers.map((viewer) => viewer.until(({ numbers }) => numbers.length > 2)));
  const before = camera.count;
  for (const viewer of viewers) viewer.forget();
  await Promise.all(
    viewers.map((viewer) => viewer.until(({ numbers }) => numbers.length >= options.frames)),
  );
  const sent = camera.count - before;
  stop.abort();
  await running;
  await Promise.all(viewers.map((viewer) => viewer.close()));
  return { sent, viewers };
}
