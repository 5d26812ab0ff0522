// The page of all cameras: every tile is a live view, and all of them share one connection.

import { ageText } from "../../shared/age_text.ts";
import type { CameraStatus } from "../../shared/wire.ts";
import { widthFor } from "../../shared/widths.ts";
import { SITE } from "./address.ts";
import { Connection } from "./connection.ts";
import { byId, make, makeCanvas, setText } from "./elements.ts";
import { LiveView, watchWhile } from "./live_view.ts";
import { prepareFullscreen } from "./screen.ts";
import { GAP, layTiles } from "./tiles.ts";

/** Ms between two looks for cameras that are new: seldom, but for who waits for one. */
const LOOK_EVERY_MS = 60_000;
const LOOK_FOR_FIRST_MS = 3000;

const cams = document.body.dataset.cams!.split(",").filter((cam) => cam !== "");
const connection = new Connection(SITE);
const wall = byId("wall");
/** Pixels across that a tile's picture needs: the edge sends no more. */
let width: number | undefined;
const views = cams.map(tile);

function tile(cam: string): LiveView {
  const canvas = makeCanvas(`Live picture from ${cam}`);
  canvas.className = "picture";
  canvas.hidden = true;
  const label = make("span", "Connecting");
  const badge = make("span", "", "badge", make("span", "", "dot"), label);
  const notice = make("span", "", "notice");
  const name = make("span", cam, "called");
  const age = make("span", "", "age");
  const caption = make("span", "", "caption", name, age, badge);
  const shot = make("span", "", "shot", canvas, notice);
  const link = make("a", "", "tile", shot, caption) as HTMLAnchorElement;
  link.href = `${SITE}cams/${cam}`;
  wall.append(make("li", "", "", link));
  const view = new LiveView({
    cam,
    canvas,
    connection,
    width: () => width,
    onChange: () => {
      const words = view.words();
      const { shownAt, status } = view;
      link.dataset.state = words.kind;
      setText(label, words.label);
      setText(name, status?.name ?? cam);
      setText(age, shownAt === undefined ? "" : ageText(Date.now() - shownAt));
      setText(notice, words.headline ?? "");
      notice.hidden = words.headline === undefined;
      sum();
    },
    onDrawn: () => canvas.hidden = false,
    onPrivate: () => location.reload(),
  });
  return view;
}

function sum(): void {
  const live = document.querySelectorAll('.tile[data-state="live"]').length;
  setText(byId("summary"), cams.length === 0 ? "No camera yet" : `${live} of ${cams.length} live`);
}

/** Makes the tiles as large as the screen has room for all of them, and their pictures no larger. */
function lay(): void {
  if (cams.length === 0) return;
  wall.style.maxWidth = "";
  const { left, top } = wall.getBoundingClientRect();
  const page = byId("page");
  const words = wall.querySelector<HTMLElement>(".caption")!.offsetHeight;
  const room = {
    width: page.clientWidth - 2 * left,
    height: innerHeight - top - scrollY - left,
  };
  const tiles = layTiles(cams.length, room, words);
  wall.style.setProperty("--tile", `${tiles.width}px`);
  wall.style.maxWidth = `${tiles.columns * (tiles.width + GAP) - GAP}px`;
  const before = width;
  width = widthFor(tiles.width * devicePixelRatio);
  if (before !== width) connection.refresh();
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
lay();
new ResizeObserver(lay).observe(byId("page"));
addEventListener("resize", lay);
watchWhile(views, () => !document.hidden);

const back = byId<HTMLAnchorElement>("back");
back.href = document.referrer;
back.hidden = !document.referrer.startsWith(`${SITE}cams/`);
document.addEventListener("keydown", ({ key, ctrlKey, metaKey, altKey }) => {
  if (key === "f" && !ctrlKey && !metaKey && !altKey) byId("fullscreen").click();
});
prepareFullscreen(() => false);
