// The page of all cameras: every picture comes over one connection, because a browser opens no more
// than six to one host.

import type { CameraStatus } from "../../shared/wire.ts";
import { widthFor } from "../../shared/widths.ts";
import { Connection } from "./connection.ts";
import { byId, make, setText } from "./elements.ts";
import { Pace } from "./pace.ts";
import { Painter } from "./painter.ts";
import { ServerClock } from "./server_clock.ts";
import { shownAt } from "./live_view.ts";
import { pollTransport } from "./poll_transport.ts";
import { streamTransport } from "./stream_transport.ts";
import { describe, type StateKind } from "./state.ts";

const TICK_MS = 500;
/** Ms between two looks for cameras that are new: seldom, but for who waits for the first. */
const LOOK_EVERY_MS = 60_000;
const LOOK_FOR_FIRST_MS = 3000;

/** One camera's place on the wall. */
class Tile {
  readonly element = document.createElement("li");
  readonly painter: Painter;
  readonly pace = new Pace();
  readonly #link = document.createElement("a");
  readonly #label = make("span", "Connecting");
  readonly #notice = make("p", "", "notice");
  status: CameraStatus | undefined;
  shownAt: number | undefined;
  #kind: StateKind = "connecting";

  constructor(cam: string) {
    const canvas = document.createElement("canvas");
    canvas.width = 16;
    canvas.height = 9;
    canvas.className = "picture";
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Live picture from ${cam}`);
    this.painter = new Painter(canvas);
    const badge = make("span", "", "badge");
    badge.append(make("span", "", "dot"), this.#label);
    const caption = make("span", "", "caption");
    caption.append(make("span", cam), badge);
    this.#link.className = "tile";
    this.#link.href = `/cams/${cam}`;
    this.#link.append(canvas, this.#notice, caption);
    this.element.append(this.#link);
  }

  /** What is said of the camera now. */
  get kind(): StateKind {
    return this.#kind;
  }

  show(now: number): void {
    const { state } = connection;
    const words = describe({
      connection: state,
      status: this.status,
      shownAt: this.shownAt,
      paceMs: this.pace.ms,
      now,
      monotonic: performance.now(),
    });
    this.#link.dataset.state = this.#kind = words.kind;
    setText(this.#label, words.label);
    setText(this.#notice, words.headline ?? "");
    this.#notice.hidden = words.headline === undefined;
  }
}

const cams = document.body.dataset.cams!.split(",").filter((cam) => cam !== "");
const tiles = new Map(cams.map((cam) => [cam, new Tile(cam)]));
const clock = new ServerClock();
byId("wall").append(...[...tiles.values()].map(({ element }) => element));

const road = () => {
  const first = tiles.get(cams[0]);
  return {
    base: location.origin,
    cams,
    width: widthFor((first?.element.clientWidth ?? 320) * devicePixelRatio),
  };
};

const connection: Connection = new Connection({
  stream: () => streamTransport(road()),
  poll: () => pollTransport(road()),
  sink: {
    onFrame: async (frame) => {
      const tile = tiles.get(frame.cam);
      if (!tile || !await tile.painter.draw(frame.jpeg)) return;
      tile.shownAt = shownAt(frame);
      tile.pace.note(frame.receivedAt);
    },
    onStatus: (status, now) => {
      clock.observe(now);
      const tile = tiles.get(status.cam);
      if (tile) tile.status = status;
    },
  },
  onState: () => show(),
  onSignIn: () => location.reload(),
});

function show(): void {
  for (const tile of tiles.values()) tile.show(clock.now());
  const live = [...tiles.values()].filter(({ kind }) => kind === "live").length;
  setText(byId("summary"), cams.length === 0 ? "No camera yet" : `${live} of ${cams.length} live`);
}

function wake(): void {
  if (cams.length > 0 && !document.hidden) connection.start();
  else connection.stop();
}

/** A camera that is new gets its place by loading the page again. */
async function lookForMore(): Promise<void> {
  if (document.hidden) return;
  const answer = await fetch("/cams", { headers: { accept: "application/json" } })
    .catch(() => undefined);
  if (!answer?.ok) return;
  const found: { cams: readonly CameraStatus[] } = await answer.json();
  if (found.cams.some(({ cam }) => !tiles.has(cam))) location.reload();
}

byId("empty").hidden = cams.length > 0;
setInterval(() => void lookForMore(), cams.length > 0 ? LOOK_EVERY_MS : LOOK_FOR_FIRST_MS);
document.addEventListener("visibilitychange", wake);
addEventListener("online", () => connection.retryNow());
addEventListener("pagehide", () => connection.stop());
addEventListener("pageshow", wake);
setInterval(show, TICK_MS);
show();
wake();
