// <perch-cam src="https://host/cams/garden">: a camera on somebody else's page. Everything lies in a
// shadow tree, so that neither page changes how the other looks. All that are on the screen share one
// connection to each edge.

import { widthFor } from "../../shared/widths.ts";
import { Connection } from "./connection.ts";
import styles from "./embed.css" with { type: "text" };
import { make, makeCanvas, setText } from "./elements.ts";
import { LiveView, watchWhile } from "./live_view.ts";

/** By where the edge's site begins. */
const connections = new Map<string, Connection>();
const views = new Set<LiveView>();
const onScreen = new Set<LiveView>();
const look = watchWhile(views, (view) => !document.hidden && onScreen.has(view));

/** The element. Attribute `src`: the address of a cam's page, with `?share=` where it is private. */
class PerchCam extends HTMLElement {
  static readonly observedAttributes = ["src"];
  #leave = () => {};

  connectedCallback(): void {
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    const url = new URL(this.getAttribute("src") ?? "/", document.baseURI);
    const [, site, cam] = /^(.*)\/cams\/([a-z0-9-]+)/.exec(url.pathname) ??
      ["", url.pathname.replace(/\/$/, ""), "cam"];
    const base = `${url.origin}${site}/`;
    const canvas = makeCanvas(this.getAttribute("alt") ?? `Live picture from ${cam}`);
    const label = make("span", "Connecting");
    const badge = make("a", "", "badge", make("i", ""), label) as HTMLAnchorElement;
    badge.href = url.href;
    badge.target = "_blank";
    badge.rel = "noopener";
    const notice = make("p", "", "notice");
    canvas.hidden = true;
    root.replaceChildren(canvas, notice, badge);
    dress(root);
    const connection = connections.get(base) ?? new Connection(base);
    connections.set(base, connection);
    const show = () => {
      const words = view.words();
      this.dataset.state = words.kind;
      setText(label, words.label);
      setText(notice, words.headline ?? "");
    };
    const view = new LiveView({
      cam,
      canvas,
      connection,
      share: url.searchParams.get("share") ?? undefined,
      // The page for frames says so; on a page of another site nobody knows yet.
      known: this.dataset.known !== "no",
      width: () => widthFor(this.clientWidth * devicePixelRatio),
      onChange: show,
      onDrawn: () => {
        canvas.hidden = false;
        show();
      },
    });
    const observer = new IntersectionObserver((entries) => {
      if (entries.at(-1)!.isIntersecting) onScreen.add(view);
      else onScreen.delete(view);
      look();
    });
    views.add(view);
    observer.observe(this);
    this.ondblclick = () => {
      if (document.fullscreenElement) void document.exitFullscreen();
      else void this.requestFullscreen?.().catch(() => {});
    };
    this.#leave = () => {
      observer.disconnect();
      views.delete(view);
      onScreen.delete(view);
      view.rest();
    };
  }

  disconnectedCallback(): void {
    this.#leave();
  }

  attributeChangedCallback(_: string, before: string | null): void {
    if (before === null || !this.isConnected) return;
    this.disconnectedCallback();
    this.connectedCallback();
  }
}

/** A page's policy may forbid style elements; Safari before 16.4 has nothing else. */
function dress(root: ShadowRoot): void {
  if ("adoptedStyleSheets" in root) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(styles);
    root.adoptedStyleSheets = [sheet];
  } else (root as ShadowRoot).append(make("style", styles));
}

if (!customElements.get("perch-cam")) customElements.define("perch-cam", PerchCam);
