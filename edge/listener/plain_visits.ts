// Lets a viewer in without the app, on the roads where the first picture is not to wait for it.

import { tokenOf } from "../auth.ts";
import type { CameraHub } from "../camera_hub.ts";
import type { EdgeDeps } from "../deps.ts";
import type { Place } from "../limits/viewer_gate.ts";
import { digestToken, sameDigest } from "../tokens.ts";
import { Proof } from "./proof.ts";
import type { RequestHead } from "./request_head.ts";

/** As on every answer of the app. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "cross-origin-opener-policy": "same-origin",
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
};

/** What a viewer came for, and where it sits. */
export interface Visit {
  readonly camera: CameraHub;
  readonly place: Place;
}

/** Lets viewers in. */
export class PlainVisits {
  readonly #deps: EdgeDeps;
  /** Who watches often shows the same credential, and a cold hash of it takes 50 us. */
  readonly #proof = new Proof();

  constructor(deps: EdgeDeps) {
    this.#deps = deps;
  }

  /**
   * Lets a viewer in and counts its request; undefined where the app has to look at it, which is where
   * somebody is to be refused, too.
   *
   * @param cam Whose frames are wanted.
   * @param peer The client's address.
   */
  begin(request: RequestHead, cam: string, peer: string): Visit | undefined {
    const { config, cost, hub, limits } = this.#deps;
    if (hub.closed || config.corsOrigins.length > 0 && request.headers.has("origin")) {
      return undefined;
    }
    const camera = hub.find(cam);
    if (!camera || camera instanceof Promise) return undefined;
    const address = limits.address(peer, request.headers.get("x-forwarded-for"));
    if (!this.#mayWatch(request, cam, address)) return undefined;
    const admission = limits.gate.admit(limits.viewerAddress(address));
    if (!admission.ok) return undefined;
    cost.count(0);
    return { camera, place: admission.place };
  }

  #mayWatch(request: RequestHead, cam: string, address: string): boolean {
    const { config: { viewToken }, limits } = this.#deps;
    if (!viewToken) return true;
    const holdsToken = ({ headers }: RequestHead) => {
      const token = tokenOf(headers.get("authorization"));
      return token !== undefined && sameDigest(digestToken(token), viewToken);
    };
    if (!this.#proof.holds(request, cam, holdsToken)) return false;
    // The right token does not help an address that is guessing.
    return limits.credentialWait(address) === 0;
  }
}
