import assert from "node:assert/strict";
import { socketTransport } from "../../../edge/client/socket_transport.ts";
import { startEdge } from "../processes.ts";
import { SceneCamera } from "../scene_camera.ts";

/** Counts what is sent on every socket. */
class CountingWebSocket extends WebSocket {
  static sent = 0;

  override send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void {
    CountingWebSocket.sent++;
    super.send(data);
  }
}

Deno.test("the page on a fast line gets picture after picture, and acknowledges every second one", async () => {
  const { WebSocket } = globalThis;
  globalThis.WebSocket = CountingWebSocket;
  try {
    await using edge = await startEdge();
    await using camera = await SceneCamera.make();
    await camera.send(edge.url);
    camera.run(edge.url, 10);
    const enough = new AbortController();
    const deadline = setTimeout(() => enough.abort(), 60_000);
    const acknowledged: number[] = [];
    const inHalf = () => acknowledged.at(-1)! - acknowledged.at(-21)! === 10;
    const ended = socketTransport({ base: edge.url, cams: ["cam"] }).run({
      onOpen() {},
      onStatus() {},
      onFrame() {
        acknowledged.push(CountingWebSocket.sent);
        if (acknowledged.length > 20 && inHalf()) enough.abort();
        return Promise.resolve();
      },
    }, enough.signal);
    await ended;
    clearTimeout(deadline);
    assert.ok(inHalf(), `acknowledged so far, frame by frame: ${acknowledged}`);
  } finally {
    globalThis.WebSocket = WebSocket;
  }
});
