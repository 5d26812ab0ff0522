// What the page says about its picture: one pure function from everything it knows to words.
// The rule: never let an old picture look live.

import { ageText } from "../../shared/age_text.ts";
import type { CameraStatus } from "../../shared/wire.ts";
import type { ConnectionState } from "./connection.ts";
import { clockText, sinceText } from "./times.ts";

/** How long after opening an idle camera counts as waking, ms. */
export const WAKING_MS = 15_000;

/** A picture that is older than this, ms, is not live, unless more time was asked for between two. */
const LATE_MS = 5000;

export type StateKind =
  | "connecting"
  | "live"
  | "waking"
  | "idle"
  | "stale"
  | "offline"
  | "empty"
  | "reconnecting"
  | "paused"
  | "private"
  | "past";

/** Everything the words depend on. Times on the clock of this device, Unix ms, unless said otherwise. */
export interface Situation {
  readonly connection: ConnectionState;
  readonly status: CameraStatus | undefined;
  /** Capture time of the picture on the screen. */
  readonly shownAt: number | undefined;
  /** Whether this device says that it has a network. Default true. */
  readonly online?: boolean;
  /** Ms between the camera's last pictures. */
  readonly paceMs?: number;
  readonly now: number;
  /** `performance.now()`, ms: the clock of `connection`. */
  readonly monotonic: number;
}

export interface StateWords {
  readonly kind: StateKind;
  /** A word or three for the badge. */
  readonly label: string;
  /** For the middle of the picture, where there is something to say. */
  readonly headline?: string;
  readonly detail?: string;
}

/** Before there is anything to say. */
export const CONNECTING: StateWords = { kind: "connecting", label: "Connecting" };

export function describe(situation: Situation): StateWords {
  const { connection, status, shownAt, now, monotonic } = situation;
  const last = shownAt === undefined ? undefined : `Last picture at ${clockText(shownAt)}.`;
  if (connection.kind === "paused") {
    const detail = shownAt === undefined ? undefined : `${ageText(now - shownAt)} ago`;
    return { kind: "paused", label: "Paused", detail };
  }
  if (connection.kind === "private") {
    return { kind: "private", label: "Private", headline: "This cam is private" };
  }
  // The viewer's own trouble must not be laid on the camera.
  if (situation.online === false) {
    const detail = `${last ? last + " " : ""}It goes on by itself when the network is back.`;
    return { kind: "reconnecting", label: "No network", headline: "You are offline", detail };
  }
  if (connection.kind === "connecting") return CONNECTING;
  if (connection.kind === "retrying") {
    const seconds = Math.max(1, Math.ceil((connection.retryAt - monotonic) / 1000));
    return {
      kind: "reconnecting",
      label: "Reconnecting",
      headline: "Connection lost",
      detail: `${last ? last + " " : ""}Trying again in ${seconds} s.`,
    };
  }
  if (!status) return CONNECTING;
  if (status.version === undefined) {
    return {
      kind: "empty",
      label: "No picture yet",
      headline: "Waiting for the first picture",
      detail: reported(status) ?? "The camera has not sent anything yet.",
    };
  }
  const fine = status.state === "live" || status.state === "idle";
  if (shownAt === undefined && fine) return CONNECTING;
  const age = shownAt === undefined ? status.ageMs ?? 0 : now - shownAt;
  return camera(status, age, situation, monotonic - connection.since);
}

function camera(
  status: CameraStatus,
  age: number,
  { now, paceMs = 0 }: Situation,
  openMs: number,
): StateWords {
  const since = sinceText(now - age, now);
  const late = age > Math.max(LATE_MS, 3 * status.intervalMs);
  const sinceOpening = age <= openMs + 500 || age <= Math.max(1500, 2 * status.intervalMs);
  if (status.state === "offline") {
    return {
      kind: "offline",
      label: "Offline",
      headline: `Offline since ${since}`,
      detail: reported(status),
    };
  }
  if (status.state === "stale") return stale(age, status);
  if (openMs < WAKING_MS && (status.state === "idle" || !sinceOpening)) {
    return {
      kind: "waking",
      label: "Waking up",
      headline: "Waking the camera",
      detail: `This picture is ${ageText(age)} old.`,
    };
  }
  if (status.state === "idle") return resting("Idle", status.intervalMs, age);
  const slow = paceMs > Math.max(LATE_MS, status.intervalMs);
  if (slow && age <= 1.5 * paceMs) return resting("Slow", paceMs, age);
  return late ? stale(age, status) : { kind: "live", label: "Live", detail: reported(status) };
}

function resting(label: string, everyMs: number, age: number): StateWords {
  const every = ageText(Math.max(1000, everyMs));
  return { kind: "idle", label, detail: `A picture every ${every}; last ${ageText(age)} ago.` };
}

function stale(age: number, status: CameraStatus): StateWords {
  return {
    kind: "stale",
    label: "Not live",
    headline: `Last picture ${ageText(age)} ago`,
    detail: reported(status),
  };
}

function reported({ lastError }: CameraStatus): string | undefined {
  return lastError ? `The camera reports: ${lastError}` : undefined;
}
