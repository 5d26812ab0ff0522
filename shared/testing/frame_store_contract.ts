// What every implementation of FrameStore must do, as one suite of tests to run over each of them.

import assert from "node:assert/strict";
import { FakeClock } from "./fake_clock.ts";
import type { Frame } from "../frame.ts";
import { nextVersion } from "../../edge/core/ingest/ingest.ts";
import type { FrameStore } from "../../edge/core/store/frame_store.ts";

/** A store under test, its time, and a way to look at the same data as another instance. */
export interface StoreUnderTest {
  readonly clock: FakeClock;
  /** How long keyframes are kept, ms. */
  readonly retentionMs: number;
  /** A store of that instance over the same data. */
  open(instance: string): FrameStore;
  /** How many entries the data holds in all. */
  entries(): Promise<number>;
  close(): Promise<void>;
}

/** Registers tests of the contract `name`, each with a `setUp` of its own that is closed after it. */
export function contractTest<T extends { close(): Promise<void> }>(
  name: string,
  setUp: () => Promise<T>,
): (title: string, run: (under: T) => Promise<void>) => void {
  return (title, run) =>
    Deno.test(`${name}: ${title}`, async () => {
      const under = await setUp();
      try {
        await run(under);
      } finally {
        await under.close();
      }
    });
}

const YEARS_MS = 10 * 365 * 24 * 3_600_000;

/** Lets half of the retention go by with a dozen keyframes. Returns what the store says of them. */
async function halfADay({ open, clock, retentionMs }: StoreUnderTest, store = open("before")) {
  for (let i = 0; i < 12; i++) {
    await clock.tick(retentionMs / 24);
    await store.put(frameOf(clock.now(), 10), { history: true });
  }
  const past = await store.history("cam", {});
  assert.equal(past.length, 12);
  return past;
}

/** Registers the suite's tests under `name`. */
export function frameStoreContract(name: string, setUp: () => Promise<StoreUnderTest>): void {
  const test = contractTest(name, setUp);

  test("a frame that was put is the newest, byte for byte", async ({ open }) => {
    const store = open("a");
    assert.equal(await store.newest("cam"), undefined);
    assert.equal(await store.head("cam"), undefined);
    const frame = frameOf(1000, 30_000);
    assert.deepEqual(await store.put(frame, { history: false }), written(frame));
    assert.deepEqual(await store.newest("cam"), frame);
    assert.deepEqual(await open("b").newest("cam"), frame);
    assert.equal((await store.head("cam"))?.size, 30_000);
    assert.deepEqual(await store.cams(), ["cam"]);
  });

  test("what is told of a camera comes back with its head, and stays where nothing is told", async (under) => {
    const store = under.open("a");
    const about = { name: "Küche", zone: "Europe/Zurich" };
    await store.put(frameOf(1, 10), { history: true, about });
    await store.put(frameOf(2, 10), { history: false });
    assert.deepEqual((await store.head("cam"))?.about, about);
    await under.open("b").put(frameOf(3, 800_000), { history: false, about: { name: "Yard" } });
    assert.equal((await store.head("cam"))?.about?.name, "Yard");
    await store.forget("cam");
    await store.put(frameOf(4, 10), { history: false });
    assert.equal((await store.head("cam"))?.about, undefined);
  });

  test("frames of every size come back whole", async ({ open }) => {
    const store = open("a");
    let version = 0;
    for (const size of [1, 65_535, 65_536, 65_537, 131_072, 700_000, 700_001, 4_194_304]) {
      const frame = frameOf(++version, size);
      assert.deepEqual(await store.put(frame, { history: false }), written(frame));
      const { jpeg, ...meta } = (await store.newest("cam"))!;
      const { jpeg: whole, ...expected } = frame;
      assert.deepEqual(meta, expected, `size ${size}`);
      // Some runtimes take seconds to compare as many bytes by `deepEqual`.
      assert.equal(jpeg.length, size);
      assert.ok(jpeg.every((byte, at) => byte === whole[at]), `size ${size}`);
    }
  });

  test("a view is stored without the buffer behind it", async ({ open }) => {
    const store = open("a");
    const whole = new Uint8Array(100_000).fill(7);
    const jpeg = whole.subarray(500, 510);
    await store.put({ ...frameOf(1, 10), jpeg }, { history: false });
    assert.equal((await store.newest("cam"))?.jpeg.buffer.byteLength, 10);
  });

  test("a version that is not newer is refused and changes nothing", async ({ open }) => {
    const store = open("a");
    const newest = frameOf(2000, 100);
    await store.put(newest, { history: false });
    for (const size of [100, 800_000]) {
      for (const version of [1999, 2000]) {
        const refused = { ok: false, newest: 2000 };
        assert.deepEqual(await store.put(frameOf(version, size), { history: true }), refused);
        assert.deepEqual(await open("b").put(frameOf(version, size), { history: true }), refused);
      }
    }
    assert.deepEqual(await store.newest("cam"), newest);
    assert.deepEqual(await store.history("cam", {}), []);
  });

  test("two writers of one camera never lose the newest", async ({ open }) => {
    const [a, b] = [open("a"), open("b")];
    for (let version = 1; version <= 20; version += 2) {
      const results = await Promise.all([
        a.put(frameOf(version, 70_000), { history: false }),
        b.put(frameOf(version + 1, 50_000), { history: false }),
      ]);
      assert.deepEqual(results[1], { ok: true, newest: version + 1 });
      assert.deepEqual(await a.newest("cam"), frameOf(version + 1, 50_000));
    }
  });

  test("cameras do not touch each other", async ({ open }) => {
    const store = open("a");
    const other = { ...frameOf(5, 100), cam: "other" };
    await store.put(other, { history: false });
    await store.put(frameOf(9, 200), { history: false });
    assert.deepEqual(await store.newest("other"), other);
    assert.deepEqual((await store.cams()).sort(), ["cam", "other"]);
  });

  test("what is stored does not grow with the number of frames", async ({ open, entries }) => {
    const store = open("a");
    for (let i = 1; i <= 20; i++) await store.put(frameOf(i * 2000, 70_000), { history: false });
    const then = await entries();
    for (let i = 21; i <= 60; i++) {
      await store.put(frameOf(i * 2000, i % 5 ? 70_000 : 750_000), { history: false });
    }
    for (let i = 61; i <= 80; i++) await store.put(frameOf(i * 2000, 70_000), { history: false });
    assert.equal(await entries(), then);
  });

  test("keyframes stay when the head has moved on", async ({ open }) => {
    const store = open("a");
    const start = Date.UTC(2026, 0, 1);
    for (let i = 0; i < 12; i++) {
      await store.put(frameOf(start + i * 1000, 70_000), { history: i % 4 === 0 });
    }
    const kept = await store.history("cam", {});
    assert.deepEqual(kept.map(({ version }) => version - start), [8000, 4000, 0]);
    for (const { version } of kept) {
      assert.deepEqual(await store.get("cam", version), frameOf(version, 70_000));
    }
    assert.equal(await store.get("cam", start + 1000), undefined);
    const range = { from: start + 1, to: start + 8000, limit: 1 };
    assert.deepEqual((await store.history("cam", range)).map((k) => k.version - start), [8000]);
    assert.deepEqual(
      (await store.history("cam", { from: start, to: start + 4000 })).length,
      2,
    );
  });

  test("keyframes past the retention go, and storage stays bounded", async (under) => {
    const { open, clock, retentionMs, entries } = under;
    const store = open("a");
    const step = retentionMs / 10;
    const sizes: number[] = [];
    for (let i = 0; i < 60; i++) {
      await clock.tick(step);
      await store.put(frameOf(clock.now(), 70_000), { history: true });
      sizes.push(await entries());
    }
    assert.ok((await store.history("cam", {})).length <= 11);
    assert.equal(sizes.at(-1), sizes[15]);
  });

  test("a clock that is years ahead for a moment does not cost the past", async (under) => {
    const { open, clock, retentionMs } = under;
    const store = open("before");
    const past = await halfADay(under, store);
    clock.jump(YEARS_MS);
    await store.put(frameOf(clock.now(), 10), { history: true });
    await store.prune("cam");
    clock.jump(-YEARS_MS);
    await store.prune("cam");
    assert.deepEqual((await store.history("cam", {})).slice(1), past);
    await clock.tick(retentionMs * 2);
    await store.prune("cam");
    assert.equal((await store.history("cam", { to: clock.now() })).length, 0);
  });

  test("an instance that starts with a clock that is years ahead costs no past", async (under) => {
    const { open, clock } = under;
    const past = await halfADay(under);
    const store = open("a");
    clock.jump(YEARS_MS);
    for (let i = 0; i < 3; i++) await store.put(frameOf(clock.now() + i, 10), { history: true });
    await store.prune("cam");
    clock.jump(-YEARS_MS);
    assert.deepEqual((await store.history("cam", {})).slice(3), past);
  });

  test("an instance that starts decades behind costs no past, whatever it stores first", async (under) => {
    const { open, clock } = under;
    const past = await halfADay(under);
    clock.jump(-4 * YEARS_MS);
    const store = open("a");
    let version = past[0].version;
    const put = async (cam: string, history: boolean) => {
      version = nextVersion(clock.now(), version);
      const frame = { ...frameOf(version, 10), cam, receivedAt: clock.now() };
      await store.put(frame, { history });
    };
    await put("new", true);
    for (let i = 0; i < 3; i++) {
      await put("cam", i > 0);
      await store.prune("cam");
    }
    clock.jump(4 * YEARS_MS);
    assert.deepEqual((await store.history("cam", {})).slice(2), past);
  });

  test("a clock that was years ahead leaves no keyframes for ever", async (under) => {
    const { open, clock, retentionMs, entries } = under;
    const store = open("a");
    let version = 0;
    const put = async () => {
      version = nextVersion(clock.now(), version);
      const frame = { ...frameOf(version, 70_000), receivedAt: clock.now() };
      await store.put(frame, { history: true });
    };
    clock.jump(YEARS_MS);
    for (let i = 0; i < 5; i++) await put();
    clock.jump(-YEARS_MS);
    const sizes: number[] = [];
    for (let i = 0; i < 60; i++) {
      await clock.tick(retentionMs / 10);
      await put();
      sizes.push(await entries());
    }
    assert.equal(sizes.at(-1), sizes[15]);
    assert.ok(sizes[15] < 100, `${sizes[15]} entries`);
  });

  test("the last picture stays, however old", async ({ open, clock, retentionMs }) => {
    const store = open("a");
    const last = frameOf(clock.now(), 70_000);
    await store.put(last, { history: true });
    await clock.tick(retentionMs * 3);
    await store.prune("cam");
    assert.deepEqual(await store.newest("cam"), last);
    assert.deepEqual(await store.history("cam", {}), []);
    await store.put(frameOf(clock.now(), 10), { history: true });
    await store.prune("cam");
    assert.equal(await store.get("cam", last.version), undefined);
  });

  test("a camera that is forgotten leaves nothing, and another one stays", async (under) => {
    const { open, clock, entries } = under;
    const [a, b] = [open("a"), open("b")];
    await b.put({ ...frameOf(clock.now(), 70_000), cam: "other" }, { history: true });
    const others = await entries();
    for (let i = 0; i < 130; i++) {
      await clock.tick(1000);
      await a.put(frameOf(clock.now(), i % 50 === 0 ? 800_000 : 70_000), { history: i % 3 > 0 });
    }
    assert.ok(await entries() > others + 100);
    await b.forget("cam");
    assert.equal(await entries(), others);
    assert.deepEqual(await a.cams(), ["other"]);
    assert.deepEqual(await a.history("cam", {}), []);
    assert.equal(await a.newest("cam"), undefined);
    const again = frameOf(clock.now() + 1, 10);
    assert.deepEqual(await a.put(again, { history: true }), written(again), "it may come again");
    assert.deepEqual(await b.newest("cam"), again);
    await b.forget("nobody");
  });

  test("state says that the store answers", async ({ open }) => {
    const store = open("a");
    await store.head("cam");
    const { kind, problem, reads, writes } = store.state;
    assert.match(kind, /^(kv|memory|sqlite)$/);
    assert.deepEqual([problem, reads, writes], [undefined, 1, 0]);
  });
}

/** What `put` gives for a frame that is newer. */
export function written({ version }: Frame): { ok: boolean; newest: number } {
  return { ok: true, newest: version };
}

/** A frame whose bytes tell its version, so that a mixture of two would show. */
export function frameOf(version: number, size: number): Frame {
  const jpeg = new Uint8Array(size);
  for (let i = 0; i < size; i++) jpeg[i] = (version + (i >> 8)) & 0xff;
  return {
    cam: "cam",
    version,
    size,
    width: 640,
    height: 480,
    capturedAt: version - 5,
    receivedAt: version,
    jpeg,
  };
}
