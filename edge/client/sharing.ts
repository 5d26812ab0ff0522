// The share panel: the address, links that end for private cams, and what to paste into other pages.

import { byId, setText } from "./elements.ts";
import { SITE } from "./site.ts";
import { sinceText } from "./times.ts";

/** Makes the panel work. @param cam Whose page this is. */
export function prepareSharing(cam: string): void {
  const panel = byId<HTMLDialogElement>("sharing");
  const address = `${SITE}cams/${cam}`;
  const link = byId<HTMLInputElement>("link");
  link.value = location.pathname === new URL(SITE).pathname ? SITE : address;
  fillSnippets(address, "");
  byId("share").addEventListener("click", () => panel.showModal());
  panel.addEventListener("click", (event) => {
    if (event.target === panel) panel.close();
  });
  for (const button of panel.querySelectorAll<HTMLButtonElement>("[data-copy]")) {
    button.addEventListener("click", () => void copy(button));
  }
  const send = byId("send");
  send.hidden = !("share" in navigator);
  send.addEventListener("click", () => {
    void navigator.share({ title: document.title, url: link.value }).catch(() => {});
  });
  byId("make-link").addEventListener("click", () => void makeLink(cam, link));
}

/** Asks the edge for a link that ends. */
async function makeLink(cam: string, link: HTMLInputElement): Promise<void> {
  const hours = Number(byId<HTMLSelectElement>("hours").value);
  const answer = await fetch(`${SITE}share`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ cam, hours }),
  }).catch(() => undefined);
  if (!answer?.ok) return setText(byId("link-note"), "The link could not be made. Sign in again.");
  const { url, until }: { url: string; until: number } = await answer.json();
  // A proxy may ask the edge under another name than people do, and below another path.
  const address = `${SITE}cams/${cam}`;
  const { search } = new URL(url);
  link.value = address + search;
  fillSnippets(address, search);
  setText(byId("link-note"), `Ends ${sinceText(until, Date.now())}. Shows this camera only.`);
}

function fillSnippets(address: string, query: string): void {
  byId<HTMLTextAreaElement>("snippet-element").value = `<script src="${SITE}embed.js"></script>
<perch-cam src="${address}${query}"></perch-cam>`;
  byId<HTMLTextAreaElement>("snippet-frame").value =
    `<iframe src="${address}/embed${query}" width="640" height="360" allow="fullscreen"></iframe>`;
  byId<HTMLTextAreaElement>("snippet-image").value =
    `<img src="${address}/stream.mjpeg${query}" alt="Live picture">`;
}

async function copy(button: HTMLButtonElement): Promise<void> {
  const field = byId<HTMLInputElement | HTMLTextAreaElement>(button.dataset.copy!);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    // Without HTTPS there is no clipboard; the text is selected, which is the next best thing.
    return;
  }
  const label = button.textContent ?? "";
  setText(button, "Copied");
  setTimeout(() => setText(button, label), 1500);
}
