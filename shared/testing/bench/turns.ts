// The roads once more, with all servers alive: the crowd goes from one to the next and comes again, so
// that the machine's slow minutes meet all of them. Ratios are steadier than side by side.

import { type Load, measure, type Measured, middle } from "./measure.ts";
import type { BenchOptions, Figures, Report } from "./scenario.ts";
import { bareDeno, beside, ceiling, edge, nginx, publicEdge } from "./subjects.ts";
import type { Server, Subject } from "./subjects.ts";
import { toolPath } from "../tools.ts";

/** Short turns: the servers stay warm. */
const TURN = { viewers: 300, fps: 10, ramp: 0.5, warmup: 1, seconds: 4 };

const MJPEG: Load = { ...TURN, road: "mjpeg" };
const SOCKET: Load = { ...TURN, road: "socket" };
const POLL: Load = { ...TURN, road: "poll", path: "/live.jpeg", interval: 150 };

/** One crowd at one server. */
interface Visit {
  readonly name: string;
  readonly subject: Subject;
  readonly load: Load;
}

/** `--rounds` turns for each; the one before them, in which engines compile, does not count. */
export async function benchTurns(report: Report, { rounds, ...options }: BenchOptions) {
  const visits: Visit[] = [
    ...[edge, bareDeno, ceiling, ...options.beside.map(beside)].map((subject) => (
      { name: `MJPEG, ${subject.name}`, subject, load: MJPEG }
    )),
    { name: "WebSocket with acks, edge", subject: edge, load: { ...SOCKET, acknowledge: true } },
    { name: "WebSocket unasked, bare Deno", subject: bareDeno, load: SOCKET },
    ...[publicEdge, bareDeno, ...toolPath("nginx") ? [nginx] : []].map((subject) => (
      { name: `polls, ${subject.name}`, subject, load: POLL }
    )),
  ];
  await using servers = new AsyncDisposableStack();
  const running = new Map<Subject, Server>();
  for (const { subject } of visits) {
    if (!running.has(subject)) running.set(subject, servers.use(await subject.start()));
  }
  const found = visits.map((): Figures[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, { subject, load }] of visits.entries()) {
      const figures = turnFigures(await measure(running.get(subject)!, load));
      if (round > 0) found[i].push(figures);
    }
  }
  for (const [i, { name }] of visits.entries()) report.row(name, middle(found[i]));
  report.note("cpu/1000: server CPU seconds for 1,000 frames or answers; all have 300 clients");
}

function turnFigures({ load, ...used }: Measured): Figures {
  const { normal } = load;
  const perSecond = normal.fpsMedian * normal.viewers;
  return {
    "each a second": normal.fpsMedian,
    "cpu/1000": used.cpu / load.seconds / perSecond * 1000,
    "cores": used.cpu / load.seconds,
    "p50 ms": normal.latencyMs.p50,
    "p99 ms": normal.latencyMs.p99,
    "corrupt": normal.corrupt + load.dropped + load.failed,
    "other cores": used.otherCores,
  };
}
