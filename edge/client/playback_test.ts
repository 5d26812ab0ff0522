import assert from "node:assert/strict";
import type { FrameMeta } from "../../shared/frame.ts";
import { fc } from "../../shared/testing/properties.ts";
import type { CameraStatus } from "../../shared/wire.ts";
import type { Connection } from "./connection.ts";
import { LiveView } from "./live_view.ts";
import { type Jpeg, Painter } from "./painter.ts";
import { type Action, afterAction, type Playback, Player } from "./playback.ts";

const NOW = Date.now();
// Time stands: where it passes, a picture may be old before the next line is run.
Date.now = () => NOW;
performance.now = () => 0;

/** A day of pictures, one an hour. A picture's only byte tells which it is; live ones are from 100 on. */
const DAY: readonly FrameMeta[] = Array.from({ length: 24 }, (_, i) => {
  const at = NOW - (24 - i) * 3_600_000;
  return { version: at, size: 1, width: 16, height: 9, capturedAt: at, receivedAt: at };
});

const STATUS: CameraStatus = { cam: "cam", state: "live", fps: 5, intervalMs: 200, viewers: 1 };

/** A page without a browser: real player, view and painter; what takes time is asked of `slow`. */
class Page {
  readonly player: Player;
  readonly live: LiveView;
  /** What the canvas shows. */
  canvas: number | undefined;
  #sent = 100;

  constructor(slow: <T>(value: T) => Promise<T>, broken: readonly number[] = []) {
    const surface = { drawImage: ({ width }: ImageBitmap) => this.canvas = width };
    const canvas = { getContext: () => surface } as unknown as HTMLCanvasElement;
    const connection = {
      state: { kind: "open", road: "stream", since: 0 },
      clock: { now: () => NOW },
      join: () => {},
      leave: () => {},
    } as unknown as Connection;
    this.live = new LiveView({
      cam: "cam",
      canvas,
      connection,
      width: () => undefined,
      onChange: () => {},
      onDrawn: () => this.player.liveDrawn(),
    });
    const decode = (jpeg: Jpeg) => slow({ width: jpeg[0], height: 1 } as ImageBitmap);
    Object.assign(this.live, { painter: new Painter(canvas, decode) });
    const picture = async (version: number) => {
      const index = DAY.findIndex((one) => one.version === version);
      await slow(undefined);
      if (broken.includes(index)) throw new Error("gone");
      return new Uint8Array([index]);
    };
    const past = { frames: DAY, picture };
    this.player = new Player(this.live, past, () => this.wake(), undefined, () => slow(undefined));
    this.wake();
  }

  wake(): void {
    if (this.player.watching) this.live.watch();
    else this.live.rest();
  }

  /** The camera sends a picture, which comes where somebody watches. */
  send(): void {
    if (this.live.state.kind === "paused") return;
    const at = NOW + this.#sent;
    this.live.onStatus({ ...STATUS, version: at }, 0);
    const jpeg = new Uint8Array([this.#sent++]);
    void this.live.onFrame({ cam: "cam", jpeg, version: at, capturedAt: at, receivedAt: at });
  }

  /** Words, clock, picture and what would be saved are of one picture. */
  check(done: string): void {
    const { shown, past } = this.player;
    if (!shown) return;
    const words = this.player.words(NOW);
    const seen = this.canvas!;
    assert.equal(shown.jpeg[0], seen, `saved is what is seen, after ${done}`);
    assert.equal(past !== undefined, seen < 100, `words are of what is seen, after ${done}`);
    assert.equal(words.kind === "past", seen < 100, `words are of what is seen, after ${done}`);
    if (past) assert.equal(shown.takenAt, DAY[seen].receivedAt, `the clock, after ${done}`);
  }
}

const actions = fc.oneof(
  fc.constantFrom<(Action | "send" | "settle")[]>("live", "toggle", "day", "send", "settle"),
  fc.integer({ min: -1, max: 24 }),
);

Deno.test("words, clock, picture and saved file agree whatever is done, and back to live ends live", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(actions, { maxLength: 40 }),
      fc.array(fc.integer({ min: 0, max: 23 }), { maxLength: 3 }),
      async (scheduler, list, broken) => {
        const page = new Page((value) => scheduler.schedule(Promise.resolve(value)), broken);
        const done: unknown[] = [];
        const settle = async () => {
          await scheduler.waitIdle();
          page.check(done.join());
        };
        for (const action of ["send", ...list, "live"] as const) {
          done.push(action);
          if (action === "send") page.send();
          else if (action !== "settle") page.player.do(action);
          else await settle();
          // As far as it comes before the next one.
          if (scheduler.count() > 0) await scheduler.waitOne();
          await new Promise((go) => setTimeout(go));
          page.check(done.join());
        }
        await settle();
        assert.ok(page.canvas! >= 100, `a live picture is seen, after ${done}`);
        assert.equal(page.player.words(NOW).kind, "live", `it is called so, after ${done}`);
      },
    ),
    { numRuns: 120 },
  );
});

const past = (index: number, playing = false): Playback => ({
  kind: "past",
  version: DAY[index].version,
  playing,
});

const CASES: readonly [string, Playback, Action, Playback][] = [
  ["pause holds live still", { kind: "live" }, "toggle", { kind: "paused" }],
  ["play goes on live", { kind: "paused" }, "toggle", { kind: "live" }],
  ["pause halts the film", past(7, true), "toggle", past(7)],
  ["play goes on with the film where it stands", past(7), "toggle", past(7, true)],
  ["the day begins with its first picture", { kind: "live" }, "day", past(0, true)],
  ["the day goes on from the picture that is shown", past(7), "day", past(7, true)],
  ["a picture is shown still", past(7, true), 9, past(9)],
  ["before the first picture is none", past(0), -1, past(0)],
  ["behind the last picture is live", past(23), 24, { kind: "live" }],
  ["back to live", past(7, true), "live", { kind: "live" }],
  ["back to live from a live picture held still", { kind: "paused" }, "live", { kind: "live" }],
];

for (const [name, before, action, wanted] of CASES) {
  Deno.test(`playback: ${name}`, () => assert.deepEqual(afterAction(before, action, DAY), wanted));
}

Deno.test("a film plays to its end and is live, and one that was halted stays where it is", async () => {
  const page = new Page((value) => new Promise((go) => setTimeout(go, 0, value)));
  const shows = async (holds: () => boolean) => {
    for (let i = 0; i < 1000 && !holds(); i++) await new Promise((go) => setTimeout(go));
    assert.ok(holds());
  };
  page.send();
  page.player.do("day");
  await shows(() => page.canvas === 5);
  page.player.do("toggle");
  await shows(() => page.player.words(NOW).kind === "past" && page.player.past !== undefined);
  const halted = page.canvas;
  for (let i = 0; i < 20; i++) await new Promise((go) => setTimeout(go));
  assert.ok(page.canvas! - halted! <= 1);
  page.player.do("toggle");
  await shows(() => page.player.wanted.kind === "live" && page.canvas === 100);
});
