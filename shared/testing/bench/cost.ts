// What a day of one camera costs where KV is billed, beside a cam that stores every frame and beside
// what is free: 500,000 write units and 1,000,000 read units a month.

import { CostWorld, type CostWorldOptions, type DayCost } from "../cost_world.ts";
import type { Report } from "./scenario.ts";

const HOUR_MS = 3_600_000;
const DAYS = 30;
const FREE_WRITE_UNITS = 500_000;
const FREE_READ_UNITS = 1_000_000;

const DEFAULTS = { fps: 5, idleIntervalMs: 10_000, keyframeMs: 300_000 };

/**
 * Days of different kinds, simulated whole. Where each frame is stored a day would take minutes, and
 * all the memory there is where each is kept: these are an hour times 24, and say so.
 */
export async function benchCost(report: Report): Promise<void> {
  for (const instances of [1, 3]) {
    const name = `, ${instances} instance${instances > 1 ? "s" : ""}`;
    const options = { ...DEFAULTS, instances };
    const idle = await measure(options, (world) => world.run(24 * HOUR_MS));
    const watched = await measure(options, async (world) => {
      const leave = world.watch();
      await world.run(HOUR_MS);
      leave();
    });
    tell(report, `nobody watches${name}`, idle);
    tell(report, `one viewer hour${name}`, add([scale(idle, 23 / 24), watched]));
    if (instances > 1) tell(report, `watched for 24 h${name} (hour x 24)`, scale(watched, 24));
    else tell(report, `watched for 24 h${name}`, await measure(options, watchDay));
  }
  const asleep = { ...DEFAULTS, instances: 1, idleIntervalMs: 300_000 };
  tell(
    report,
    "PERCH_IDLE_INTERVAL_S=300, asleep between frames",
    await measure(asleep, (world) => world.runAsleep(24 * HOUR_MS)),
  );
  const every = { ...DEFAULTS, instances: 1, idleIntervalMs: 200, keyframeMs: 1 };
  const naive = await measure(every, (world) => world.run(HOUR_MS));
  tell(report, "every frame stored (hour x 24)", scale(naive, 24));
  report.note(
    "30 KB a frame, 5 frames a second while watched; a viewer of three instances sits on",
  );
  report.note("another one than the camera; write units of 1 KiB, read units of 4 KiB");
}

async function watchDay(world: CostWorld): Promise<void> {
  const leave = world.watch();
  await world.run(24 * HOUR_MS);
  leave();
}

/** Counts one kind of time. */
export async function measure(
  options: CostWorldOptions,
  live: (world: CostWorld) => Promise<void>,
): Promise<DayCost> {
  const world = await CostWorld.make(options);
  await live(world);
  const { cost } = world;
  await world.close();
  return cost;
}

function scale(cost: DayCost, by: number): DayCost {
  return add([cost], by);
}

function add(costs: readonly DayCost[], by = 1): DayCost {
  const sum = (of: keyof DayCost) => Math.round(by * costs.reduce((all, one) => all + one[of], 0));
  return {
    uploads: sum("uploads"),
    reads: sum("reads"),
    readUnits: sum("readUnits"),
    writes: sum("writes"),
    writeUnits: sum("writeUnits"),
  };
}

function tell(report: Report, subject: string, day: DayCost): void {
  const percent = (units: number, free: number) => `${Math.round(100 * units * DAYS / free)} %`;
  report.row(subject, {
    "uploads a day": day.uploads,
    "write units a day": day.writeUnits,
    "of free writes": percent(day.writeUnits, FREE_WRITE_UNITS),
    "read units a day": day.readUnits,
    "of free reads": percent(day.readUnits, FREE_READ_UNITS),
  });
}
