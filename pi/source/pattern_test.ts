import assert from "node:assert/strict";
import sharp from "sharp";
import { FakeClock } from "../../shared/testing/fake_clock.ts";
import { createPattern, createPicture, type SceneName } from "./pattern.ts";
import { lightAt } from "./pattern_light.ts";

const SIZE = { width: 640, height: 360, fps: 5, quality: 60 };

/** A run of the pattern whose frames can be awaited one by one. */
function start(clock: FakeClock) {
  const stop = new AbortController();
  const frames: Uint8Array[] = [];
  let arrived = Promise.withResolvers<void>();
  const done = createPattern({ clock }, SIZE).run(stop.signal, (chunk) => {
    frames.push(chunk);
    arrived.resolve();
    arrived = Promise.withResolvers();
  });
  const until = async (count: number) => {
    while (frames.length < count) await arrived.promise;
    while (clock.sleeping === 0) await new Promise((resolve) => setTimeout(resolve));
    return frames[count - 1];
  };
  return { stop, frames, done, until };
}

/** How much two pictures differ in a part of them: the mean of all differences, 0 to 255. */
async function difference(
  a: Uint8Array,
  b: Uint8Array,
  part: { left: number; top: number; width: number; height: number },
): Promise<number> {
  const [one, two] = await Promise.all(
    [a, b].map((jpeg) => sharp(jpeg).extract(part).greyscale().raw().toBuffer()),
  );
  return one.reduce((sum, value, i) => sum + Math.abs(value - two[i]), 0) / one.length;
}

Deno.test("the pattern gives whole pictures, one at a time, also where its wall clock jumps", async () => {
  const clock = new FakeClock();
  const { stop, done, until, frames } = start(clock);
  const { width, height, format } = await sharp(await until(1)).metadata();
  assert.deepEqual([format, width, height], ["jpeg", SIZE.width, SIZE.height]);
  await clock.tick(199);
  assert.equal(frames.length, 1);
  clock.jump(-40 * 365 * 86_400_000);
  await clock.tick(1);
  await until(2);
  await clock.tick(200);
  await until(3);
  stop.abort();
  await done;
  assert.equal(frames.length, 3);
});

Deno.test("the pattern's clock, frame number and clouds change, its hills do not", async () => {
  const clock = new FakeClock(new Date(2026, 5, 21, 12).getTime());
  const { stop, done, until } = start(clock);
  const first = await until(1);
  clock.jump(60_000);
  await clock.tick(200);
  const second = await until(2);
  stop.abort();
  await done;
  const text = await difference(first, second, { left: 20, top: 20, width: 260, height: 40 });
  const number = await difference(first, second, { left: 560, top: 325, width: 70, height: 30 });
  const sky = await difference(first, second, { left: 0, top: 60, width: 380, height: 160 });
  const hills = await difference(first, second, { left: 200, top: 290, width: 250, height: 30 });
  assert.ok(text > 2 && number > 1 && sky > 1, `${text} ${number} ${sky}`);
  assert.ok(hills < 0.1, `${hills}`);
});

Deno.test("the whole clock is in an upright picture too", async () => {
  const draw = await createPicture(360, 640);
  const noon = new Date(2026, 5, 21, 12).getTime();
  const [a, b] = [
    await draw({ now: noon, frame: 1 }, 80),
    await draw({ now: noon + 100, frame: 1 }, 80),
  ];
  const tenths = await difference(a, b, { left: 290, top: 20, width: 50, height: 60 });
  assert.ok(tenths > 1, `${tenths}`);
});

Deno.test("a pattern that is stopped before it starts gives nothing and ends", async () => {
  const frames: Uint8Array[] = [];
  const source = createPattern({ clock: new FakeClock() }, SIZE);
  await source.run(AbortSignal.abort(), (chunk) => frames.push(chunk));
  assert.equal(frames.length, 0);
});

Deno.test("the pattern's light is that of the hour: dark at night, red in the evening", async () => {
  const look = async (scene: SceneName, hour: number) => {
    const draw = await createPicture(320, 180, scene);
    const now = new Date(2026, 5, 21, hour).getTime();
    const { channels } = await sharp(await draw({ now, frame: 1 }, 80)).stats();
    return channels.map(({ mean }) => mean);
  };
  for (const scene of ["garden", "harbour"] as const) {
    const looks = [1, 12, 19].map((hour) => look(scene, hour));
    const [night, noon, evening] = await Promise.all(looks);
    assert.ok(Math.max(...night) < 80, `${scene} ${night}`);
    assert.ok(Math.min(...noon) > 110 && noon[2] > noon[0], `${scene} ${noon}`);
    assert.ok(evening[0] > evening[2], `${scene} ${evening}`);
  }
});

Deno.test("the light never jumps, at midnight neither", () => {
  const flat = (minute: number) => {
    const { sky, land, dark, at: { y }, shine } = lightAt(minute % 1440 / 60);
    // Where one goes and the other comes neither is to be seen.
    return { body: [shine, shine * y], colours: [...sky, land].flat(), dark };
  };
  for (let minute = 0; minute < 1440; minute++) {
    const [one, next] = [flat(minute), flat(minute + 1)];
    const steps = one.colours.map((value, i) => Math.abs(value - next.colours[i]));
    assert.ok(Math.max(...steps) < 4, `colours at minute ${minute}`);
    assert.ok(Math.abs(one.dark - next.dark) < 0.02, `dark at minute ${minute}`);
    assert.ok(one.body.every((v, i) => Math.abs(v - next.body[i]) < 0.05), `body at ${minute}`);
  }
});
