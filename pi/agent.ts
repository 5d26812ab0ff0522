// The camera agent: source -> splitter -> newest frame -> uploader, and somebody who watches each.

import type { Clock } from "../shared/clock.ts";
import { DEFAULT_CAM } from "../shared/frame.ts";
import { Latest } from "../shared/latest.ts";
import { within } from "../shared/timeout.ts";
import type { About, Report } from "../shared/wire.ts";
import { type CapturedFrame, captureLimits } from "./capture.ts";
import { type Config, isOnNetwork, type Picture, type TimeRange } from "./config.ts";
import { createSource } from "./source/create.ts";
import type { FrameSource, SourceDeps } from "./source/source.ts";
import type { AgentState } from "./status.ts";
import { type Profile, Supervisor } from "./supervisor.ts";
import { EdgeClient } from "./uploader/edge_client.ts";
import {
  createAutoTransport,
  createPutTransport,
  type UploadResult,
} from "./uploader/transport.ts";
import { Uploader } from "./uploader/uploader.ts";
import { createWsTransport } from "./uploader/ws.ts";

interface AgentDeps extends SourceDeps {
  random(): number;
  /** Names this run; letters, digits and dashes. */
  readonly session: string;
}

const TRANSPORTS = {
  auto: createAutoTransport,
  put: createPutTransport,
  ws: createWsTransport,
} as const;

export function createAgent(deps: AgentDeps, config: Config) {
  const { clock, log, random, connect, session } = deps;
  const { url, token, cam, name } = config;
  const about: About = { name, zone: Intl.DateTimeFormat().resolvedOptions().timeZone };
  const frames = new Latest<CapturedFrame>();
  const reports = new Latest<Report>();
  const client = new EdgeClient({ url, token, cam, session }, connect);
  // Apart from the reports' connections: trouble with frames throws these away.
  const publisher = new EdgeClient(client.address, connect);
  const profile = createProfiles(config, (picture) => createSource(deps, config, picture));
  const supervisor = new Supervisor({ clock, log, random, profile, frames, reports });
  const uploader = new Uploader({
    clock,
    log,
    random,
    frames,
    transport: TRANSPORTS[config.transport](publisher, clock),
    page: pageOf(url, cam),
    camera: config.idleCamera === "stop" ? supervisor : undefined,
  });
  return {
    get state(): AgentState {
      const { demand, counts, uplink } = uploader;
      const { activity, error, restarts } = supervisor;
      return {
        ...{ activity, restarts, cameraError: error?.message, edgeTrouble: uplink.text },
        ...{ captured: frames.seq, upload: { ...counts }, viewers: demand.viewers },
      };
    },

    /** Runs until `signal` aborts; returns when the camera program is gone. */
    async run(signal: AbortSignal): Promise<void> {
      reports.set({ state: "starting" });
      const send = (report: Report, timed: AbortSignal) => client.report(report, timed);
      await Promise.all([
        supervisor.run(signal),
        uploader.run(signal),
        runReporter({ clock, reports, about, send }, signal),
      ]);
      client.close();
    },
  };
}

/** The page of a camera; the default one's is the edge's own. */
export function pageOf(url: string, cam: string): string {
  return cam === DEFAULT_CAM ? `${url}/` : `${url}/cams/${cam}`;
}

/** Whether a time of day, in minutes after midnight, lies in a range that may span midnight. */
export function isWithin(minutes: number, { from, to }: TimeRange): boolean {
  return from < to ? minutes >= from && minutes < to : minutes >= from || minutes < to;
}

/**
 * The profile for a wall time: by day one picture, by night another, with a long shutter, high gain and
 * few frames. Each has one source for all its days.
 */
export function createProfiles(
  config: Config,
  create: (picture: Picture) => FrameSource,
): (now: number) => Profile {
  const { picture, night, stallMs } = config;
  const profile = (picture: Picture): Profile => ({
    source: create(picture),
    limits: captureLimits(picture.fps, stallMs, isOnNetwork(config)),
  });
  const byDay = profile(picture);
  if (!night) return () => byDay;
  const byNight = profile(night.picture);
  return (now) => {
    const time = new Date(now);
    return isWithin(time.getHours() * 60 + time.getMinutes(), night.hours) ? byNight : byDay;
  };
}

/** Ms between tries. */
const RETRY_MS = 5000;

/** Ms after which a camera in trouble, or with a name, says so again, in case the edge was restarted. */
const REPEAT_MS = 60_000;

/** Ms a report may take. */
const SEND_MS = 10_000;

interface ReporterOptions {
  readonly clock: Clock;
  readonly reports: Latest<Report>;
  /** What goes with each: the camera's name and its time zone. */
  readonly about?: About;
  send(report: Report, signal: AbortSignal): Promise<UploadResult>;
}

/** Tells the edge how the camera is, so that a page can say why there is no picture; until `signal` aborts. */
export async function runReporter(options: ReporterOptions, signal: AbortSignal): Promise<void> {
  const { clock, reports, send, about } = options;
  let sent = 0;
  while (!signal.aborted) {
    try {
      const { seq, value } = await reports.next(sent, signal);
      const report = { ...value, ...about };
      const result = await within(clock, SEND_MS, signal, (timed) => send(report, timed));
      const again = result.kind === "failed" || result.kind === "busy";
      sent = again ? seq - 1 : seq;
      if (again) await clock.sleep(RETRY_MS, signal);
      else if ((value.error ?? about?.name) !== undefined) {
        // Nothing new for a while: it is said again.
        const news = within(clock, REPEAT_MS, signal, (timed) => reports.next(seq, timed));
        await news.catch(() => sent = seq - 1);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
