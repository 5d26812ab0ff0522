// The edge as a connection of the listener sees it.

import type { Buffer } from "node:buffer";
import type { RequestInfo } from "../edge.ts";
import type { Channel } from "./channel.ts";
import type { Held } from "./held_still.ts";
import type { Kept, Tenant } from "./line.ts";
import type { HeadReader, RequestHead } from "./request_head.ts";
import type { Road } from "./road.ts";
import type { SocketBody } from "./socket_body.ts";

/** All of an answer, as text in latin1, or one to make its bytes of. */
export type Answer = string | Response;

/** What a connection needs of the edge. */
export interface ConnectionHost {
  fetch(request: Request, info: RequestInfo): Response | Promise<Response>;
  readonly heads: HeadReader;
  /**
   * Holds a request for a newer frame, and gives `done` its whole answer, at once or later; undefined
   * where the app has to look at it.
   */
  hold(
    head: RequestHead,
    road: Road,
    peer: string,
    done: (answer: Buffer<ArrayBuffer>) => void,
  ): Held | undefined;
  /** The whole answer to a plain request for a frame, where there is one. */
  still(head: RequestHead, cam: string, peer: string): Buffer<ArrayBuffer> | undefined;
  /** What a plain request for a stream or a socket is answered with, where it may be. */
  keep(head: RequestHead, road: Road, peer: string): Kept | undefined;
  /** Whether an upload may be taken without the app. */
  readonly admits: (head: RequestHead, cam: string) => boolean;
  /** Takes an upload: the whole answer, or a problem; at once where all of the body has come. */
  upload(head: RequestHead, cam: string, body: SocketBody): Answer | Promise<Answer>;
  /** Takes the connection over, with what came on it so far. */
  passOn(channel: Channel, received: Buffer): Tenant;
  /** Larger bodies are not read here. */
  readonly maxFrameBytes: number;
}
