// The drawn parts of the pattern camera's picture, as SVG: a morning over hills, clouds, and a robin
// on a branch. No text elements: a Pi without a desktop has no fonts.

/** The scene is drawn for this size and scaled to the one asked for. */
export const SCENE_WIDTH = 1280;
export const SCENE_HEIGHT = 720;

/** Everything that does not move. */
export const BACKGROUND = `
<defs>
  <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
    <stop offset="0" stop-color="#35608f"/>
    <stop offset=".38" stop-color="#7ba6c4"/>
    <stop offset=".62" stop-color="#f0d3b2"/>
    <stop offset=".76" stop-color="#f7b98d"/>
  </linearGradient>
  <radialGradient id="glow" cx="890" cy="470" r="430" gradientUnits="userSpaceOnUse">
    <stop offset="0" stop-color="#fff6dc" stop-opacity=".95"/>
    <stop offset=".14" stop-color="#ffe9bd" stop-opacity=".6"/>
    <stop offset="1" stop-color="#ffe0b0" stop-opacity="0"/>
  </radialGradient>
  <linearGradient id="far" x1="0" y1="420" x2="0" y2="600" gradientUnits="userSpaceOnUse">
    <stop offset="0" stop-color="#9a8fa0"/><stop offset="1" stop-color="#d9b6a0"/>
  </linearGradient>
  <linearGradient id="middle" x1="0" y1="470" x2="0" y2="680" gradientUnits="userSpaceOnUse">
    <stop offset="0" stop-color="#66727f"/><stop offset="1" stop-color="#a39a93"/>
  </linearGradient>
  <linearGradient id="near" x1="0" y1="560" x2="0" y2="720" gradientUnits="userSpaceOnUse">
    <stop offset="0" stop-color="#34495a"/><stop offset="1" stop-color="#22323f"/>
  </linearGradient>
</defs>
<rect width="1280" height="720" fill="url(#sky)"/>
<circle cx="890" cy="470" r="34" fill="#fff8e4"/>
<rect width="1280" height="720" fill="url(#glow)"/>
<path fill="url(#far)" d="M0 505C90 470 150 452 235 470S380 520 470 492 620 430 715 452 860 512 960 494
 1120 438 1195 452 1260 470 1280 478V720H0Z"/>
<path fill="url(#middle)" d="M0 560C120 520 200 545 300 566S500 540 600 530 790 590 900 585 1090 530 1280 566
 V720H0Z"/>
<path fill="url(#near)" d="M0 640C160 600 330 610 480 636S800 668 960 646 1180 612 1280 622V720H0Z"/>
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
</g>`;

/** What moves: each drawn once, then laid over the background at places that change. */
export const SPRITES = {
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
  bird: { width: 150, height: 140, svg: bird("open") },
  birdBlinking: { width: 150, height: 140, svg: bird("closed") },
  birdTurned: {
    width: 150,
    height: 140,
    svg: `<g transform="matrix(-1 0 0 1 150 0)">${bird("open")}</g>`,
  },
} as const;

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
