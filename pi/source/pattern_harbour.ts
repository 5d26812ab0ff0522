// The pattern camera's second scene: a harbour with a lighthouse, a boat that comes by and a gull.

import { gradient, type Scene } from "./pattern_scene.ts";

/** Seconds in which the boat comes by. */
const BOAT_S = 110;

/** A harbour: under its water line the sky is mirrored. */
export const HARBOUR: Scene = {
  horizon: 0.6,
  clouds: 460,
  land: `${gradient("sea", 432, 720, "#3f86a0 .55", "#123f56 .92")}
${gradient("head", 350, 432, "#7f8fa6 .8", "#a3acb0 .7")}
<linearGradient id="tower"><stop stop-color="#fff"/><stop offset="1" stop-color="#b9c1c6"/></linearGradient>
<path fill="url(#head)" d="M300 432C420 404 520 376 640 372S860 410 980 420 1180 400 1280 384V432Z"/>
<rect y="432" width="1280" height="288" fill="url(#sea)"/>
<g stroke="#dff0f4" stroke-opacity=".22" stroke-width="3" stroke-linecap="round">
  <path d="M420 462h70M560 488h110M360 520h60M700 540h90M480 574h130M860 610h120M300 640h90M640 668h150"/>
</g>
<path fill="#4f5a52" d="M0 372C90 352 210 372 300 402S380 430 410 436H0Z"/>
<g>
  <path fill="#c8694f" d="M58 376h62v62H58z"/><path fill="#e0b458" d="M120 364h54v74h-54z"/>
  <path fill="#5f8ea6" d="M174 382h66v56h-66z"/><path fill="#d9d3c6" d="M240 372h50v66h-50z"/>
  <path fill="#4a3836" d="M52 378l37-30 37 30zM114 366l33-28 33 28zM168 384l39-26 39 26zM235 374l30-26 30 26z"/>
  <path fill="#2d3a44" fill-opacity=".75" d="M70 392h12v16H70zM96 392h12v16H96zM132 384h10v16h-10zM152 384h10v16h-10z
   M186 398h12v14h-12zM216 398h12v14h-12zM252 390h10v16h-10zM270 390h10v16h-10z"/>
</g>
<path fill="#5d6468" d="M0 438h420l-14 22H0z"/>
<path fill="#4c5256" d="M1280 500H900c-30 0-54 6-70 18l-26 34h476z"/>
<path fill="#6a7276" d="M1280 496H900c-28 0-50 6-66 16h446z"/>
<path fill="#3c4245" d="M850 492h14v14h-14zM940 486h14v14h-14z"/>
<path fill="url(#tower)" d="M1016 240h48l14 258h-76z"/>
<path fill="#c2463a" d="M1013.200 292h53.600l2.800 52h-59.200zM1008 396h64l2.800 52h-69.600z"/>
<path fill="#2f3a40" d="M1008 230h64v10h-64zM1018 198h44v6h-44z"/>
<path fill="#9fb6bf" d="M1022 204h36v26h-36z"/>
<path fill="#c2463a" d="M1016 198l24-24 24 24z"/>`,
  lamps:
    `<defs><radialGradient id="light"><stop offset="0" stop-color="#fff3c4" stop-opacity=".95"/>
<stop offset=".2" stop-color="#ffe08a" stop-opacity=".5"/>
<stop offset="1" stop-color="#ffd06a" stop-opacity="0"/></radialGradient></defs>
<circle cx="1040" cy="217" r="150" fill="url(#light)"/>
<path fill="#fff3c4" d="M1022 204h36v26h-36z"/>
<g fill="#ffd98a"><path d="M70 392h12v16H70zM132 384h10v16h-10zM152 384h10v16h-10zM216 398h12v14h-12z
 M252 390h10v16h-10z"/></g>
<g fill="#ffd98a" fill-opacity=".28"><path d="M66 466h20l-6 90h-8zM130 466h34l-8 110h-16zM212 466h20l-6 80h-8z
 M248 466h18l-6 90h-8zM1020 560h40l-10 130h-20z"/></g>`,
  drawings: {
    boat: {
      width: 190,
      height: 220,
      svg: `<path fill="#f6f1e6" d="M88 12C112 60 128 112 132 160H88z"/>
<path fill="#d9694a" d="M80 30C58 76 40 118 34 160h46z"/>
<path fill="#4a3836" d="M82 6h4v166h-4z"/>
<path fill="#2f5f7f" d="M16 168h156c-8 22-20 34-32 38H46c-14-6-24-20-30-38z"/>
<path fill="#f6f1e6" d="M16 168h156l-3 8H19z"/>
<path fill="#dff0f4" fill-opacity=".35" d="M10 204c30 8 140 8 172 0-20 12-150 12-172 0z"/>`,
    },
    gull: {
      width: 70,
      height: 34,
      svg: `<path fill="none" stroke="#f4f6f6" stroke-width="6" stroke-linecap="round"
d="M5 8c12-4 22 2 30 14C43 10 53 4 65 8"/><circle cx="35" cy="22" r="5" fill="#e8ecec"/>`,
    },
  },
  actors(seconds) {
    const way = seconds % BOAT_S / BOAT_S;
    return [
      ["gull", 600 + 330 * Math.sin(seconds / 9), 210 + 60 * Math.sin(seconds / 4)],
      ["boat", -190 + 1470 * way, 400 + 5 * Math.sin(seconds * 1.3)],
    ];
  },
};
