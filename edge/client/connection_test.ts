// Who shares a connection, what of it an unknown or private camera takes away, and which road it takes.

import assert from "node:assert/strict";
import type { CameraStatus } from "../../shared/wire.ts";
import { baseline } from "../../shared/testing/jpegs.ts";
import { TEST_TOKEN } from "../../shared/testing/processes.ts";
import { TestEdge } from "../../shared/testing/test_edge.ts";
import { bePatient } from "../../shared/testing/wait.ts";
import { Connection, type Watcher } from "./connection.ts";
import { type Outcome, type ReceivedFrame, Refused, type Road } from "./roads.ts";

bePatient();

const VIEW_TOKEN = "a-view-token-for-tests";
const picture = await baseline(160, 120);

/** A watcher that keeps what it was told. */
class Eyes implements Watcher {
  readonly frames: ReceivedFrame[] = [];
  readonly said: string[] = [];
  status: CameraStatus | undefined;
  readonly wish: Watcher["wish"];
  readonly #connection: Connection;

  constructor(connection: Connection, cam: string, wish: Partial<Watcher["wish"]> = {}) {
    this.wish = { cam, width: () => undefined, ...wish };
    this.#connection = connection;
    connection.join(this);
  }

  onFrame(frame: ReceivedFrame): Promise<void> {
    this.frames.push(frame);
    return Promise.resolve();
  }

  onStatus(status: CameraStatus): void {
    this.status = status;
  }

  onState(): void {
    this.said.push(this.#connection.state.kind);
  }

  onPrivate(): void {
    this.said.push("private");
    this.#connection.leave(this);
  }

  leave(): void {
    this.#connection.leave(this);
  }
}

/** A real edge on a port, a connection to it, and what was asked of it. */
async function stage(env: Readonly<Record<string, string>> = {}) {
  const edge = await TestEdge.start(env);
  const asked: string[] = [];
  const loopback = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const server = Deno.serve(loopback, async (request, info) => {
    const { pathname, searchParams } = new URL(request.url);
    const answer = await edge.edge.fetch(request, info);
    asked.push(`${pathname} ${searchParams.get("cams") ?? ""} ${answer.status}`);
    return answer;
  });
  const base = `http://127.0.0.1:${server.addr.port}`;
  return {
    edge,
    base,
    asked,
    connection: new Connection(base),
    put: (cam: string) => edge.put(picture, {}, `/cams/${cam}/live.jpeg`),
    async [Symbol.asyncDispose]() {
      await edge.stop();
      await server.shutdown();
    },
  };
}

Deno.test("all who watch share one connection, and those of one turn are asked for together", async () => {
  await using set = await stage();
  const { asked, connection, edge } = set;
  for (const cam of ["a", "b", "c"]) await set.put(cam);
  const eyes = ["a", "b", "b"].map((cam) => new Eyes(connection, cam));
  await edge.until(() => eyes.every(({ frames }) => frames.length === 1));
  assert.deepEqual(asked, ["/live.stream a,b 200"]);
  const late = new Eyes(connection, "c");
  eyes[0].leave();
  await edge.until(() => late.frames.length === 1);
  assert.deepEqual(asked.slice(1), ["/live.stream b,c 200"]);
  const viewers = () => edge.edge.deps.hub.cameras.map((one) => one.status().viewers).join();
  await edge.until(() => viewers() === "0,1,1");
  for (const one of [...eyes.slice(1), late]) one.leave();
  assert.equal(connection.state.kind, "paused");
  await edge.until(() => viewers() === "0,0,0");
  assert.equal(asked.length, 2);
});

Deno.test("a camera that nobody knows takes no picture of the others away, and joins them later", async () => {
  await using set = await stage();
  const { asked, connection, edge } = set;
  await set.put("a");
  const known = new Eyes(connection, "a");
  const unknown = ["b", "-", "-"].map((cam) => new Eyes(connection, cam));
  await edge.until(() => known.frames.length > 0);
  assert.deepEqual([...new Set(asked)].toSorted(), [
    "/cams/-/embed  404",
    "/cams/a/embed  200",
    "/cams/b/embed  200",
    "/live.stream a 200",
    "/live.stream a,b,- 404",
  ]);
  for (const { status } of unknown) assert.equal(status?.state, "offline");
  await set.put("b");
  await edge.until(() => unknown[0].frames.length > 0);
  assert.ok(asked.includes("/live.stream a,b 200"));
  assert.ok(known.said.every((kind) => kind === "connecting" || kind === "open"), `${known.said}`);
  for (const one of [known, ...unknown]) one.leave();
});

Deno.test("a camera that is removed takes no picture of the others away", async () => {
  await using set = await stage();
  const { connection, edge } = set;
  for (const cam of ["a", "b"]) await set.put(cam);
  const stays = new Eyes(connection, "a");
  const goes = new Eyes(connection, "b");
  await edge.until(() => stays.frames.length > 0 && goes.frames.length > 0);
  const headers = { authorization: `Bearer ${TEST_TOKEN}` };
  assert.equal((await edge.request("/cams/b", { method: "DELETE", headers })).status, 204);
  await edge.until(() => goes.status?.version === undefined);
  const before = stays.frames.length;
  await set.put("a");
  await edge.until(() => stays.frames.length > before);
  assert.equal(connection.state.kind, "open");
  stays.leave();
  goes.leave();
});

Deno.test("private cameras come by one connection with all their links, and one without its own takes nothing away", async () => {
  await using set = await stage({ PERCH_VIEW_TOKEN: VIEW_TOKEN });
  const { asked, base, connection, edge } = set;
  const link = async (cam: string) => {
    const answer = await edge.request("/share", {
      method: "POST",
      headers: { authorization: `Bearer ${VIEW_TOKEN}` },
      body: JSON.stringify({ cam, hours: 1 }),
    });
    const { url }: { url: string } = await answer.json();
    return new URL(url, base).searchParams.get("share")!;
  };
  for (const cam of ["a", "b", "c"]) await set.put(cam);
  const links = await Promise.all(["a", "b"].map(link));
  const guests = ["a", "b"].map((cam, i) => new Eyes(connection, cam, { share: links[i] }));
  await edge.until(() => guests.every(({ frames }) => frames.length > 0));
  assert.deepEqual(asked, ["/live.stream a,b 200"]);
  const stranger = new Eyes(connection, "c", { share: guests[0].wish.share });
  await edge.until(() => stranger.said.includes("private"));
  const before = guests.map(({ frames }) => frames.length);
  for (const cam of ["a", "b", "c"]) await set.put(cam);
  await edge.until(() => guests.every(({ frames }, i) => frames.length > before[i]));
  assert.equal(stranger.frames.length, 0);
  for (const one of guests) one.leave();
});

Deno.test("an edge that refuses cameras which it knows is asked again after a pause only", async () => {
  await using set = await stage();
  const { asked, base, edge } = set;
  await set.put("a");
  const refuses: Road = () => {
    asked.push("refused");
    return Promise.reject(new Refused("no"));
  };
  const eyes = new Eyes(new Connection(base, { stream: refuses, requests: refuses }), "a");
  await edge.until(() => eyes.said.includes("retrying"));
  eyes.leave();
  const look = "/cams/a/embed  200";
  assert.deepEqual(asked, ["refused", look, "refused", look]);
});

Deno.test("a camera that nobody knows tells nothing of the edge's clock", async () => {
  await using set = await stage();
  const { asked, connection, edge } = set;
  const eyes = new Eyes(connection, "a", { known: false });
  await edge.until(() => eyes.status !== undefined);
  assert.deepEqual(eyes.status, { cam: "a", state: "offline", fps: 0, intervalMs: 0, viewers: 0 });
  await edge.until(() => connection.state.kind === "open");
  assert.ok(Math.abs(connection.clock.now() - Date.now()) < 60_000);
  assert.deepEqual(asked, ["/cams/a/embed  200"], "no error for the browser's console");
  eyes.leave();
});

/** A connection over roads that end as they are told; what it did, in order. */
async function course(...outcomes: (Outcome | "fails")[]): Promise<string[]> {
  const done: string[] = [];
  const over = Promise.withResolvers<void>();
  const road = (name: string): Road => (_base, _wanted, sink) => {
    done.push(name);
    const outcome = outcomes.shift();
    if (outcome === undefined) {
      over.resolve();
      return new Promise(() => {});
    }
    if (outcome === "fails") return Promise.reject(new Error("no answer"));
    const status = { cam: "cam", state: "live", fps: 1, intervalMs: 1000, viewers: 1 } as const;
    sink.onStatus(status, { now: Date.now(), upMs: performance.now() });
    return Promise.resolve(outcome);
  };
  const roads = { stream: road("stream"), requests: road("requests") };
  const connection = new Connection("http://edge.test", roads);
  const eyes = new Eyes(connection, "cam");
  eyes.onState = () => connection.state.kind === "retrying" && done.push("retrying");
  await over.promise;
  eyes.leave();
  return done;
}

Deno.test("the stream is left when it is late, and taken again when the line is fast", async () => {
  assert.deepEqual(await course("late", "fast"), ["stream", "requests", "stream"]);
  assert.deepEqual(await course("late", "late"), ["stream", "requests", "requests"]);
});

Deno.test("a stream that is held back is not tried again for a while", async () => {
  assert.deepEqual(await course("held", "fast"), ["stream", "requests", "requests"]);
});

Deno.test("where no stream opens requests are tried at once, then both after a pause", async () => {
  assert.deepEqual(await course("fails"), ["stream", "requests"]);
  assert.deepEqual(await course("fails", "fails"), ["stream", "requests", "retrying", "stream"]);
});

Deno.test("a connection that was lost for a moment is the same visit, one that was lost for long is not", async () => {
  const lost: (() => void)[] = [];
  const road: Road = (_base, _wanted, sink) => {
    const status = { cam: "cam", state: "live", fps: 1, intervalMs: 1000, viewers: 1 } as const;
    sink.onStatus(status, { now: Date.now(), upMs: performance.now() });
    return new Promise((_, fail) => lost.push(() => fail(new Error("lost"))));
  };
  const connection = new Connection("http://edge.test", { stream: road, requests: road });
  const eyes = new Eyes(connection, "cam");
  const comes = async (kind: string) => {
    while (connection.state.kind !== kind) await new Promise((go) => eyes.onState = () => go(kind));
    return connection.state as { readonly since: number };
  };
  const now = performance.now.bind(performance);
  let at = now();
  performance.now = () => at;
  try {
    const { since } = await comes("open");
    for (const [ms, same] of [[5000, true], [60_000, false]] as const) {
      lost.pop()!();
      await comes("retrying");
      at += ms;
      connection.retryNow();
      assert.equal((await comes("open")).since === since, same, `lost for ${ms} ms`);
    }
  } finally {
    performance.now = now;
    eyes.leave();
  }
});
