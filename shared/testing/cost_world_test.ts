import assert from "node:assert/strict";
import { CostWorld } from "./cost_world.ts";

const HOUR_MS = 3_600_000;
const DEFAULTS = { fps: 5, idleIntervalMs: 10_000, keyframeMs: 300_000 };

Deno.test("a day that nobody watches costs less than 12,000 write units and 9,000 uploads", async () => {
  const world = await CostWorld.make({ ...DEFAULTS, instances: 1 });
  await world.run(6 * HOUR_MS);
  const { uploads, writeUnits } = world.cost;
  await world.close();
  assert.ok(4 * writeUnits <= 12_000, `${4 * writeUnits} write units`);
  assert.ok(4 * uploads <= 9000, `${4 * uploads} uploads`);
});

Deno.test("viewers where the camera is cost no writes but a hello and a goodbye", async () => {
  const costs: number[] = [];
  for (const watched of [false, true]) {
    const world = await CostWorld.make({ ...DEFAULTS, instances: 1 });
    if (watched) world.watch();
    await world.run(HOUR_MS / 4);
    costs.push(world.cost.writes);
    await world.close();
  }
  assert.ok(costs[1] - costs[0] <= 2, `${costs} writes`);
});

Deno.test("frames are stored one by one only while somebody watches elsewhere", async () => {
  const world = await CostWorld.make({ ...DEFAULTS, instances: 3 });
  const leave = world.watch();
  await world.run(10_000);
  assert.ok(world.cost.writes >= 40, `${world.cost.writes} writes`);
  leave();
  await world.run(10_000);
  const { writes } = world.cost;
  await world.run(60_000);
  assert.ok(world.cost.writes - writes <= 1, `${world.cost.writes - writes} writes`);
  await world.close();
});
