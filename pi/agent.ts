// The camera agent: source -> splitter -> newest frame -> uploader, and somebody who watches each.

import type { Clock } from "../shared/clock.ts";
import { Latest } from "../shared/latest.ts";
import type { Report } from "../shared/wire.ts";
import type { CapturedFrame } from "./capture.ts";
import type { Config } from "./config.ts";
import { createProfiles } from "./profiles.ts";
import { runReporter } from "./reporter.ts";
import { createSource, type SourceDeps } from "./source/create.ts";
import type { AgentState } from "./summary.ts";
import { Supervisor } from "./supervisor.ts";
import { EdgeClient } from "./uploader/edge_client.ts";
import { createPutTransport } from "./uploader/put.ts";
import { createWsTransport } from "./uploader/ws.ts";
import { type CameraGate, Uploader } from "./uploader/uploader.ts";

/** What an agent needs from outside. */
export interface AgentDeps extends SourceDeps {
  /** From 0 to 1. */
  random(): number;
  /** Names this run; letters, digits and dashes. */
  readonly session: string;
}

/** Ms without a wanted frame for which stopping the camera pays: it needs about 3 s to come back. */
const REST_FROM_MS = 8000;

/** One camera's agent. */
export class Agent {
  readonly #supervisor: Supervisor;
  readonly #uploader: Uploader;
  readonly #client: EdgeClient;
  readonly #clock: Clock;
  readonly #frames = new Latest<CapturedFrame>();
  readonly #reports = new Latest<Report>();

  constructor(deps: AgentDeps, config: Config) {
    const { clock, log, random, connect, session } = deps;
    const { url, token, cam } = config;
    this.#clock = clock;
    this.#client = new EdgeClient({ url, token, cam, session }, connect);
    this.#supervisor = new Supervisor({
      clock,
      log,
      random,
      profile: createProfiles(config, (picture) => createSource(deps, config, picture)),
      frames: this.#frames,
      reports: this.#reports,
    });
    // Apart from the reports' connections: trouble with frames throws these away.
    const publisher = new EdgeClient(this.#client.address, connect);
    this.#uploader = new Uploader({
      clock,
      log,
      random,
      frames: this.#frames,
      transport: config.transport === "ws"
        ? createWsTransport(publisher, clock)
        : createPutTransport(publisher, clock),
      gate: config.idleCamera === "stop" ? restingGate(this.#supervisor) : ALWAYS_ON,
    });
  }

  /** What it is doing. */
  get state(): AgentState {
    const { demand, counts, trouble } = this.#uploader;
    const { activity, error, restarts } = this.#supervisor;
    return {
      activity,
      cameraError: error?.message,
      edgeTrouble: trouble,
      captured: this.#frames.seq,
      upload: { ...counts },
      restarts,
      viewers: demand.viewers,
      interval: demand.interval,
    };
  }

  /** Runs until `signal` aborts; returns when the camera program is gone. */
  async run(signal: AbortSignal): Promise<void> {
    this.#reports.set({ state: "starting" });
    const send = (report: Report, timed: AbortSignal) => this.#client.report(report, timed);
    await Promise.all([
      this.#supervisor.run(signal),
      this.#uploader.run(signal),
      runReporter({ clock: this.#clock, reports: this.#reports, send }, signal),
    ]);
    this.#client.close();
  }
}

const ALWAYS_ON: CameraGate = { open: () => {}, close: () => false };

function restingGate(supervisor: Supervisor): CameraGate {
  return {
    open: () => supervisor.want(true),
    close(ms) {
      const rest = ms >= REST_FROM_MS;
      if (rest) supervisor.want(false);
      return rest;
    },
  };
}
