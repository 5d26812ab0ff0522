// One camera between this instance and the others, which are known only through the store: viewers
// here are told to them, viewers there wake the camera here, frames uploaded there are shown here.

import type { Clock } from "../../../shared/clock.ts";
import type { CameraHub } from "../cameras/camera.ts";
import type { CameraContact } from "../cameras/state.ts";
import type { Viewers } from "../cameras/viewers.ts";
import { type PeerStore, VIEWERS_TTL_MS } from "../store/peer_store.ts";

/** A viewer record is written again after this time, ms: twice may fail before it lapses. */
const RENEW_MS = VIEWERS_TTL_MS / 3;

/** A viewer record stays for this long, ms: two instances that both say hello are to hear it. */
const HELLO_MS = 5000;

/** What to do about other instances: telling them costs a write now and then, watching reads. */
export function peerPlan(
  { here, elsewhere }: Pick<Viewers, "here" | "elsewhere">,
  contact: Pick<CameraContact, "receiving" | "reached" | "inTouch" | "shared">,
): Record<"tell" | "watchFrames" | "watchViewers", boolean> {
  // While others have viewers, what the camera brings to them is stored, as what it brings here.
  const alone = contact.receiving && !contact.shared && elsewhere === 0;
  return {
    tell: here > 0 && !(alone && contact.reached),
    watchFrames: here > 0 && !alone,
    watchViewers: contact.inTouch,
  };
}

export type Peers = ReturnType<typeof peersOf>;

/**
 * Keeps one camera in step with the other instances until it is stopped: at once when viewers come and
 * go, and by `step`, once a second. `onStoreError` is told of each call that fails.
 */
export function peersOf(
  camera: CameraHub,
  { peers, clock, onStoreError }: {
    readonly peers: PeerStore;
    readonly clock: Clock;
    onStoreError(action: string, error: unknown): void;
  },
) {
  const { cam, viewers, contact } = camera;
  const frames = task(takeFrames, `take frames of ${cam} from other instances`);
  const counts = task(takeViewers, `hear who watches ${cam} elsewhere`);
  let stopped = false;
  /** The number that others know, 0 for none. */
  let told = 0;
  let toldAt = -Infinity;
  let telling: Promise<void> | undefined;
  const stopListening = [
    camera.demand.onSet(step),
    // A camera that has just come is filmed for others at once, not at the next step.
    camera.latest.onSet(({ value }) => value.own && !counts.running() && step()),
  ];
  step();
  return { step, stop };

  function step(): void {
    if (stopped) return;
    if (contact.inTouch && !contact.receiving) contact.leftOut();
    const plan = peerPlan(viewers, contact);
    frames.want(plan.watchFrames);
    counts.want(plan.watchViewers);
    const fresh = told > 0 && clock.monotonic() - toldAt < HELLO_MS;
    tell(plan.tell || fresh ? viewers.here : 0);
  }

  async function stop(): Promise<void> {
    stopped = true;
    for (const stop of stopListening) stop();
    frames.want(false);
    counts.want(false);
    await telling;
    tell(0);
    await telling;
  }

  function tell(count: number): void {
    const isOld = clock.monotonic() - toldAt >= RENEW_MS;
    const due = count === 0 ? told > 0 : told === 0 || isOld;
    if (!due || telling) return;
    toldAt = clock.monotonic();
    telling = peers.setViewers(cam, count).then(
      () => void (told = count),
      (error) => onStoreError(`tell the viewers of ${cam}`, error),
    ).then(() => {
      telling = undefined;
      // Somebody may have come or gone while the store was busy; a failure waits for `step`.
      if (told === count) step();
    });
  }

  async function takeFrames(signal: AbortSignal): Promise<void> {
    for await (const frame of peers.watch(cam, signal)) {
      if (camera.publishRemote(frame, true)) contact.leftOut();
    }
  }

  async function takeViewers(signal: AbortSignal): Promise<void> {
    try {
      for await (const count of peers.watchViewers(cam, signal)) viewers.elsewhere = count;
    } finally {
      viewers.elsewhere = 0;
    }
  }

  /** Something that runs while it is wanted. One that failed is not running: it is begun again. */
  function task(run: (signal: AbortSignal) => Promise<void>, action: string) {
    let under: AbortController | undefined;
    return {
      running: () => under !== undefined,
      want(wanted: boolean): void {
        if (wanted === (under !== undefined)) return;
        under?.abort();
        const begun = under = wanted ? new AbortController() : undefined;
        if (!begun) return;
        run(begun.signal).catch((error) => onStoreError(action, error)).finally(() => {
          if (under === begun) under = undefined;
        });
      },
    };
  }
}
