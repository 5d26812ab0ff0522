// `deno task demo` as a person runs it: one command, a picture, Ctrl-C, nothing left running.

import assert from "node:assert/strict";
import { inspectJpeg } from "../../jpeg/inspect.ts";
import type { FrameMeta } from "../../frame.ts";
import { loadSharp } from "../jpegs.ts";
import { RunningProgram } from "../processes.ts";
import { until } from "../wait.ts";

/** The demo as its command starts it. */
function startDemo(env: Readonly<Record<string, string>> = {}): RunningProgram {
  const options = { env: { NO_COLOR: "1", ...env }, group: true };
  return new RunningProgram("demo", Deno.execPath(), ["task", "demo"], options);
}

/** Takes the usual port, where nobody else has it. */
function usualPort(): Deno.Listener | undefined {
  try {
    return Deno.listen({ hostname: "0.0.0.0", port: 8000 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
  }
}

Deno.test("demo shows two moving cameras and a day behind the first, on a free port, and ends cleanly", async () => {
  using taken = usualPort();
  await using demo = startDemo();
  const [, url] = await demo.line(/on this machine\s+(http:\S+)/);
  if (taken) assert.notEqual(new URL(url).port, "8000");
  for (const etags = new Set(['"0"']); etags.size < 4;) {
    const headers = { "if-none-match": [...etags].at(-1)! };
    const response = await fetch(`${url}live.jpeg?wait=5`, { headers });
    const bytes = await response.bytes();
    if (response.status !== 200) continue;
    assert.ok(inspectJpeg(bytes).ok);
    etags.add(response.headers.get("etag")!);
  }
  const page = await fetch(url, { headers: { accept: "text/html" } });
  assert.match(await page.text(), /<canvas/);

  await until("both cameras are there", async () => {
    const { cams } = await (await fetch(`${url}cams`)).json();
    return cams.map(({ name }: { name: string }) => name).join() === "Front garden,Harbour";
  });
  const { now, frames } = await (await fetch(`${url}frames`)).json();
  assert.ok(frames.length > 100, `${frames.length}`);
  assert.ok(now - frames.at(-1).receivedAt > 23.8 * 3_600_000);
  const [dark, bright] = await Promise.all([1, 12].map(async (hour) => {
    const { version } = frames.find(({ receivedAt }: FrameMeta) =>
      new Date(receivedAt).getHours() === hour
    );
    const jpeg = await (await fetch(`${url}frames/${version}.jpeg`)).bytes();
    const { channels } = await (await loadSharp())(jpeg).stats();
    return channels[1].mean;
  }));
  assert.ok(bright > 2 * dark, `${dark} ${bright}`);

  assert.equal((await demo.stop("SIGINT")).code, 0, demo.output);
  await assert.rejects(fetch(url), "the edge still listens");
});

Deno.test("a demo whose edge cannot start says why, stops the rest, and fails", async () => {
  await using demo = startDemo({ PORT: "http" });
  assert.equal((await demo.ended()).code, 2, demo.output);
  assert.match(demo.output, /PORT: got "http", wanted/);
});
