// What the keys do, told when somebody asks with `?`. Each button's title names its own.

import { byId, make } from "./elements.ts";

/** What keys without a button do. */
const OTHERS: readonly [keys: string, what: string][] = [
  ["← →", "One picture earlier or later; where magnified, move it"],
  ["⇧ ← →", "One hour earlier or later"],
  ["+ −", "Magnify"],
  ["?", "These keys"],
];

/** Shows them all. */
export function showKeys(): void {
  // Neither is there where the browser cannot; the others come and go.
  const named = 'button[title$=")"]:not(:is(#pip, #fullscreen)[hidden])';
  const buttons = [...document.querySelectorAll<HTMLElement>(named)].map(({ title }) => {
    const [, what, key] = /^(.*) \((.*)\)$/.exec(title)!;
    return [key, what] as const;
  });
  byId("all-keys").replaceChildren(
    ...[...buttons, ...OTHERS].flatMap(([key, what]) => [
      make("dt", "", "", make("kbd", key)),
      make("dd", what),
    ]),
  );
  byId<HTMLDialogElement>("keys").showModal();
}
