// What an uploader decides, against a transport that a test drives by hand.

import assert from "node:assert/strict";
import { Latest } from "../../shared/latest.ts";
import { FakeClock } from "../../shared/testing/fake_clock.ts";
import { fakeLog } from "../../shared/testing/fake_log.ts";
import { untilAborted } from "../../shared/timeout.ts";
import type { CapturedFrame } from "../capture.ts";
import type { Transport, UploadResult } from "./transport.ts";
import { Uploader } from "./uploader.ts";

const OK: UploadResult = { kind: "accepted", demand: { interval: 200, viewers: 1 } };
const IDLE: UploadResult = { kind: "accepted", demand: { interval: 10_000, viewers: 0 } };
const LOST: UploadResult = { kind: "failed", detail: "connection refused" };

class HandTransport implements Transport {
  readonly asksFrom = (interval: number) => interval >= 1000 && interval < 300_000;
  /** Frames sent, with the time. */
  readonly sent: { n: number; at: number }[] = [];
  readonly asked: number[] = [];
  probes = 0;
  renewals = 0;
  inFlight = 0;
  /** What a frame gets; undefined never answers. */
  answer: UploadResult | undefined = OK;
  probeAnswer: UploadResult | undefined = OK;
  #demand: ((result: UploadResult) => void) | undefined;

  constructor(readonly clock: FakeClock) {}

  async send(frame: CapturedFrame, signal: AbortSignal): Promise<UploadResult> {
    this.sent.push({ n: frame.n, at: this.clock.monotonic() });
    assert.equal(++this.inFlight, 1, "two frames in flight");
    const result = this.answer ?? await silence(signal);
    this.inFlight--;
    return result;
  }

  async probe(signal: AbortSignal): Promise<UploadResult> {
    this.probes++;
    return this.probeAnswer ?? await silence(signal);
  }

  async awaitDemand(interval: number, signal: AbortSignal): Promise<UploadResult> {
    this.asked.push(interval);
    const told = new Promise<UploadResult>((resolve) => this.#demand = resolve);
    return await Promise.race([told, silence(signal)]);
  }

  tell(interval: number): void {
    this.#demand?.({ kind: "accepted", demand: { interval, viewers: 1 } });
  }

  breakDemand(): void {
    this.#demand?.(LOST);
  }

  renew(): void {
    this.renewals++;
  }

  close(): void {}
}

/** Never answers. */
async function silence(signal: AbortSignal): Promise<UploadResult> {
  await untilAborted(signal);
  return { kind: "failed", detail: "no answer" };
}

interface Stage {
  readonly clock: FakeClock;
  readonly transport: HandTransport;
  readonly uploader: Uploader;
  readonly lines: string[];
  readonly frames: Latest<CapturedFrame>;
  /** Lets time pass with a frame each `every` ms; with the same one again where it is given. */
  film(ms: number, every?: number, jpeg?: Uint8Array<ArrayBuffer>): Promise<void>;
}

/** Said once in a run, when the edge has taken a frame. */
const FIRST = "the edge has the first picture: watch at https://a.example/";

async function onStage(
  test: (stage: Stage) => Promise<void>,
  camera?: { want(frames: boolean): void },
): Promise<void> {
  const clock = new FakeClock();
  const transport = new HandTransport(clock);
  const frames = new Latest<CapturedFrame>();
  const { lines, log } = fakeLog();
  const [random, page] = [() => 0.5, "https://a.example/"];
  const uploader = new Uploader({ clock, log, random, transport, frames, page, camera });
  const film = async (ms: number, every = 100, same?: Uint8Array<ArrayBuffer>) => {
    for (let passed = 0; passed < ms; passed += every) {
      const jpeg = same?.slice() ?? new Uint8Array(1000).fill(frames.seq);
      const [capturedAt, takenAt] = [clock.now(), clock.monotonic()];
      frames.set({ jpeg, capturedAt, takenAt, n: frames.seq + 1 });
      await clock.tick(every);
    }
  };
  const stop = new AbortController();
  const running = uploader.run(stop.signal);
  await test({ clock, transport, uploader, lines, frames, film });
  stop.abort();
  await running;
}

const gaps = (sent: readonly { at: number }[]) =>
  sent.slice(1).map(({ at }, index) => at - sent[index].at);

Deno.test("frames leave at the interval the edge wants, the newest each time", () =>
  onStage(async ({ transport, film, uploader }) => {
    await film(2000);
    assert.deepEqual(gaps(transport.sent), Array(10).fill(200));
    assert.deepEqual(transport.sent.map(({ n }) => n), [1, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20]);
    assert.equal(uploader.counts.sent, 11);
    assert.equal(uploader.counts.sentBytes, 11_000);
  }));

Deno.test("a picture that does not change goes to the edge every 3 s, and at once where it may be lost", () =>
  onStage(async ({ transport, film }) => {
    const jpeg = new Uint8Array(1000);
    await film(9400, 200, jpeg);
    assert.deepEqual(gaps(transport.sent), [3000, 3000, 3000]);
    jpeg[999] = 1;
    await film(400, 200, jpeg);
    assert.equal(transport.sent.length, 5);
    transport.answer = LOST;
    await film(3000, 200, jpeg);
    transport.answer = OK;
    await film(2000, 200, jpeg);
    const [lost, again] = gaps(transport.sent).slice(4);
    assert.equal(lost, 3000);
    assert.ok(again < 2000, `${again}`);
  }));

Deno.test("no frame is sent twice, however slow the camera is", () =>
  onStage(async ({ transport, film }) => {
    await film(10_000, 1000);
    assert.deepEqual(transport.sent.map(({ n }) => n), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  }));

Deno.test("while idle it asks for demand, and a viewer gets a frame at once", () =>
  onStage(async ({ transport, film, clock }) => {
    transport.answer = IDLE;
    await film(25_000, 1000);
    assert.deepEqual(gaps(transport.sent), [10_000, 10_000]);
    assert.equal(transport.asked.length, 1);
    transport.answer = OK;
    transport.tell(200);
    await clock.tick(0);
    assert.equal(transport.sent.length, 4);
    await film(1000);
    assert.deepEqual(gaps(transport.sent).slice(3), Array(5).fill(200));
  }));

Deno.test("an answer to the question for demand that brings no news is asked again gently", () =>
  onStage(async ({ transport, film, clock }) => {
    transport.answer = IDLE;
    await film(500);
    const before = transport.asked.length;
    for (let n = 0; n < 100; n++) {
      transport.tell(10_000);
      await clock.tick(50);
    }
    assert.ok(transport.asked.length - before <= 6, `${transport.asked.length - before} questions`);
  }));

Deno.test("a lost connection is tried again each second, and the newest frame goes first", () =>
  onStage(async ({ transport, film, lines, frames }) => {
    await film(1000);
    transport.answer = transport.probeAnswer = LOST;
    await film(60_000, 1000);
    const sent = transport.sent.length;
    assert.ok(transport.probes >= 50 && transport.probes <= 80, `${transport.probes} probes`);
    transport.answer = transport.probeAnswer = OK;
    await film(1200);
    assert.ok(transport.sent.length > sent);
    assert.ok(frames.seq - transport.sent[sent].n <= 12);
    assert.deepEqual(lines, [
      FIRST,
      "the edge cannot be reached: connection refused",
      "the edge takes frames again",
    ]);
  }));

Deno.test("a network that swallows everything is noticed in 2 s, its return within 2 s", () =>
  onStage(async ({ transport, film }) => {
    await film(3000);
    transport.answer = transport.probeAnswer = undefined;
    await film(2300);
    assert.equal(transport.renewals, 1);
    await film(60_000, 1000);
    const sent = transport.sent.length;
    transport.answer = transport.probeAnswer = OK;
    await film(2000);
    assert.ok(transport.sent.length > sent);
  }));

Deno.test("a network that lets only small requests through gets about a frame a second", () =>
  onStage(async ({ transport, film, lines }) => {
    await film(1000);
    transport.sent.length = 0;
    transport.answer = LOST;
    await film(10_000, 50);
    const { length } = transport.sent;
    assert.ok(length >= 8 && length <= 11, `${length}`);
    assert.equal(lines.filter((line) => line !== FIRST).length, 1, lines.join("\n"));
    transport.answer = OK;
    await film(2000, 50);
    assert.match(lines.at(-1)!, /takes frames again/);
  }));

Deno.test("a picture from before a long outage is not sent as if it were now", () =>
  onStage(async ({ transport, film, clock }) => {
    await film(1000);
    transport.answer = transport.probeAnswer = LOST;
    await film(1000);
    await clock.tick(60_000);
    transport.answer = transport.probeAnswer = OK;
    const sent = transport.sent.length;
    await clock.tick(2000);
    assert.equal(transport.sent.length, sent);
    await film(100);
    assert.equal(transport.sent.length, sent + 1);
  }));

Deno.test("a slow network keeps its probes: the late answer counts", () =>
  onStage(async ({ transport, film, clock }) => {
    await film(1000);
    transport.answer = LOST;
    const late = Promise.withResolvers<UploadResult>();
    transport.probe = () => late.promise;
    await film(4000);
    transport.answer = OK;
    const sent = transport.sent.length;
    late.resolve(OK);
    await clock.tick(0);
    assert.equal(transport.sent.length, sent + 1);
  }));

Deno.test("a refused token is said loudly once and tried every half minute, without frames", () =>
  onStage(async ({ transport, film, lines }) => {
    const refused: UploadResult = { kind: "refused", status: 401, detail: "The token is unknown." };
    transport.answer = transport.probeAnswer = refused;
    await film(95_000, 1000);
    assert.equal(transport.sent.length, 1);
    assert.equal(transport.probes, 3);
    assert.deepEqual(lines, [
      "the edge refuses this camera: check PERCH_URL, PERCH_TOKEN and PERCH_CAM: " +
      "401 The token is unknown.",
    ]);
    transport.answer = transport.probeAnswer = OK;
    await film(33_000, 1000);
    assert.ok(transport.sent.length > 2);
  }));

Deno.test("a frame the edge does not want is counted, and the next one sent", () =>
  onStage(async ({ transport, film, uploader, lines }) => {
    await film(100);
    transport.answer = { kind: "skipped", status: 409, detail: "Late." };
    await film(400);
    assert.equal(uploader.counts.skipped, 2);
    transport.answer = OK;
    await film(500);
    assert.deepEqual(gaps(transport.sent), Array(5).fill(200));
    assert.deepEqual(lines, [FIRST, "the edge did not take a frame"]);
  }));

Deno.test("an edge that wants none of the frames is not flooded with them", () =>
  onStage(async ({ transport, film, uploader, lines }) => {
    transport.answer = { kind: "skipped", status: 413, detail: "Too large." };
    await film(120_000, 2000);
    assert.ok(uploader.counts.skipped < 14, `${uploader.counts.skipped} frames`);
    assert.equal(lines.length, 1);
    transport.answer = OK;
    await film(30_000, 2000);
    const sent = transport.sent.length;
    await film(2000);
    assert.ok(transport.sent.length - sent >= 9);
  }));

Deno.test("an edge that is busy is given the time it asks for", () =>
  onStage(async ({ transport, film }) => {
    transport.answer = { kind: "busy", status: 503, detail: "Full.", retryMs: 7000 };
    await film(20_000, 1000);
    assert.ok(gaps(transport.sent).every((gap) => gap >= 7000), `${gaps(transport.sent)}`);
    assert.ok(transport.sent.length >= 2);
  }));

Deno.test("a broken question for demand is trouble too, and a wake-up after it still works", () =>
  onStage(async ({ transport, film, clock }) => {
    transport.answer = transport.probeAnswer = IDLE;
    await film(1000);
    transport.probeAnswer = LOST;
    transport.breakDemand();
    await film(3000);
    assert.ok(transport.probes >= 3);
    transport.probeAnswer = IDLE;
    assert.equal(transport.sent.length, 1);
    await film(1500);
    assert.equal(transport.sent.length, 2, "a frame shows at once that all is well");
    const sent = transport.sent.length;
    transport.answer = OK;
    transport.tell(200);
    await clock.tick(0);
    assert.equal(transport.sent.length, sent + 1);
  }));

Deno.test("a wall clock that jumps changes nothing about when frames leave", () =>
  onStage(async ({ transport, film, clock }) => {
    await film(1000);
    clock.jump(10 * 365 * 86_400_000);
    await film(1000);
    clock.jump(-20 * 365 * 86_400_000);
    await film(1000);
    assert.deepEqual(gaps(transport.sent), Array(15).fill(200));
  }));

Deno.test("a camera that may rest does so while no frame is due for long", async () => {
  const wants: boolean[] = [];
  await onStage(async ({ transport, film }) => {
    transport.answer = { kind: "accepted", demand: { interval: 7000, viewers: 0 } };
    await film(500);
    assert.deepEqual(wants, [true]);
    await film(7000);
    transport.answer = IDLE;
    await film(14_000);
    assert.equal(wants.at(-1), false);
    await film(10_000);
    assert.ok(wants.lastIndexOf(true) > wants.indexOf(false));
  }, { want: (frames) => wants.push(frames) });
});

Deno.test("with a frame in five minutes nothing is asked in between, so that the edge may sleep", () =>
  onStage(async ({ transport, film }) => {
    transport.answer = { kind: "accepted", demand: { interval: 300_000, viewers: 0 } };
    await film(600_001, 10_000);
    assert.deepEqual(transport.asked, []);
    assert.equal(transport.sent.length, 3);
    assert.equal(transport.probes, 0);
  }));
