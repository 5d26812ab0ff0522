// Turns what the edge, or something in its place, answered into a verdict. Pure.

import { z } from "zod";
import { shownAddress } from "../../shared/addresses.ts";
import { type Demand, HEADER } from "../../shared/wire.ts";
import type { Verdict } from "./transport.ts";

/** An answer as far as it matters. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The start of the body. */
  readonly text: string;
}

/** Statuses that speak of this one frame. */
const ABOUT_THE_FRAME: ReadonlySet<number> = new Set([400, 409, 411, 413, 415, 422]);

/** Statuses that a person has to do something about. */
const ABOUT_THE_SETTINGS: ReadonlySet<number> = new Set([401, 403, 404, 405, 410]);

/** Ms to wait where the edge says nothing about it. */
const BUSY_MS = 1000;

/** Ms to wait at most, whatever it says. */
const MAX_BUSY_MS = 60_000;

/** Ms to wait where something else answers in the edge's place, as the page of a hotel's Wi-Fi. */
const STRANGER_MS = 5000;

/** The verdict on an answer to a frame or a report: 204 is the only good one. */
export function frameVerdict(answer: Answer): Verdict {
  if (answer.status !== 204) return badVerdict(answer);
  return { kind: "accepted", demand: demandOf(answer.headers) };
}

/** The verdict on every answer that is not the one hoped for. */
export function badVerdict({ status, headers, text }: Answer): Verdict {
  const detail = detailOf(text) ?? strangerWords(status, headers);
  if (ABOUT_THE_FRAME.has(status)) return { kind: "skipped", status, detail };
  if (ABOUT_THE_SETTINGS.has(status)) return { kind: "refused", status, detail };
  if (status >= 300 && status < 400) {
    const location = headers.get("location") ?? "nowhere";
    const to = location.startsWith("/") ? location.split(/[?#]/)[0] : shownAddress(location);
    return { kind: "refused", status, detail: `moved to ${to}: change PERCH_URL` };
  }
  if (status < 300) return { kind: "busy", status, detail, retryMs: STRANGER_MS };
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
  const viewers = Number(headers.get(HEADER.viewers) ?? 0);
  return demandWithin({
    interval: Number(interval),
    viewers: Number.isSafeInteger(viewers) ? viewers : 0,
  });
}

/** Ms between two frames: no edge wants them closer or further apart, but something in its place might. */
const MIN_INTERVAL_MS = 1;
const MAX_INTERVAL_MS = 3_600_000;

/** A demand as it is kept to. */
export function demandWithin({ interval, viewers }: Demand): Demand {
  return {
    interval: Math.min(Math.max(interval, MIN_INTERVAL_MS), MAX_INTERVAL_MS),
    viewers,
  };
}

const problemSchema = z.object({ detail: z.string() });

/** What a problem document says; undefined where the text is none. */
function detailOf(text: string): string | undefined {
  try {
    const parsed = problemSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data.detail.slice(0, 300) : undefined;
  } catch {
    return undefined;
  }
}
