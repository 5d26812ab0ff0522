// Looks at everything that ever kept a camera from showing a picture, and says what to do about it.

import { shownAddress } from "../../shared/addresses.ts";
import type { Clock } from "../../shared/clock.ts";
import { Latest } from "../../shared/latest.ts";
import { createLog, plain } from "../../shared/log.ts";
import type { Parsed } from "../../shared/settings.ts";
import { capture, type CapturedFrame, FrozenDetector } from "../capture.ts";
import { type Config, isOnNetwork } from "../config.ts";
import { type Output, outputOf, type Spawn } from "../process.ts";
import { createSource, listUsbCameras } from "../source/create.ts";
import { listCameras } from "../source/rpicam.ts";
import type { Connect } from "../uploader/connection.ts";
import { EdgeClient } from "../uploader/edge_client.ts";
import { scoped, within } from "../../shared/timeout.ts";
import * as about from "./findings.ts";

interface DoctorDeps {
  readonly clock: Clock;
  readonly spawn: Spawn;
  readonly connect: Connect;
  /** As `Deno.build.arch` and `Deno.version.deno` tell them. */
  readonly arch: string;
  readonly deno: string;
  print(line: string): void;
}

/** Ms for each program and each request. */
const ASK_MS = 15_000;

/** Prints every finding. Returns whether there is none that keeps the camera from working. */
export async function runDoctor(
  deps: DoctorDeps,
  parsed: Parsed<Config>,
  signal: AbortSignal,
): Promise<boolean> {
  let healthy = true;
  for await (const finding of findings(deps, parsed, signal)) {
    for (const line of about.formatFinding(finding)) deps.print(plain(line));
    if (finding.grade === "fail") healthy = false;
  }
  return healthy;
}

async function* findings(
  deps: DoctorDeps,
  parsed: Parsed<Config>,
  signal: AbortSignal,
): AsyncGenerator<about.Finding> {
  const { clock, spawn, connect, arch, deno } = deps;
  const timed = <T>(work: (signal: AbortSignal) => Promise<T>) =>
    within(clock, ASK_MS, signal, work);
  const ask = (...command: string[]): Promise<Output | undefined> =>
    timed((limit) => outputOf(spawn, command, limit));

  yield about.ok("architecture", `${arch}, 64 bits`);
  yield about.pageSize((await ask("getconf", "PAGESIZE"))?.stdout);
  yield about.denoVersion(deno);
  yield about.throttling(await ask("vcgencmd", "get_throttled"));
  yield about.clockSynced(await ask("timedatectl", "show", "-p", "NTPSynchronized", "--value"));

  const devices = await ask("iw", "dev");
  const powerSave = new Map<string, Output | undefined>();
  for (const name of about.wifiNames(devices)) {
    powerSave.set(name, await ask("iw", "dev", name, "get", "power_save"));
  }
  yield about.wifiPowerSave(devices, powerSave);

  const config = parsed.ok ? parsed.config : undefined;
  const installed = [];
  if (await ask("ffmpeg", "-version")) installed.push("ffmpeg");
  if (await ask("v4l2-ctl", "--version")) installed.push("v4l2-ctl");
  const facts = {
    source: config?.source ?? "auto",
    input: config?.input,
    camera: config?.camera,
    list: await timed((limit) => listCameras(spawn, "vid", limit)),
    usb: await timed((limit) => listUsbCameras(spawn, limit)),
    installed,
  } as const;
  // Nothing but a camera on the network itself tells whether it is there.
  if (config && isOnNetwork(config)) yield await pictureFound(deps, config, signal);
  else {
    yield about.cameraFound(facts);
    yield about.cameraFree(facts);
    if (facts.source !== "pattern") {
      yield about.cameraPermission(await ask("id", "-nG"), facts.list);
    }
  }

  if (!parsed.ok) {
    const fix = "put it into .env beside deno.json, or the environment";
    for (const problem of parsed.problems) yield about.fail("settings", problem, fix);
    return;
  }
  if (parsed.warnings.length === 0) yield about.ok("settings", "complete");
  for (const { found, fix } of parsed.warnings) yield about.warn("settings", found, fix);

  const { url, token, cam } = parsed.config;
  const client = new EdgeClient({ url, token, cam, session: "doctor" }, connect);
  const startedAt = clock.monotonic();
  const result = await timed((limit) => client.demand(0, 0, limit));
  yield* about.edgeFindings(shownAddress(url), result, clock.monotonic() - startedAt);
  client.close();
}

async function pictureFound(
  { clock, spawn, connect }: DoctorDeps,
  config: Config,
  signal: AbortSignal,
): Promise<about.Finding> {
  const log = createLog({ format: "text", write: () => {}, now: clock.now });
  const deadline = config.stallMs ?? ASK_MS;
  const frames = new Latest<CapturedFrame>();
  const { error } = await scoped(signal, (run) =>
    capture({
      clock,
      source: createSource({ clock, log, spawn, connect }, config, config.picture),
      limits: { firstFrameMs: deadline, stallMs: deadline },
      frozen: new FrozenDetector(),
      frames,
      onFrame: () => run.abort(),
    }, run.signal));
  return about.networkCamera(frames.value?.jpeg, error?.message);
}
