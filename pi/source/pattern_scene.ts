// The drawn parts of the pattern camera's pictures, as SVG: what both scenes have, and a garden with a
// robin on a branch. No text elements: a Pi without a desktop has no fonts.

/** A scene is drawn for this size and scaled to the one asked for. */
export const SCENE_WIDTH = 1280;
export const SCENE_HEIGHT = 720;

interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly svg: string;
}

/** What moves, in the daylight: which drawing, and where its upper left corner is. */
export type Actor = readonly [name: string, x: number, y: number];

/** What a pattern camera looks at. */
export interface Scene {
  /** How far down the sky goes, as a part of the height; below, the land or its mirror image. */
  readonly horizon: number;
  /** What stands still under the sky, as it looks at noon. */
  readonly land: string;
  /** What shines at night. */
  readonly lamps: string;
  readonly drawings: Readonly<Record<string, Drawing>>;
  actors(seconds: number): readonly Actor[];
  /** How far clouds are at second 0. */
  readonly clouds: number;
}

/** What floats in every sky. */
export const CLOUDS: Readonly<Record<"cloud" | "wisp", Drawing>> = {
  cloud: {
    width: 420,
    height: 150,
    svg: `<defs><filter id="soft" x="-20%" y="-40%" width="140%" height="180%">
<feGaussianBlur stdDeviation="13"/></filter></defs>
<g fill="#fffaf2" fill-opacity=".82" filter="url(#soft)"><ellipse cx="205" cy="92" rx="150" ry="24"/>
<ellipse cx="150" cy="76" rx="62" ry="32"/><ellipse cx="232" cy="62" rx="70" ry="38"/>
<ellipse cx="300" cy="84" rx="54" ry="24"/></g>`,
  },
  wisp: {
    width: 360,
    height: 90,
    svg: `<defs><filter id="soft" x="-20%" y="-60%" width="140%" height="220%">
<feGaussianBlur stdDeviation="10"/></filter></defs>
<g fill="#fffaf2" fill-opacity=".6" filter="url(#soft)"><ellipse cx="180" cy="48" rx="140" ry="12"/>
<ellipse cx="150" cy="40" rx="80" ry="14"/><ellipse cx="236" cy="54" rx="70" ry="10"/></g>`,
  },
};

/** A gradient from one height of the scene to another. */
export function gradient(id: string, y1: number, y2: number, one: string, other: string): string {
  const [from, to] = [one, other].map((stop) => {
    const [colour, opacity = 1] = stop.split(" ");
    return `stop-color="${colour}" stop-opacity="${opacity}"/>`;
  });
  return `<linearGradient id="${id}" x1="0" y1="${y1}" x2="0" y2="${y2}" ` +
    `gradientUnits="userSpaceOnUse"><stop offset="0" ${from}<stop offset="1" ${to}</linearGradient>`;
}

/** A garden before the hills, where a robin lives. */
export const GARDEN: Scene = {
  horizon: 0.72,
  clouds: 0,
  land: `${gradient("far", 420, 600, "#7f8fa6 .92", "#a3acb0 .85")}
${gradient("middle", 470, 680, "#5f7480", "#8d9a92")}
${gradient("near", 560, 720, "#3a5456", "#263a3c")}
<path fill="url(#far)" d="M0 505C90 470 150 452 235 470S380 520 470 492 620 430 715 452 860 512 960 494
 1120 438 1195 452 1260 470 1280 478V720H0Z"/>
<path fill="url(#middle)" d="M0 560C120 520 200 545 300 566S500 540 600 530 790 590 900 585 1090 530 1280 566
 V720H0Z"/>
<path fill="url(#near)" d="M0 640C160 600 330 610 480 636S800 668 960 646 1180 612 1280 622V720H0Z"/>
<path fill="#6a4c44" d="M424 608h58v32h-58z"/><path fill="#4a3836" d="M414 610l39-28 39 28z"/>
<g fill="#22323f">
  <path d="M1010 648l16-58 16 58zM1040 646l13-44 13 44zM985 652l11-36 11 36z"/>
  <path d="M250 618l12-40 12 40zM275 620l15-54 15 54zM305 622l10-32 10 32z"/>
</g>
<g fill="none" stroke="#3a2b26" stroke-linecap="round">
  <path stroke-width="20" d="M1300 372C1190 398 1090 392 985 410S830 424 772 440"/>
  <path stroke-width="9" d="M1130 394C1090 360 1068 340 1052 300M1052 300l-22-26M1062 322l20-30"/>
  <path stroke-width="7" d="M900 420c-30 18-52 34-70 62M852 454l-30 2"/>
</g>
<g fill="none" stroke="#6d5446" stroke-linecap="round" stroke-width="3">
  <path d="M1278 370C1190 390 1090 385 985 403S850 415 790 430"/>
</g>
<g fill="#8ea35e">
  <path d="M1028 272c-26-6-38-26-34-46 22 4 36 22 34 46z"/>
  <path d="M1082 292c-4-24 8-42 28-48 8 22-4 42-28 48z"/>
  <path d="M828 484c-20 14-22 34-12 50 18-10 24-30 12-50z"/>
  <path d="M820 456c-18-14-38-12-50 0 12 16 34 16 50 0z" fill="#a3b46c"/>
  <path d="M1052 300c-22 6-32 22-28 40 20-2 32-20 28-40z" fill="#a3b46c"/>
</g>`,
  lamps:
    `<defs><radialGradient id="light"><stop offset="0" stop-color="#ffd98a" stop-opacity=".75"/>
<stop offset="1" stop-color="#ffc46a" stop-opacity="0"/></radialGradient></defs>
<circle cx="453" cy="624" r="64" fill="url(#light)"/>
<path fill="#ffe3a3" d="M433 618h12v12h-12zM460 618h12v12h-12z"/>`,
  drawings: {
    bird: { width: 150, height: 140, svg: bird("open") },
    birdBlinking: { width: 150, height: 140, svg: bird("closed") },
    birdTurned: {
      width: 150,
      height: 140,
      svg: `<g transform="matrix(-1 0 0 1 150 0)">${bird("open")}</g>`,
    },
  },
  actors(seconds) {
    // A round of 24 seconds: look about, hop along the branch and back, breathe, blink.
    const round = seconds % 24;
    const turned = (round > 7 && round < 9) || (round > 15 && round < 23);
    const along = hop(round, 8) - hop(round, 22);
    const jump = Math.sin(Math.PI * (hop(round, 8) % 1)) + Math.sin(Math.PI * (hop(round, 22) % 1));
    const blinking = round % 3.8 < 0.25;
    const name = turned ? "birdTurned" : blinking ? "birdBlinking" : "bird";
    const breath = Math.sin(seconds * 2.2) * 1.2;
    return [[name, 880 + along * 46, 282 - along * 6 - jump * 26 + breath]];
  },
};

/** How far a hop that starts at `from` and takes half a second has come: 0 to 1. */
function hop(seconds: number, from: number): number {
  return Math.min(1, Math.max(0, (seconds - from) * 2));
}

/** A robin that looks to the left; its feet stand at (78, 132). */
function bird(eye: "open" | "closed"): string {
  return `<path fill="#5b4a3d" d="M104 84l44 26-7 8-46-14z"/>
<path stroke="#54382a" stroke-width="4" fill="none" stroke-linecap="round" d="M72 112l-2 19m-9 1h16M88 112l1 19m-8 1h16"/>
<ellipse cx="72" cy="86" rx="36" ry="32" fill="#f1e6d8"/>
<path fill="#6f5a48" d="M50 50C62 40 92 42 110 62S128 98 122 104 92 106 78 84 44 60 50 50Z"/>
<path fill="#59483a" d="M84 66c22 2 36 16 42 38-22 2-40-10-46-24z"/>
<path fill="#d9682f" d="M38 52c-8 16-6 36 8 46 18 6 34-4 34-24S62 42 50 40z"/>
<circle cx="52" cy="46" r="25" fill="#6f5a48"/>
<path fill="#d9682f" d="M30 42c8-10 22-10 28 2s2 30-10 32-26-16-18-34z"/>
<path fill="#3d3330" d="M30 40L10 46l20 8z"/>
${
    eye === "open"
      ? '<circle cx="46" cy="40" r="5.5" fill="#1d1715"/><circle cx="44" cy="38" r="1.8" fill="#fff"/>'
      : '<path d="M40 41q6 4 12 0" stroke="#1d1715" stroke-width="3" fill="none" stroke-linecap="round"/>'
  }`;
}
