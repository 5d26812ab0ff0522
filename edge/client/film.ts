// "Save the day": the panel in which the pictures of the past become a film. A script of its own, which
// the page loads when somebody asks for it.

import { make, setText } from "./elements.ts";
import { type Film, makeFilm } from "./make_film.ts";
import type { Jpeg } from "./painter.ts";
import { FILM_FPS, type PastPictures } from "./playback.ts";
import { pictureName, sinceText, stampText } from "./times.ts";

/** How often a picture is asked for, and ms between: a phone's network comes and goes. */
const TRIES = 3;
const TRY_AGAIN_MS = 1000;

/** Most pictures in a film, which is in memory until it is saved: two minutes and a half, 50 MB. */
const MOST = 2000;

export interface Day {
  readonly cam: string;
  /** The camera's time zone, where it told one. */
  readonly zone: string | undefined;
  readonly past: PastPictures;
  /** Where the same is as the edge keeps it. */
  readonly avi: string;
}

/** Pictures for a film: all, or where they are too many every second, third and so on. */
export function picked<T>(frames: readonly T[]): T[] {
  const every = Math.ceil(frames.length / MOST);
  return frames.filter((_, i) => i % every === 0);
}

export function openFilm(day: Day): void {
  const { length } = day.past.frames;
  const frames = picked(day.past.frames);
  const panel = document.createElement("dialog");
  panel.className = "panel";
  panel.setAttribute("aria-labelledby", "film-title");
  panel.innerHTML = `<form method="dialog" class="panel-top"><h2 id="film-title">Save the day</h2>
    <button class="round" aria-label="Close"><svg viewBox="0 0 24 24" aria-hidden="true"><path
    d="M6 6l12 12M18 6L6 18"/></svg></button></form><p role="status"></p><div class="film-view"></div>`;
  const [, note, view] = panel.children;
  const stop = new AbortController();
  panel.addEventListener("close", () => {
    stop.abort();
    panel.remove();
  });
  ask();
  document.body.append(panel);
  panel.showModal();

  function show(said: string, ...parts: readonly Element[]): void {
    view.replaceChildren(...parts);
    setText(note, said);
    view.querySelector<HTMLElement>(".pill")!.focus();
  }

  function ask(): void {
    const [from, to] = [frames[0], frames.at(-1)!].map(({ receivedAt }) => {
      return sinceText(receivedAt, Date.now());
    });
    const all = frames.length === length ? "" : ` of ${length}`;
    const about = `${frames.length}${all} pictures from ${from} to ${to}: ` +
      `a film of ${lasts(frames.length)}.`;
    const clock = Object.assign(document.createElement("input"), {
      type: "checkbox",
      checked: true,
    });
    const label = make("label", "", "check", clock);
    label.append("Show the time in the film");
    show(about, label, row(pill("Make the film", () => void work(clock.checked))));
  }

  async function work(stamped: boolean): Promise<void> {
    const canvas = make("canvas", "", "film") as HTMLCanvasElement;
    const bar = make("progress", "") as HTMLProgressElement;
    bar.max = frames.length;
    bar.setAttribute("aria-label", "Pictures in the film");
    const count = make("p", "");
    show("The film is being made.", canvas, bar, count, row(pill("Cancel", () => panel.close())));
    try {
      done(
        await makeFilm({
          frames,
          canvas,
          signal: stop.signal,
          read,
          caption: ({ capturedAt }) => stamped ? stampText(capturedAt, day.zone) : undefined,
          onDone(at) {
            bar.value = at;
            setText(count, `Picture ${at} of ${frames.length}`);
          },
        }),
      );
    } catch (error) {
      if (!stop.signal.aborted) failed(error instanceof Error ? error.message : String(error));
    }
  }

  async function read(version: number, width: number | undefined): Promise<Jpeg | undefined> {
    for (let tries = 1;; tries++) {
      try {
        return await day.past.picture(version, width, stop.signal);
      } catch (error) {
        if (stop.signal.aborted || tries === TRIES) {
          throw new Error("a picture did not come. Is the network there?", { cause: error });
        }
      }
      await new Promise((go) => setTimeout(go, TRY_AGAIN_MS));
    }
  }

  function done({ blob, type, pictures }: Film): void {
    const name = pictureName(day.cam, frames[0].receivedAt, type);
    const file = new File([blob], name, { type: blob.type });
    const url = URL.createObjectURL(blob);
    // It may still be on its way to the disk.
    panel.addEventListener("close", () => setTimeout(() => URL.revokeObjectURL(url), 10_000));
    const video = make("video", "", "film") as HTMLVideoElement;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    Object.assign(video, { src: url, controls: true, autoplay: !still });
    Object.assign(video, { muted: true, loop: true, playsInline: true, ariaLabel: "The film" });
    const save = Object.assign(make("a", "Download", "pill"), { href: url, download: name });
    const share = pill("Share", () => void navigator.share({ files: [file] }).catch(() => {}));
    const shares = navigator.canShare?.({ files: [file] });
    const gone = frames.length - pictures;
    const said = `${lasts(pictures)}, ${(blob.size / 1e6).toFixed(1)} MB` +
      (shares ? "" : `, saved as ${name}`) +
      (gone > 0 ? `; ${gone} ${gone > 1 ? "pictures were" : "picture was"} gone meanwhile` : "");
    show(`${said}.`, video, row(...shares ? [share, save] : [save]));
    // The share sheet opens only for a tap.
    if (!shares) save.click();
  }

  function failed(reason: string): void {
    const avi = Object.assign(make("a", "Download an AVI", "pill"), {
      href: day.avi,
      download: "",
    });
    const otherwise = "An AVI of the same pictures plays on computers, seldom on phones.";
    show(`The film could not be made: ${reason} ${otherwise}`, row(pill("Try again", ask), avi));
  }
}

function lasts(pictures: number): string {
  const seconds = Math.max(1, Math.round(pictures / FILM_FPS));
  return `${seconds} ${seconds > 1 ? "seconds" : "second"}`;
}

function pill(text: string, act: () => void): HTMLElement {
  const button = Object.assign(make("button", text, "pill"), { type: "button" });
  button.addEventListener("click", act);
  return button;
}

function row(...parts: readonly Element[]): HTMLElement {
  return make("div", "", "copying", ...parts);
}
