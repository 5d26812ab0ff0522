// What every implementation of PeerStore must do, as one suite of tests to run over each of them.

import assert from "node:assert/strict";
import type { FakeClock } from "./fake_clock.ts";
import { contractTest, frameOf } from "./frame_store_contract.ts";
import type { FrameStore } from "../../edge/core/store/frame_store.ts";
import { type PeerStore, VIEWERS_TTL_MS } from "../../edge/core/store/peer_store.ts";

/** Instances under test, and their time. */
export interface PeersUnderTest {
  readonly clock: FakeClock;
  /** The stores of that instance over the same data. */
  open(instance: string): { readonly store: FrameStore; readonly peers: PeerStore };
  close(): Promise<void>;
}

/** Registers the suite's tests under `name`. */
export function peerStoreContract(name: string, setUp: () => Promise<PeersUnderTest>): void {
  const test = contractTest(name, setUp);

  test("a reader a few frames behind still finds what it reads", async ({ open }) => {
    const { store } = open("a");
    const seen: number[] = [];
    const stop = new AbortController();
    const reading = (async () => {
      for await (const frame of open("b").peers.watch("cam", stop.signal)) {
        assert.deepEqual(frame, frameOf(frame.version, 30_000));
        seen.push(frame.version);
        if (frame.version === 40_000) stop.abort();
      }
    })();
    for (let i = 1; i <= 40; i++) await store.put(frameOf(i * 1000, 30_000), { history: false });
    await reading;
    assert.deepEqual(seen, [...seen].sort((x, y) => x - y));
    assert.equal(new Set(seen).size, seen.length);
  });

  test("watch tells what is there, then what comes, and nothing of its own", async (under) => {
    const { open, clock } = under;
    const [a, b] = [open("a"), open("b")];
    await a.store.put(frameOf(1, 10), { history: false });
    const stop = new AbortController();
    const frames = b.peers.watch("cam", stop.signal)[Symbol.asyncIterator]();
    assert.deepEqual((await frames.next()).value, frameOf(1, 10));
    await b.store.put(frameOf(2, 10), { history: false });
    const next = frames.next();
    await clock.tick(60_000);
    await a.store.put(frameOf(3, 10), { history: false });
    assert.deepEqual((await next).value, frameOf(3, 10));
    stop.abort();
    assert.deepEqual(await frames.next(), { done: true, value: undefined });
  });

  test("viewers on other instances are counted until they leave or lapse", async (under) => {
    const { open, clock } = under;
    const [a, b, c] = [open("a"), open("b"), open("c")];
    await b.peers.setViewers("cam", 3);
    await c.peers.setViewers("cam", 4);
    await a.peers.setViewers("cam", 50);
    assert.equal(await a.peers.viewersElsewhere("cam"), 7);
    await b.peers.setViewers("cam", 0);
    assert.equal(await a.peers.viewersElsewhere("cam"), 4);
    await clock.tick(VIEWERS_TTL_MS);
    assert.equal(await a.peers.viewersElsewhere("cam"), 0);
  });

  test("viewers are counted and lapse whatever clocks are set to meanwhile", async (under) => {
    const { open, clock } = under;
    const [a, b] = [open("a"), open("b")];
    await b.peers.setViewers("cam", 3);
    for (const ms of [600_000, -1_200_000]) {
      clock.jump(ms);
      assert.equal(await a.peers.viewersElsewhere("cam"), 3);
    }
    await clock.tick(VIEWERS_TTL_MS);
    assert.equal(await a.peers.viewersElsewhere("cam"), 0);
    await b.peers.setViewers("cam", 2);
    assert.equal(await a.peers.viewersElsewhere("cam"), 2);
  });

  test("watchViewers hears the first viewer come, and a dead instance's lapse", async (under) => {
    const { open, clock } = under;
    const [a, b] = [open("a"), open("b")];
    const stop = new AbortController();
    const counts = a.peers.watchViewers("cam", stop.signal)[Symbol.asyncIterator]();
    assert.equal((await counts.next()).value, 0);
    await b.peers.setViewers("cam", 2);
    assert.equal((await counts.next()).value, 2);
    await b.peers.setViewers("cam", 0);
    assert.equal((await counts.next()).value, 0);
    await b.peers.setViewers("cam", 1);
    assert.equal((await counts.next()).value, 1);
    const lapsed = counts.next();
    await clock.tick(VIEWERS_TTL_MS);
    assert.equal((await lapsed).value, 0);
    stop.abort();
    assert.deepEqual(await counts.next(), { done: true, value: undefined });
  });
}
