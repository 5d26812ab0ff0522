import assert from "node:assert/strict";
import { fc } from "../../../shared/testing/properties.ts";
import { FakeClock } from "../../../shared/testing/fake_clock.ts";
import { encodeAck } from "../../../shared/testing/clients.ts";
import { readFrameHeader } from "../../../shared/wire_frame.ts";
import { CameraHub } from "../cameras/camera.ts";
import { FanOut } from "./fan_out.ts";
import { FrameBuffer } from "../ingest/ingest.ts";
import type { PlatformSocket } from "../platform.ts";
import {
  INITIAL_WINDOW,
  MAX_WINDOW,
  nextWindow,
  socketViewer,
  type WindowState,
} from "./socket.ts";

class FakeSocket {
  readyState: PlatformSocket["readyState"] = 1;
  readonly texts: string[] = [];
  readonly frames: Uint8Array[] = [];
  closed: number | undefined;
  /** Set by tests whose line takes nothing. */
  stuck = false;
  bufferedAmount = 0;
  send(data: unknown): void {
    if (this.stuck) this.bufferedAmount += (data as string | Uint8Array).length;
    if (typeof data === "string") this.texts.push(data);
    else this.frames.push(data as Uint8Array);
  }
  close(code: number): void {
    this.closed = code;
    this.readyState = 3;
  }
}

function setUp(cams = ["cam"], jpeg = new Uint8Array([1, 2, 3])) {
  const clock = new FakeClock();
  const cameras = cams.map((cam, i) =>
    new CameraHub(cam, i, {
      ...{ clock, fps: 10, idleIntervalMs: 10_000, staleMs: 30_000, storeLagMs: 300_000 },
      partTail: new Uint8Array(),
    })
  );
  const socket = new FakeSocket();
  const viewer = socketViewer(
    socket,
    cameras.map((camera) => ({ camera, frames: camera.latest, release: () => {} })),
    { fanOut: new FanOut({ soon: (work) => work(), now: () => 0, onFault: assert.fail }), clock },
  );
  let version = 0;
  const publish = (camera = cameras[0]) => {
    const times = { capturedAt: clock.now(), receivedAt: clock.now() };
    const meta = { version: ++version, size: jpeg.length, width: 2, height: 1, ...times };
    const buffer = FrameBuffer.of(jpeg, new Uint8Array(9));
    buffer.jpeg[0] = version;
    return camera.publish(buffer, meta);
  };
  const sent = () => socket.frames.map((frame) => readFrameHeader(frame)!.version);
  const ack = (version: number, camera = 0) =>
    viewer.receive(encodeAck({ camera, version }).buffer);
  return { clock, cameras, socket, viewer, publish, sent, ack };
}

Deno.test("a viewer is greeted with the cameras' numbers and gets the newest frame at once", () => {
  const { viewer, socket, publish } = setUp();
  const frame = publish();
  viewer.start();
  const hello = JSON.parse(socket.texts[0]);
  assert.equal(hello.type, "hello");
  assert.deepEqual(hello.cams.map((one: { camera: number }) => one.camera), [0]);
  assert.equal(socket.frames[0], frame.record, "the frame's own bytes, not a copy");
});

Deno.test("the next frame goes out only when the last was drawn, and is the newest then", () => {
  const { viewer, publish, sent, ack, cameras } = setUp();
  publish();
  viewer.start();
  for (let i = 0; i < 5; i++) publish();
  assert.deepEqual(sent(), [1]);
  ack(1);
  assert.deepEqual(sent(), [1, 6]);
  assert.equal(cameras[0].skipped, 4);
});

Deno.test("the text ack stands for one frame, the oldest under way", async () => {
  const { viewer, clock, publish, sent, cameras } = setUp(["a", "b"]);
  viewer.start();
  publish(cameras[1]);
  await clock.tick(1);
  publish(cameras[0]);
  for (const camera of cameras) publish(camera);
  assert.deepEqual(sent(), [1, 2]);
  assert.equal(viewer.receive("ack"), "acknowledged");
  assert.deepEqual(sent(), [1, 2, 4], "the second camera's frame was first");
  for (let i = 0; i < 3; i++) assert.equal(viewer.receive("ack"), "acknowledged");
  assert.deepEqual(sent(), [1, 2, 4, 3]);
  assert.equal(viewer.receive("ack"), "idle");
});

Deno.test("cameras on one socket do not wait for each other", () => {
  const { viewer, publish, sent, cameras } = setUp(["a", "b"]);
  viewer.start();
  publish(cameras[0]);
  publish(cameras[0]);
  publish(cameras[1]);
  assert.deepEqual(sent(), [1, 3]);
});

const LARGE = new Uint8Array(100_000);

Deno.test("what acknowledges nothing that was sent on this socket is refused", () => {
  const { viewer, publish, ack } = setUp();
  viewer.start();
  assert.equal(viewer.receive("hello"), "wrong");
  assert.equal(viewer.receive(new ArrayBuffer(3)), "wrong");
  assert.equal(ack(1), "wrong");
  publish();
  publish();
  assert.equal(ack(1, 7), "wrong");
  for (const version of [2, Infinity, 1e300, NaN]) assert.equal(ack(version), "wrong");
  assert.equal(ack(1), "acknowledged");
  assert.equal(ack(1), "idle");
});

Deno.test("whoever acknowledges without reading is sent two pictures and no more, and is stuck", () => {
  const { viewer, cameras, socket, publish, sent } = setUp(["a", "b"], LARGE);
  viewer.start();
  socket.stuck = true;
  for (let i = 0; i < 50; i++) {
    publish(cameras[i % 2]);
    viewer.receive("ack");
    cameras[0].tick();
  }
  assert.equal(sent().length, 2);
  const taken = viewer.progress();
  viewer.receive("ack");
  assert.notEqual(taken, undefined);
  assert.equal(viewer.progress(), taken);
  socket.stuck = false;
  socket.bufferedAmount = 0;
  assert.equal(viewer.progress(), undefined, "nothing is owed any more");
});

Deno.test("a picture that was held back goes out with the next acknowledgement of any camera", () => {
  const { viewer, cameras, socket, publish, sent } = setUp(["a", "b", "c"], LARGE);
  viewer.start();
  socket.stuck = true;
  for (const camera of cameras) publish(camera);
  assert.deepEqual(sent(), [1, 2]);
  socket.stuck = false;
  socket.bufferedAmount = 0;
  viewer.receive(encodeAck({ camera: 0, version: 1 }).buffer);
  assert.deepEqual(sent(), [1, 2, 3]);
});

Deno.test("a viewer counts from start to stop and gets nothing after", () => {
  const { viewer, cameras, publish, sent } = setUp();
  viewer.start();
  assert.equal(cameras[0].viewers.here, 1);
  viewer.stop();
  viewer.stop();
  assert.equal(cameras[0].viewers.here, 0);
  publish();
  assert.deepEqual(sent(), []);
});

Deno.test("changes of a camera's state are told once", async () => {
  const { viewer, cameras, socket, publish, clock } = setUp();
  publish();
  viewer.start();
  cameras[0].tick();
  cameras[0].tick();
  const states = () =>
    socket.texts.map((text) => JSON.parse(text)).filter(({ type }) => type === "status")
      .map(({ status }) => status.state);
  assert.deepEqual(states(), ["live"]);
  await clock.tick(31_000);
  cameras[0].tick();
  assert.deepEqual(states(), ["live", "stale"]);
});

Deno.test("sockets are told to go away when the camera is closed", () => {
  const { viewer, cameras, socket } = setUp();
  viewer.start();
  cameras[0].close();
  assert.equal(socket.closed, 1001);
});

Deno.test("any message on a viewer's socket is an acknowledgement or is refused", () => {
  const { viewer, publish, sent } = setUp();
  viewer.start();
  const ack = fc.tuple(fc.nat(2), fc.oneof(fc.nat(50), fc.double()))
    .map(([camera, version]) => encodeAck({ camera, version }).buffer);
  const bytes = fc.uint8Array({ maxLength: 40 }).map((bytes) => new Uint8Array(bytes).buffer);
  let published = 0;
  fc.assert(
    fc.property(fc.oneof(ack, bytes, fc.string(), fc.constant("ack")), (data) => {
      publish();
      published++;
      const taken = viewer.receive(data);
      if (data === "ack") assert.notEqual(taken, "wrong");
      if (typeof data === "string" && data !== "ack") assert.equal(taken, "wrong");
    }),
    { numRuns: 5000 },
  );
  assert(sent().length <= published, "never more than was published");
});

/** Acknowledgements on a line whose round trip depends on the window. */
function run(count: number, rtt: (size: number) => number, limited = true): WindowState[] {
  const states = [INITIAL_WINDOW];
  for (let i = 0; i < count; i++) {
    const last = states.at(-1)!;
    states.push(nextWindow(last, rtt(last.size), limited));
  }
  return states;
}

Deno.test("a slow line keeps a window of one nearly all the time", () => {
  const states = run(1000, (size) => size * 500);
  const wider = states.filter(({ size }) => size > 1).length;
  assert.ok(wider < 30, `${wider} of 1000 with more than one frame under way`);
});

Deno.test("a long line opens to the largest window and stays there", () => {
  const states = run(200, () => 300);
  assert.equal(states.at(-1)!.size, MAX_WINDOW);
});

Deno.test("a line that is fast enough is left at one", () => {
  assert.equal(run(200, () => 5, false).at(-1)!.size, 1);
});

Deno.test("a long line that becomes slow goes back to one", () => {
  let state = run(200, () => 300).at(-1)!;
  for (let i = 0; i < 20; i++) state = nextWindow(state, state.size * 700, true);
  assert.equal(state.size, 1);
});

Deno.test("a very slow line is never given a second frame", () => {
  const states = run(200, (size) => size * 3700);
  assert.ok(states.every(({ size }) => size === 1));
});
