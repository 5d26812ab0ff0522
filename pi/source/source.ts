// Where pictures come from. A source runs until it fails and never retries: the agent above it alone
// decides what happens next.

import { withoutAddresses } from "../../shared/addresses.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Log } from "../../shared/log.ts";
import type { Spawn } from "../process.ts";
import type { Connect } from "../uploader/connection.ts";

export interface SourceDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly spawn: Spawn;
  readonly connect: Connect;
}

/** One way to get JPEG bytes: a camera program, a camera on the network, a drawn pattern. */
export interface FrameSource {
  /** For people: what this is, for instance `rpicam-vid 1280x720 at 5 fps`. Never a secret. */
  readonly name: string;
  /**
   * Whether each picture comes straight off a sensor, whose noise makes two equal frames in a row
   * a sign of a frozen camera. Default false.
   */
  readonly neverRepeats?: boolean;
  /**
   * Gives bytes to `onBytes` until it fails or `signal` aborts; frames may be cut anywhere.
   *
   * Settles only when everything it started (child process, request) is gone. A chunk belongs to
   * the callee once given.
   *
   * @throws {SourceError} When it cannot go on. After an abort it resolves, or throws what the
   * program it ran left to say; where something it started could not be stopped, it throws.
   */
  run(signal: AbortSignal, onBytes: (chunk: Uint8Array) => void): Promise<void>;
}

/**
 * Why a source failed, as far as it matters for what to do next.
 *
 * - `configuration`: the same settings will fail again; say so loudly and retry slowly.
 * - `hardware`: cable, power, another program, the network: retry with backoff.
 * - `stuck`: something it started survived being killed; only a reboot helps.
 */
export type SourceErrorKind = "configuration" | "hardware" | "stuck";

export class SourceError extends Error {
  override readonly name = "SourceError";
  readonly kind: SourceErrorKind;
  /** The last lines the camera program wrote, oldest first; at most 50. */
  readonly detail: readonly string[];

  /** @param message One line: what is wrong and what to check. */
  constructor(kind: SourceErrorKind, message: string, detail: readonly string[] = []) {
    // It is public: no words of others may bring an address in.
    super(withoutAddresses(message));
    this.kind = kind;
    this.detail = detail;
  }
}

/**
 * Makes a wait for the next of some moments, each `ms` after the one before; one that was missed is not
 * caught up with. An abort ends the wait.
 */
export function pacer(clock: Clock): (ms: number, signal: AbortSignal) => Promise<void> {
  let due = clock.monotonic();
  return async (ms, signal) => {
    due = Math.max(due + ms, clock.monotonic());
    await clock.sleep(due - clock.monotonic(), signal).catch(() => {});
  };
}
