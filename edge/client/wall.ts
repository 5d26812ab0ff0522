// The page of all cameras: every tile is a live view, and all of them share one connection.

import type { CameraStatus } from "../../shared/wire.ts";
import { widthFor } from "../../shared/widths.ts";
import { Connection } from "./connection.ts";
import { byId, make, makeCanvas, setText } from "./elements.ts";
import { LiveView, watchWhile } from "./live_view.ts";
import { SITE } from "./site.ts";

/** Ms between two looks for cameras that are new: seldom, but for who waits for one. */
const LOOK_EVERY_MS = 60_000;
const LOOK_FOR_FIRST_MS = 3000;

const cams = document.body.dataset.cams!.split(",").filter((cam) => cam !== "");
const connection = new Connection(SITE);
const views = cams.map(tile);

/** Puts a camera on the wall. */
function tile(cam: string): LiveView {
  const canvas = makeCanvas(`Live picture from ${cam}`);
  canvas.width = 16;
  canvas.height = 9;
  canvas.className = "picture";
  const label = make("span", "Connecting");
  const badge = make("span", "", "badge", make("span", "", "dot"), label);
  const notice = make("p", "", "notice");
  const name = make("span", cam, "called");
  const caption = make("span", "", "caption", name, badge);
  const link = make("a", "", "tile", canvas, notice, caption) as HTMLAnchorElement;
  link.href = `${SITE}cams/${cam}`;
  const item = make("li", "", "", link);
  byId("wall").append(item);
  const view = new LiveView({
    cam,
    canvas,
    connection,
    width: () => widthFor(item.clientWidth * devicePixelRatio),
    onChange: () => {
      const words = view.words();
      link.dataset.state = words.kind;
      setText(label, words.label);
      setText(name, view.status?.name ?? cam);
      setText(notice, words.headline ?? "");
      notice.hidden = words.headline === undefined;
      sum();
    },
    onPrivate: () => location.reload(),
  });
  return view;
}

function sum(): void {
  const live = document.querySelectorAll('.tile[data-state="live"]').length;
  setText(byId("summary"), cams.length === 0 ? "No camera yet" : `${live} of ${cams.length} live`);
}

/** A camera that is new gets its place by loading the page again. */
async function lookForMore(): Promise<void> {
  if (document.hidden) return;
  const answer = await fetch(`${SITE}cams`, { headers: { accept: "application/json" } })
    .catch(() => undefined);
  if (!answer?.ok) return;
  const found: { cams: readonly CameraStatus[] } = await answer.json();
  if (found.cams.some(({ cam }) => !cams.includes(cam))) location.reload();
}

byId("empty").hidden = cams.length > 0;
const awaited = cams.length === 0 || document.body.dataset.missing !== "";
setInterval(() => void lookForMore(), awaited ? LOOK_FOR_FIRST_MS : LOOK_EVERY_MS);
sum();
watchWhile(views, () => !document.hidden);
