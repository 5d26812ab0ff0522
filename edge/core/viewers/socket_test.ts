import assert from "node:assert/strict";
import { FakeClock } from "../../../shared/testing/fake_clock.ts";
import { encodeAck } from "../../../shared/testing/clients.ts";
import { readFrameHeader } from "../../../shared/wire_frame.ts";
import { CameraHub } from "../cameras/camera.ts";
import { FanOut } from "./fan_out.ts";
import { FrameBuffer } from "../ingest/ingest.ts";
import type { PlatformSocket } from "../platform.ts";
import { socketViewer } from "./socket.ts";

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
      clock,
      fps: 10,
      idleIntervalMs: 10_000,
      staleMs: 30_000,
      storeLagMs: 300_000,
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
    const now = clock.now();
    const meta = {
      version: ++version,
      size: jpeg.length,
      width: 2,
      height: 1,
      capturedAt: now,
      receivedAt: now,
    };
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
