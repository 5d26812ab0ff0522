// The share panel: a link to what is shown, and its picture; links that end for private cams; and what to
// paste into other pages.

import { SITE } from "./address.ts";
import { byId, make, setText } from "./elements.ts";
import { TITLE } from "./face.ts";
import type { Player } from "./playback.ts";
import { pictureName, sinceText } from "./times.ts";

/** What opens a private cam to others. */
interface Pass {
  readonly share: string;
  /** When it ends, Unix ms. */
  readonly until: number;
}

/** Makes the panel work. @param cam Whose page this is. @param role Who looks at it. */
export function prepareSharing(cam: string, role: string, player: Player): void {
  const panel = byId<HTMLDialogElement>("sharing");
  const link = byId<HTMLInputElement>("link");
  const send = byId("send");
  const code = byId<HTMLDetailsElement>("code");
  let pass: Pass | undefined;
  const ends = () => pass && sinceText(pass.until, Date.now());

  /** Says where to find what is shown now. */
  const show = () => {
    const { past } = player;
    link.value = linkTo(cam, past?.version, pass);
    setText(byId("sharing-title"), past ? "Share this moment" : "Share this cam");
    const taken = past && sinceText(past.receivedAt, Date.now());
    const moment = past ? `Opens with this picture of ${taken}. ` : "";
    const whom = pass
      ? `Ends ${ends()}. Shows this camera only.`
      : "Asks others for the view token.";
    setText(byId("link-note"), moment + (role === "owner" ? whom : ""));
    const sent = toSend();
    send.hidden = !("share" in navigator) || Object.keys(sent).length === 0;
    setText(
      send,
      !sent.files ? "Send the link" : sent.url ? "Send picture and link" : "Send the picture",
    );
    // Without a pass they would show nobody anything.
    byId("snippets").hidden = role === "owner" && !pass;
    setText(
      byId("snippets-note"),
      pass ? `Shows the picture until ${ends()}, when the link ends.` : "",
    );
    fillSnippets(cam, pass);
    void drawCode();
  };

  const drawCode = async () => {
    if (!code.open) return;
    const script = new URL(code.dataset.script!, document.baseURI).href;
    try {
      const { qrCode } = await import(script) as typeof import("./qr.ts");
      code.querySelector("img")!.src = qrCode(link.value);
      code.scrollIntoView({ block: "nearest" });
    } catch {
      // The script did not come.
      code.open = false;
    }
  };

  /** The picture that is shown, where the device sends pictures; the link, where it is of use to others. */
  const toSend = (): ShareData => {
    const { shown } = player;
    const files = shown &&
      [new File([shown.jpeg], pictureName(cam, shown.takenAt), { type: "image/jpeg" })];
    return {
      ...files && navigator.canShare?.({ files }) ? { files } : {},
      ...role === "guest" ? {} : { title: TITLE, url: link.value },
    };
  };

  const makeLink = async () => {
    const hours = Number(byId<HTMLSelectElement>("hours").value);
    const answer = await fetch(`${SITE}share`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ cam, hours }),
    }).catch(() => undefined);
    if (!answer?.ok) {
      return setText(byId("link-note"), "The link could not be made. Sign in again.");
    }
    const { url, until }: { url: string; until: number } = await answer.json();
    pass = { share: new URL(url).searchParams.get("share")!, until };
    show();
  };

  byId("share").addEventListener("click", () => {
    show();
    panel.showModal();
  });
  code.addEventListener("toggle", () => void drawCode());
  panel.addEventListener("click", (event) => {
    if (event.target === panel) panel.close();
  });
  for (const button of panel.querySelectorAll<HTMLButtonElement>("[data-copy]")) {
    button.addEventListener("click", () => void copy(button));
  }
  send.addEventListener("click", () => void navigator.share(toSend()).catch(() => {}));
  byId("make-link").addEventListener("click", () => void makeLink());
}

/** The address for others. A proxy may ask the edge under another name than people do, or below a path. */
function linkTo(cam: string, at: number | undefined, pass: Pass | undefined): string {
  const front = location.pathname === new URL(SITE).pathname && at === undefined && !pass;
  const url = new URL(front ? SITE : `${SITE}cams/${cam}`);
  if (at !== undefined) url.searchParams.set("at", String(at));
  if (pass) url.searchParams.set("share", pass.share);
  return url.href;
}

function fillSnippets(cam: string, pass: Pass | undefined): void {
  const address = `${SITE}cams/${cam}`;
  const query = pass ? `?share=${pass.share}` : "";
  const title = make("i", document.querySelector("h1")!.textContent!).innerHTML.replaceAll(
    '"',
    "&quot;",
  );
  const { width, height } = byId<HTMLCanvasElement>("picture");
  const fits = `style="border:0;width:100%;aspect-ratio:${width}/${height}"`;
  const fill = (id: string, text: string) => byId<HTMLTextAreaElement>(id).value = text;
  fill(
    "snippet-element",
    `<script src="${SITE}embed.js"></script>\n<perch-cam src="${address}${query}"></perch-cam>`,
  );
  fill(
    "snippet-frame",
    `<iframe src="${address}/embed${query}" title="${title}" ${fits} allow="fullscreen"></iframe>`,
  );
  fill("snippet-image", `<img src="${address}/stream.mjpeg${query}" alt="${title}" ${fits}>`);
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
