import assert from "node:assert/strict";
import { systemClock } from "../../../shared/clock.ts";
import { FakeClock } from "../../../shared/testing/fake_clock.ts";
import { baseline } from "../../../shared/testing/jpegs.ts";
import { KV_TOKEN, KvConnectServer } from "../../../shared/testing/kv_connect.ts";
import { TestEdge } from "../../../shared/testing/test_edge.ts";
import type { CameraHub } from "../cameras/camera.ts";
import { peerPlan } from "./peers.ts";

const frames = [await baseline(160, 120), await baseline(160, 120)];
let taken = 0;

/** A picture unlike the last. */
const next = () => frames[taken++ % 2];

const IDLE_MS = 10_000;
const ACTIVE_MS = 100;

Deno.env.set("DENO_KV_ACCESS_TOKEN", KV_TOKEN);

/** Two edges on one store, each with a clock of its own. */
class Pair implements AsyncDisposable {
  readonly a: TestEdge;
  readonly b: TestEdge;
  readonly server: KvConnectServer;

  private constructor(a: TestEdge, b: TestEdge, server: KvConnectServer) {
    this.a = a;
    this.b = b;
    this.server = server;
  }

  /** @param newestEveryMs Given where writes cost nothing. */
  static async start(newestEveryMs?: number): Promise<Pair> {
    const server = new KvConnectServer();
    const start = (instance: string) => {
      const clock = new FakeClock();
      clock.waitFor(() => server.busy);
      return TestEdge.start({}, server.url, { instance, clock, newestEveryMs });
    };
    const [a, b] = [await start("a"), await start("b")];
    // To open a store takes its time, and no time has passed yet.
    for (const { store } of [a, b]) await store.cams();
    return new Pair(a, b, server);
  }

  /**
   * Lets time go on, on both, until `wanted` holds. Returns how much went by, ms. The store's client
   * tries again in real time.
   */
  async until(
    wanted: () => boolean,
    step: () => Promise<unknown> = noStep,
    stepMs = ACTIVE_MS,
  ): Promise<number> {
    const end = performance.now() + 60_000;
    for (let ms = 0; performance.now() < end; ms += stepMs) {
      if (wanted()) return ms;
      await this.pass(stepMs, step);
      await systemClock.sleep(1);
    }
    throw new Error(`A minute went by without ${wanted}`);
  }

  /** A picture comes to A and is stored. Returns the camera on A. */
  async stored(): Promise<CameraHub> {
    await this.a.put(next());
    await this.until(() => this.a.store.state.writes > 0);
    return await cameraOf(this.a);
  }

  /** The text that `edge` answers, with time going on until it does. */
  async ask(edge: TestEdge, path: string): Promise<string> {
    let text: string | undefined;
    edge.request(path).then((response) => response.text()).then((body) => text = body);
    await this.until(() => text !== undefined);
    return text!;
  }

  /** Lets that much time go by on both, after `step`. */
  async pass(ms: number, step: () => Promise<unknown> = noStep): Promise<void> {
    await step();
    await Promise.all([this.a.clock.tick(ms), this.b.clock.tick(ms)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.a.stop();
    await this.b.stop();
    await this.server[Symbol.asyncDispose]();
  }
}

async function noStep(): Promise<void> {}

async function cameraOf(edge: TestEdge): Promise<CameraHub> {
  const camera = await edge.edge.deps.hub.find("cam");
  assert.ok(camera);
  return camera;
}

function interval(camera: CameraHub): number | undefined {
  return camera.demand.value?.interval;
}

Deno.test("a viewer on one instance wakes a camera on another and sees all of it, its leaving ends that", async () => {
  await using pair = await Pair.start();
  const { a, b } = pair;
  const onA = await pair.stored();
  await a.put(next());
  const onB = await cameraOf(b);
  assert.equal(interval(onA), IDLE_MS);
  assert.ok(onB.newestVersion < onA.newestVersion);
  const leave = onB.viewers.attach();
  await pair.until(() => onB.newestVersion === onA.newestVersion);
  await pair.until(() => interval(onA) === ACTIVE_MS);
  assert.equal(onA.viewers.all, 1);
  const before = a.store.state.writes;
  for (let i = 0; i < 20; i++) {
    await a.put(next());
    await pair.until(() => onB.newestVersion === onA.newestVersion);
  }
  assert.ok(a.store.state.writes - before >= 20, `${a.store.state.writes - before} writes`);
  leave();
  await pair.until(() => interval(onA) === IDLE_MS);
  const idle = async () => {
    for (let i = 0; i < 7; i++) await pair.pass(IDLE_MS, () => a.put(next()));
    return a.store.state.writes;
  };
  // On a slow machine A took the camera for one that others share, which it does for a minute.
  const writes = await idle();
  assert.ok(await idle() - writes <= 1, `${a.store.state.writes - writes} writes`);
});

Deno.test("an instance that a camera has just come to asks at once who watches elsewhere", async () => {
  await using pair = await Pair.start();
  const { b } = pair;
  await pair.stored();
  const onB = await cameraOf(b);
  onB.viewers.attach();
  const c = await TestEdge.start({}, pair.server.url, { instance: "c", clock: new FakeClock() });
  const onC = await cameraOf(c);
  await c.put(next());
  // No time goes by at C.
  await pair.until(() => onC.viewers.elsewhere === 1);
  await c.put(next());
  await pair.until(() => onB.newestVersion === onC.newestVersion);
  await c.stop();
});

Deno.test("a camera moves to an instance with a slower clock and viewers see a gap only", async () => {
  await using pair = await Pair.start();
  const { a, b } = pair;
  b.clock.jump(-2000);
  const onA = await (await a.put(next()), cameraOf(a));
  onA.viewers.attach();
  const versions: number[] = [];
  onA.latest.onSet(({ value }) => versions.push(value.version));
  for (let i = 0; i < 5; i++) await pair.until(() => versions.length > i, () => a.put(next()));
  // B had the camera before, so that it does not look into the store for the newest version.
  const onB = await cameraOf(b);
  const before = versions.length;
  const gap = await pair.until(() => versions.length > before, () => b.put(next()));
  assert.ok(gap <= 4000, `the gap is ${gap} ms`);
  await pair.until(() => versions.length > before + 10, () => b.put(next()));
  assert.deepEqual(versions, [...new Set(versions)].sort((x, y) => x - y));
  assert.equal(interval(onB), ACTIVE_MS);
  // And back.
  const then = versions.length;
  await pair.until(() => versions.length > then + 5, () => a.put(next()));
  assert.deepEqual(versions, [...new Set(versions)].sort((x, y) => x - y));
});

Deno.test("the instance that lost a camera knows that it lives on elsewhere", async () => {
  await using pair = await Pair.start();
  const { a, b } = pair;
  await pair.stored();
  await pair.pass(10_000);
  await b.put(next());
  const onB = await cameraOf(b);
  for (let i = 0; i < 4; i++) await pair.pass(15_000, () => b.put(next()));
  assert.equal(await pair.ask(a, "/health"), "ok\n");
  assert.ok((await cameraOf(a)).newestVersion > 0 && onB.newestVersion > 0);
});

Deno.test("an instance hears from the next upload that another one took the last", async () => {
  await using pair = await Pair.start();
  const { a, b } = pair;
  const last = async (edge: TestEdge, etag: string | null) =>
    (await edge.put(next(), etag === null ? {} : { "perch-last": etag })).headers.get("etag");
  const onB = await (await last(b, null), cameraOf(b));
  // Else A, at the same time, may make a picture of the same version, which is not stored.
  await pair.until(() => b.store.state.writes > 0);
  let etag = await last(a, null);
  const onA = await cameraOf(a);
  await pair.until(() => a.store.state.writes > 0);
  // No time goes by until A has the next picture: for two seconds it waits for the camera to hurry.
  onA.viewers.attach();
  assert.equal(interval(onB), IDLE_MS);
  etag = await last(a, etag);
  assert.equal(onA.contact.shared, false);
  etag = await last(b, etag);
  await last(a, etag);
  assert.equal(onA.contact.shared, true);
  const heard = await pair.until(() => interval(onB) === ACTIVE_MS);
  assert.ok(heard < 2000, `B heard of the viewer after ${heard} ms`);
});

Deno.test("an instance that receives and is watched shows each frame once", async () => {
  await using pair = await Pair.start();
  const { a, b } = pair;
  const onA = await pair.stored();
  const onB = await cameraOf(b);
  onA.viewers.attach();
  onB.viewers.attach();
  await pair.until(() => onA.viewers.elsewhere === 1);
  let shown = 0;
  onA.latest.onSet(() => shown++);
  let put = 0;
  await pair.until(() => put >= 20, () => (put++, a.put(next())));
  assert.equal(shown, put);
  await pair.until(() => onB.newestVersion === onA.newestVersion);
});

Deno.test("what comes from other instances is listened to again after it failed", async () => {
  await using pair = await Pair.start();
  const { a, b } = pair;
  const { watch, watchViewers } = a.peers;
  let failures = 0;
  const broken = <T>() => ({
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.reject<IteratorResult<T>>(new Error(`broken ${++failures}`)),
    }),
  });
  Object.assign(a.peers, { watch: broken, watchViewers: broken });
  await a.put(next());
  const onA = await cameraOf(a);
  onA.viewers.attach();
  await pair.until(() => failures > 1);
  await pair.pass(10_000);
  const line = "could not hear who watches cam elsewhere; frames go on from memory";
  assert.ok(a.lines.includes(line), a.lines.join());
  Object.assign(a.peers, { watch, watchViewers });
  await b.put(next());
  const onB = await cameraOf(b);
  onB.viewers.attach();
  await pair.until(() => onA.viewers.elsewhere === 1, () => b.put(next()));
  await pair.until(() => onA.newestVersion === onB.newestVersion);
});

Deno.test("viewers of an instance that died without a goodbye lapse", async () => {
  await using pair = await Pair.start();
  const { b } = pair;
  const onA = await pair.stored();
  (await cameraOf(b)).viewers.attach();
  await pair.until(() => onA.viewers.elsewhere === 1);
  b.store.close();
  const lapsed = await pair.until(() => onA.viewers.elsewhere === 0, noStep, 1000);
  assert.ok(lapsed <= 90_000, `it took ${lapsed} ms`);
  assert.equal(interval(onA), IDLE_MS);
});

Deno.test("while the store is away nobody is counted whose record would have lapsed", async () => {
  await using pair = await Pair.start();
  const { a, b, server } = pair;
  const onA = await pair.stored();
  (await cameraOf(b)).viewers.attach();
  await pair.until(() => onA.viewers.elsewhere === 1);
  server.fail();
  // Uploads go on, or nobody would be listened for.
  const lapsed = await pair.until(() => onA.viewers.elsewhere === 0, () => a.put(next()), 1000);
  assert.ok(lapsed >= 30_000 && lapsed <= 90_000, `it took ${lapsed} ms`);
  assert.equal(interval(onA), IDLE_MS);
  server.recover();
  await pair.until(() => interval(onA) === ACTIVE_MS, () => a.put(next()));
});

Deno.test("a camera that listens on one instance hears of viewers where it uploads", async () => {
  await using pair = await Pair.start();
  const { b } = pair;
  const onA = await pair.stored();
  const onB = await cameraOf(b);
  const hangUp = onB.contact.listen();
  onA.viewers.attach();
  await pair.until(() => interval(onB) === ACTIVE_MS);
  hangUp();
});

Deno.test("with the store down viewers where the camera is notice nothing, others go on after it", async () => {
  await using pair = await Pair.start();
  const { a, b, server } = pair;
  const health = (edge: TestEdge) => pair.ask(edge, "/health");
  const onA = await pair.stored();
  const onB = await cameraOf(b);
  onB.viewers.attach();
  const asleep = onB.newestVersion;
  await pair.until(() => onB.newestVersion > asleep, () => a.put(next()));
  server.fail();
  let shown = 0;
  onA.latest.onSet(() => shown++);
  let put = 0;
  await pair.until(() => put >= 60, () => (put++, a.put(next())), 1000);
  assert.equal(shown, 60);
  assert.match(await health(a), /^store: /);
  assert.ok(onB.newestVersion < onA.newestVersion);
  const lost = onA.newestVersion;
  server.recover();
  await pair.until(() => onB.newestVersion > lost, () => a.put(next()));
  assert.equal(await health(a), "ok\n");
});

Deno.test("an instance without the camera raises no alarm while all is well elsewhere", async () => {
  await using pair = await Pair.start(2000);
  const { a, b } = pair;
  const health = (edge: TestEdge) => pair.ask(edge, "/health");
  await pair.stored();
  for (let minute = 0; minute < 12; minute++) {
    for (let i = 0; i < 3; i++) await pair.pass(20_000, () => a.put(next()));
    assert.equal(await health(b), "ok\n");
  }
  for (let minute = 0; minute < 3; minute++) await pair.pass(60_000);
  // What was stored when the camera fell silent says so.
  for (const edge of [a, b]) assert.match(await health(edge), /^stale: cam/);
});

Deno.test("peerPlan does nothing that costs where nothing needs it", () => {
  const cases = [
    ["nobody watches, the camera is elsewhere", [], 0, 0, ""],
    ["nobody watches, the camera is here", ["receiving", "reached", "inTouch"], 0, 0, "v"],
    ["watched, the camera is elsewhere", [], 1, 0, "tell frames"],
    ["watched, the camera is here and knows", ["receiving", "reached", "inTouch"], 1, 0, "v"],
    ["frames come here but the camera listens elsewhere", ["receiving", "inTouch"], 1, 0, "tell v"],
    ["here and elsewhere", ["receiving", "reached", "inTouch"], 1, 2, "tell frames v"],
    ["in turn", ["receiving", "reached", "inTouch", "shared"], 1, 0, "tell frames v"],
    ["the camera asks here but uploads elsewhere", ["reached", "inTouch"], 1, 0, "tell frames v"],
  ] as const;
  const quiet = { receiving: false, reached: false, inTouch: false, shared: false };
  for (const [title, contact, here, elsewhere, expected] of cases) {
    const known = Object.fromEntries(contact.map((name) => [name, true]));
    const plan = peerPlan({ here, elsewhere }, { ...quiet, ...known });
    const got = [plan.tell && "tell", plan.watchFrames && "frames", plan.watchViewers && "v"];
    assert.equal(got.filter(Boolean).join(" "), expected, title);
  }
});
