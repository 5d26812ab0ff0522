// <perch-cam src="https://host/cams/garden">: a camera on somebody else's page. Everything lies in a
// shadow tree, so that neither page changes how the other looks.

import { widthFor } from "../../shared/widths.ts";
import styles from "./embed.css" with { type: "text" };
import { make, setText } from "./elements.ts";
import { LiveView } from "./live_view.ts";

const TICK_MS = 500;

/** The element. Attribute `src`: the address of a cam's page, with `?share=` where it is private. */
class PerchCam extends HTMLElement {
  static readonly observedAttributes = ["src"];
  #live: LiveView | undefined;
  #seen: IntersectionObserver | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #onScreen = true;
  readonly #wake = () => {
    if (this.#onScreen && !document.hidden) this.#live?.connection.start();
    else this.#live?.connection.stop();
  };

  connectedCallback(): void {
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    const where = parseSource(this.getAttribute("src") ?? "/");
    const canvas = document.createElement("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", this.getAttribute("alt") ?? `Live picture from ${where.cam}`);
    const label = make("span", "Connecting");
    const badge = make("a", "", "badge") as HTMLAnchorElement;
    badge.href = where.page;
    badge.target = "_blank";
    badge.rel = "noopener";
    badge.append(make("i", ""), label);
    const notice = make("p", "", "notice");
    root.replaceChildren(canvas, notice, badge);
    dress(root);
    const show = () => {
      if (!this.#live) return;
      const words = this.#live.words();
      this.dataset.state = words.kind;
      setText(label, words.label);
      setText(notice, words.headline ?? "");
    };
    const width = () => widthFor(this.clientWidth * devicePixelRatio);
    this.#live = new LiveView({
      cam: where.cam,
      canvas,
      // The page for frames says so; on a page of another site nobody knows yet.
      known: this.dataset.known !== "no",
      transport: () => ({ base: where.base, share: where.share, width: width() }),
      onChange: show,
      onSignIn: () => setText(notice, "This cam is private"),
      onDrawn: show,
    });
    this.#seen = new IntersectionObserver(([entry]) => {
      this.#onScreen = entry.isIntersecting;
      this.#wake();
    });
    this.#seen.observe(this);
    this.#timer = setInterval(show, TICK_MS);
    document.addEventListener("visibilitychange", this.#wake);
  }

  disconnectedCallback(): void {
    this.#seen?.disconnect();
    clearInterval(this.#timer);
    document.removeEventListener("visibilitychange", this.#wake);
    this.#live?.connection.stop();
    this.#live = undefined;
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

/** What an address of a page says: `https://host/`, `https://host/cams/garden?share=…`. */
function parseSource(
  src: string,
): { base: string; cam: string; share: string | undefined; page: string } {
  const url = new URL(src, document.baseURI);
  return {
    base: url.origin,
    cam: /^\/cams\/([a-z0-9-]+)/.exec(url.pathname)?.[1] ?? "cam",
    share: url.searchParams.get("share") ?? undefined,
    page: url.href,
  };
}

if (!customElements.get("perch-cam")) customElements.define("perch-cam", PerchCam);
