// The cameras as plain HTML, for browsers that run no script: each camera's newest picture and, in
// words and colour, whether to believe it.

import { ageText } from "../../../shared/age_text.ts";
import type { CameraState, CameraStatus } from "../../../shared/wire.ts";
import { escapeHtml } from "./page.ts";

/** The same words as the page with script uses. */
const LABELS: Readonly<Record<CameraState, string>> = {
  live: "Live",
  idle: "Idle",
  stale: "Not live",
  offline: "Offline",
};

/** One list entry for each camera. */
export function wallMarkup(cameras: readonly CameraStatus[]): string {
  return cameras.map(tile).join("");
}

function tile(status: CameraStatus): string {
  const { version, ageMs } = status;
  const cam = escapeHtml(status.cam);
  const empty = version === undefined;
  const old = ageMs !== undefined && (status.state === "stale" || status.state === "offline");
  const image =
    `<img class="picture" src="/cams/${cam}/live.jpeg" alt="Newest picture from ${cam}">`;
  const notice = empty
    ? "Waiting for the first picture"
    : old
    ? `Last picture ${ageText(ageMs)} ago`
    : "";
  return `<li><a class="tile" href="/cams/${cam}" data-state="${empty ? "empty" : status.state}">` +
    (empty ? `<span class="picture"></span>` : image) +
    (notice && `<span class="notice">${notice}</span>`) +
    `<span class="caption"><span>${cam}</span><span class="badge"><span class="dot"></span>` +
    `<span>${empty ? "No picture yet" : LABELS[status.state]}</span></span></span></a></li>`;
}
