// `deno task demo` as a person runs it: one command, a picture, Ctrl-C, nothing left running.

import assert from "node:assert/strict";
import { inspectJpeg } from "../../jpeg/inspect.ts";
import type { FrameMeta } from "../../frame.ts";
import { loadSharp } from "../jpegs.ts";
import { RunningProgram } from "../processes.ts";
import { until } from "../wait.ts";

Deno.test("demo shows a moving pattern and ends cleanly", async () => {
  await using demo = new RunningProgram("demo", Deno.execPath(), ["task", "demo"], {
    env: { NO_COLOR: "1" },
    group: true,
  });
  const [, url] = await demo.line(/on this machine\s+(http:\S+)/);
  const etags = new Set<string>();
  while (etags.size < 3) {
    const last = [...etags].at(-1) ?? `"0"`;
    const response = await fetch(`${url}live.jpeg?wait=5`, { headers: { "if-none-match": last } });
    const bytes = await response.bytes();
    if (response.status !== 200) continue;
    assert.ok(inspectJpeg(bytes).ok);
    etags.add(response.headers.get("etag")!);
  }
  const page = await fetch(url, { headers: { accept: "text/html" } });
  assert.match(await page.text(), /<canvas/);
  assert.equal((await demo.stop("SIGINT")).code, 0, demo.output);
  await assert.rejects(fetch(url), "the edge still listens");
});

Deno.test("demo has two cameras with names, and a day behind the first", async () => {
  await using demo = new RunningProgram("demo", Deno.execPath(), ["task", "demo"], {
    env: { NO_COLOR: "1" },
    group: true,
  });
  const [, url] = await demo.line(/on this machine\s+(http:\S+)/);
  await until("both cameras are there", async () => {
    const { cams } = await (await fetch(`${url}cams`)).json();
    return cams.map(({ name }: { name: string }) => name).join() === "Front garden,Harbour";
  });
  const { now, frames } = await (await fetch(`${url}frames`)).json();
  assert.ok(frames.length > 100, `${frames.length}`);
  assert.ok(now - frames.at(-1).receivedAt > 23.8 * 3_600_000);
  const night = frames.find(({ receivedAt }: FrameMeta) => new Date(receivedAt).getHours() === 1);
  const noon = frames.find(({ receivedAt }: FrameMeta) => new Date(receivedAt).getHours() === 12);
  const [dark, bright] = await Promise.all([night, noon].map(async ({ version }: FrameMeta) => {
    const jpeg = await (await fetch(`${url}frames/${version}.jpeg`)).bytes();
    const { channels } = await (await loadSharp())(jpeg).stats();
    return channels[1].mean;
  }));
  assert.ok(bright > 2 * dark, `${dark} ${bright}`);
  assert.equal((await demo.stop("SIGINT")).code, 0, demo.output);
});

Deno.test("demo takes another port where the usual one is taken", async () => {
  let taken: Deno.Listener | undefined;
  try {
    taken = Deno.listen({ hostname: "0.0.0.0", port: 8000 });
  } catch (error) {
    // Somebody else has it: as good.
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
  }
  await using demo = new RunningProgram("demo", Deno.execPath(), ["task", "demo"], {
    env: { NO_COLOR: "1" },
    group: true,
  });
  const [, port] = await demo.line(/on this machine\s+http:\/\/localhost:(\d+)/);
  assert.notEqual(port, "8000");
  await demo.stop("SIGINT");
  taken?.close();
});

Deno.test("a demo whose edge cannot start says why, stops the rest, and fails", async () => {
  await using demo = new RunningProgram("demo", Deno.execPath(), ["task", "demo"], {
    env: { NO_COLOR: "1", PORT: "http" },
    group: true,
  });
  assert.equal((await demo.ended()).code, 2, demo.output);
  assert.match(demo.output, /PORT: got "http", wanted/);
});
