// The first road: one WebSocket for all cameras, frames acknowledged once they are drawn, so that the
// edge never sends into a queue that a slow phone has yet to empty.

import { encodeAck, FRAME_HEADER_BYTES, readFrameHeader } from "../../shared/wire_frame.ts";
import type { ViewerMessage } from "../../shared/viewer_messages.ts";
import { edgeUrl, type Transport, type TransportOptions, type TransportSink } from "./transport.ts";

/** Silence after which the socket counts as dead: the edge says something at least every 10 s. */
export const SOCKET_SILENCE_MS = 25_000;

/** Makes the WebSocket road. */
export function socketTransport(options: TransportOptions): Transport {
  return { name: "WebSocket", run: (sink, signal) => runSocket(options, sink, signal) };
}

function socketUrl(options: TransportOptions): string {
  const url = edgeUrl(options, "/ws");
  url.protocol = url.protocol.replace("http", "ws");
  url.searchParams.set("cams", options.cams.join(","));
  return url.href;
}

function runSocket(
  options: TransportOptions,
  sink: TransportSink,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(socketUrl(options));
    socket.binaryType = "arraybuffer";
    const names = new Map<number, string>();
    let silence: ReturnType<typeof setTimeout> | undefined;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => end(new Error("The socket fell silent")), SOCKET_SILENCE_MS);
    };
    const onAbort = () => end(undefined);
    const end = (problem: Error | undefined) => {
      clearTimeout(silence);
      signal.removeEventListener("abort", onAbort);
      socket.onmessage = socket.onclose = null;
      socket.close();
      if (problem) reject(problem);
      else resolve();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    heard();
    socket.onclose = (event) => end(new Error(`The socket closed: ${event.code} ${event.reason}`));
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      heard();
      if (typeof data === "string") onText(JSON.parse(data), names, sink);
      else void onFrame(new Uint8Array(data), socket, names, sink);
    };
  });
}

function onText(
  message: ViewerMessage,
  names: Map<number, string>,
  sink: TransportSink,
): void {
  if (message.type === "hello") {
    sink.onOpen();
    for (const { camera, status } of message.cams) {
      names.set(camera, status.cam);
      sink.onStatus(status, message.now);
    }
  } else if (message.type === "status") {
    sink.onStatus(message.status, message.now);
  }
}

async function onFrame(
  message: Uint8Array<ArrayBuffer>,
  socket: WebSocket,
  names: ReadonlyMap<number, string>,
  sink: TransportSink,
): Promise<void> {
  const header = readFrameHeader(message);
  const cam = header && names.get(header.camera);
  if (!header || cam === undefined) return;
  const jpeg = message.subarray(FRAME_HEADER_BYTES);
  await sink.onFrame({ cam, jpeg, ...header });
  if (socket.readyState === WebSocket.OPEN) socket.send(encodeAck(header));
}
