// Which requests the listener serves itself: those that a crowd sends all the time, and the camera's.

import { DEFAULT_CAM } from "../../shared/frame.ts";
import type { RequestHead } from "./request_head.ts";

/** How a request is served. */
export interface Road {
  readonly cam: string;
  /** A viewer's WebSocket. */
  readonly socket: boolean;
  /** A ready answer may do, or the connection be kept without the app. */
  readonly plain: boolean;
  /** Seconds for which to wait for a newer frame; undefined where that is not asked, or not only. */
  readonly waitS?: number;
  /** The route may keep the connection. */
  readonly keepable: boolean;
}

const PATH = /^(?:\/cams\/([a-z0-9-]{1,32}))?\/(live\.jpeg|stream\.mjpeg)$/;

/** A socket for one camera; several are the app's. */
const ONE_CAM = /^\/ws(?:\?cams=([a-z0-9-]{1,32}))?$/;

/** A wait that the app would take too, and nothing else. */
const WAIT = /\?wait=([12]?\d|30)$/;

const APP = { socket: false, plain: false, keepable: false };

/**
 * The road of a request; undefined where it is not for the listener.
 *
 * @param maxFrameBytes Larger uploads are refused elsewhere.
 */
export function roadOf(head: RequestHead, maxFrameBytes: number): Road | undefined {
  const { method, target, bodyBytes } = head;
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.slice(0, mark);
  if (path === "/ws" && method === "GET") {
    const one = ONE_CAM.exec(target);
    return { cam: one?.[1] ?? DEFAULT_CAM, socket: true, plain: one !== null, keepable: true };
  }
  const match = PATH.exec(path);
  if (!match) return undefined;
  const cam = match[1] ?? DEFAULT_CAM;
  const still = match[2] === "live.jpeg";
  if (method === "PUT") {
    const taken = still && bodyBytes <= maxFrameBytes;
    return taken ? { cam, ...APP } : undefined;
  }
  const closes = /\bclose\b/i.test(head.headers.get("connection") ?? "");
  const wait = still && !closes ? WAIT.exec(target) : undefined;
  if (wait) return { cam, ...APP, waitS: Number(wait[1]) };
  const asked = still ? mark >= 0 && /[?&](w|wait|share)=/.test(target) : mark >= 0;
  return { cam, socket: false, plain: !asked && !(still && closes), keepable: !still };
}
