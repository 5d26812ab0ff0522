// Whether connections are still accepted. A server of node:net in Deno 2.9.5 accepts nobody any more
// once file descriptors have run out, for ever and without an error; only trying tells.

import { connect, type Server } from "node:net";

/** So many connections at once may have used up the file descriptors. */
const CROWD = 100;

/** Nobody came for so long, ms: worth a try. */
const QUIET_MS = 5000;

/** How long a connection of our own may take to be accepted, ms. */
const ACCEPT_MS = 2000;

/** Watches one server. Times are monotonic ms. */
export class AcceptWatch {
  /** Most connections at once since the last that was accepted in quiet. */
  #most = 0;
  #acceptedAt = 0;

  /** Notes that a connection was accepted, as one of `open`. */
  accepted(open: number, now: number): void {
    this.#most = Math.max(this.#most, open);
    this.#acceptedAt = now;
  }

  /** Whether it is time to try. To be asked every second or so. */
  isDue(now: number): boolean {
    return this.#most >= CROWD && now - this.#acceptedAt >= QUIET_MS;
  }

  /**
   * Connects to `server`.
   *
   * @returns False where it does not accept; true where it does, or where that cannot be told now.
   */
  async accepts(server: Server): Promise<boolean> {
    const at = server.address();
    if (at === null || typeof at === "string") return true;
    const before = this.#acceptedAt;
    const any = at.address === "0.0.0.0" || at.address === "::";
    const socket = connect(at.port, any ? undefined : at.address);
    const untold = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), ACCEPT_MS);
      socket.on("error", () => {
        clearTimeout(timer);
        resolve(true);
      });
    });
    socket.destroy();
    if (this.#acceptedAt > before) this.#most = 0;
    return untold || this.#acceptedAt > before;
  }
}
