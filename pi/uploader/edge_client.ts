// Requests to this camera's resources on the edge, with its token, and what came back as a result.

import { z } from "zod";
import { shownAddress } from "../../shared/addresses.ts";
import { plain } from "../../shared/log.ts";
import { camPath, type Demand, demandSchema, HEADER, type Report } from "../../shared/wire.ts";
import type { Config } from "../config.ts";
import { chunksOf, type Connect, type Connection, describeFailure } from "./connection.ts";
import type { UploadResult } from "./transport.ts";

/** `session` names this run of the agent, so that the edge can tell a late frame from a new count. */
export type EdgeAddress = Pick<Config, "url" | "token" | "cam"> & { readonly session: string };

interface EdgeRequest extends RequestInit {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Characters read of an answer. */
const MAX_ANSWER = 4096;

/** Asks the edge. No call throws: failures are results. */
export class EdgeClient {
  readonly address: EdgeAddress;
  /** Whether the edge has said that pictures had better come over one WebSocket. */
  prefersSocket = false;
  readonly #connect: Connect;
  #connection: Connection;

  constructor(address: EdgeAddress, connect: Connect) {
    this.address = address;
    this.#connect = connect;
    this.#connection = connect();
  }

  get authorization(): string {
    return `Bearer ${this.address.token}`;
  }

  async ask(
    resource: string,
    request: EdgeRequest,
    resultOf: (answer: Answer) => UploadResult,
  ): Promise<UploadResult> {
    const { url, cam } = this.address;
    try {
      const response = await this.#connection.fetch(url + camPath(cam, resource), {
        ...request,
        headers: { authorization: this.authorization, ...request.headers },
        // A redirect would take the token along, or lose it; either way a setting is wrong.
        redirect: "manual",
      });
      if (response.headers.get(HEADER.transport) === "ws") this.prefersSocket = true;
      const text = await readStart(response, request.signal);
      return resultOf({ status: response.status, headers: response.headers, text });
    } catch (error) {
      return { kind: "failed", detail: describeFailure(error) };
    }
  }

  /** @param interval The one already known, in ms. @param wait Seconds to wait for another. */
  demand(interval: number, wait: number, signal: AbortSignal): Promise<UploadResult> {
    const resource = `demand?interval=${Math.round(interval)}&wait=${wait}`;
    return this.ask(resource, { signal }, (answer) => {
      const parsed = demandSchema.safeParse(parseJson(answer.text));
      if (answer.status !== 200 || !parsed.success) return errorResult(answer);
      return { kind: "accepted", demand: demandWithin(parsed.data) };
    });
  }

  report(report: Report, signal: AbortSignal): Promise<UploadResult> {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify(report, (_, said) => typeof said === "string" ? plain(said) : said);
    const request = { method: "PUT", headers, body, signal };
    return this.ask("report", request, frameResult);
  }

  renew(): void {
    this.#connection.close();
    this.#connection = this.#connect();
  }

  close(): void {
    this.#connection.close();
  }
}

/** The start of a body. Reading to its end frees the connection for the next request. */
async function readStart(response: Response, signal: AbortSignal): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of chunksOf(response, signal)) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_ANSWER) break;
  }
  return text.slice(0, MAX_ANSWER);
}

/** What a text holds; undefined where it is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Statuses that speak of this one frame. */
const ABOUT_THE_FRAME: ReadonlySet<number> = new Set([400, 409, 411, 413, 415, 422]);

/** Statuses that a person has to do something about. */
const ABOUT_THE_SETTINGS: ReadonlySet<number> = new Set([401, 403, 404, 405, 410]);

/** What has moved has the name that it had; any other place is a page in the way. */
const MOVED = /\/(?:live\.jpeg|report|demand|publish)\/?(?:[?#]|$)/;

/** Ms to wait where the edge says nothing about it. */
const BUSY_MS = 1000;

/** Ms to wait at most, whatever it says. */
const MAX_BUSY_MS = 60_000;

/** Ms to wait where something else answers in the edge's place, as the page of a hotel's Wi-Fi. */
const STRANGER_MS = 5000;

/** The result on an answer to a frame or a report: 204 is the only good one. */
export function frameResult(answer: Answer): UploadResult {
  if (answer.status !== 204) return errorResult(answer);
  return { kind: "accepted", demand: demandOf(answer.headers) };
}

export function errorResult({ status, headers, text }: Answer): UploadResult {
  const detail = detailOf(text) ?? strangerWords(status, headers);
  if (ABOUT_THE_FRAME.has(status)) return { kind: "skipped", status, detail };
  if (ABOUT_THE_SETTINGS.has(status)) return { kind: "refused", status, detail };
  const location = headers.get("location");
  if (status >= 300 && status < 400 && location !== null) {
    const to = location.startsWith("/") ? location.split(/[?#]/)[0] : shownAddress(location);
    if (MOVED.test(location)) {
      return { kind: "refused", status, detail: `moved to ${to}: change PERCH_URL` };
    }
    const detail = `something that is no Perch edge sends to ${to}, to sign in there, it seems: ` +
      "sign this machine in, or let the camera's requests past it";
    return { kind: "busy", status, detail, retryMs: STRANGER_MS };
  }
  if (status < 400) return { kind: "busy", status, detail, retryMs: STRANGER_MS };
  const seconds = Number(headers.get("retry-after") ?? NaN);
  const retryMs = seconds >= 0 ? Math.min(seconds * 1000, MAX_BUSY_MS) : BUSY_MS;
  return { kind: "busy", status, detail, retryMs: Math.max(retryMs, BUSY_MS) };
}

/** What is said of an answer without the edge's words: a proxy's, or that of somebody's Wi-Fi. */
function strangerWords(status: number, headers: Headers): string {
  const type = headers.get("content-type") ?? "no content";
  return `something that is no Perch edge answers: ${status}, ${type}`;
}

function demandOf(headers: Headers): Demand | undefined {
  const interval = headers.get(HEADER.interval);
  if (interval === null || !/^\d{1,9}$/.test(interval)) return undefined;
  const viewers = Number(headers.get(HEADER.viewers));
  const whole = Number.isSafeInteger(viewers) ? viewers : 0;
  return demandWithin({ interval: Number(interval), viewers: whole });
}

/** Ms between two frames: no edge wants them closer or further apart, but something in its place might. */
const MIN_INTERVAL_MS = 1;
const MAX_INTERVAL_MS = 3_600_000;

/** A demand as it is kept to. */
export function demandWithin({ interval, viewers }: Demand): Demand {
  return { interval: Math.min(Math.max(interval, MIN_INTERVAL_MS), MAX_INTERVAL_MS), viewers };
}

const problemSchema = z.object({ detail: z.string() });

/** What a problem document says; undefined where the text is none. */
function detailOf(text: string): string | undefined {
  const parsed = problemSchema.safeParse(parseJson(text));
  return parsed.success ? parsed.data.detail.slice(0, 300) : undefined;
}
