// How long the first viewer waits for a picture of now, from an idle camera.

import { systemClock } from "../clock.ts";
import { encodeAck, readFrameHeader } from "../wire_frame.ts";
import { startInstance } from "./crowd.ts";
import { startPi } from "./processes.ts";
import { until } from "./wait.ts";

/** Longer than any wait measured: a frame within it was asked for. */
const IDLE_INTERVAL_S = 60;

/** Where the viewer is, and how the camera uploads. */
export interface WakeOptions {
  readonly kvPath: string;
  readonly transport: "put" | "ws";
  /** Whether the viewer sits on another instance than the camera. */
  readonly elsewhere: boolean;
  readonly tries: number;
}

/** Ms from connecting to the first frame that was captured after it, one for each try. */
export async function measureWakes(options: WakeOptions): Promise<number[]> {
  const env = { PERCH_IDLE_INTERVAL_S: String(IDLE_INTERVAL_S) };
  await using a = await startInstance(options.kvPath, env);
  await using _pi = await startPi(a.url, { env: { PERCH_TRANSPORT: options.transport } });
  await until("a picture", async () => (await fetchStatus(a.url))?.version !== undefined);
  await using b = await startInstance(options.elsewhere ? options.kvPath : ":memory:", env);
  const url = options.elsewhere ? b.url : a.url;
  const waits: number[] = [];
  for (let i = 0; i < options.tries; i++) {
    await until(
      "rest",
      async () => (await fetchStatus(a.url))?.intervalMs === IDLE_INTERVAL_S * 1000,
    );
    // Anywhere in the camera's rest, the start of its next question for demand included.
    await systemClock.sleep(300 + 700 * Math.random());
    waits.push(await firstFreshFrame(url));
  }
  return waits;
}

/** Connects a viewer and waits for a frame that was captured after that. */
function firstFreshFrame(url: string): Promise<number> {
  const since = Date.now();
  const socket = new WebSocket(`${url.replace("http", "ws")}/ws`);
  socket.binaryType = "arraybuffer";
  return new Promise((resolve, reject) => {
    socket.onerror = () => reject(new Error(`no socket at ${url}`));
    socket.onmessage = ({ data }) => {
      const header = data instanceof ArrayBuffer && readFrameHeader(new Uint8Array(data));
      if (!header) return;
      socket.send(encodeAck(header));
      if (header.capturedAt < since) return;
      const waited = Date.now() - since;
      socket.onclose = () => resolve(waited);
      socket.close();
    };
  });
}

async function fetchStatus(
  url: string,
): Promise<{ version?: number; intervalMs: number } | undefined> {
  const response = await fetch(`${url}/status.json`);
  const body = await response.json();
  return response.ok ? body : undefined;
}
