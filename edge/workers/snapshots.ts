// Public snapshots as everybody may have them for a second: answered in front of the object, however
// many ask.

import { knownBy } from "../core/routes/request.ts";
import type { WorkerContext } from "./runtime.ts";

/** As the edge says of them: `s-maxage`, and `stale-while-revalidate` while somebody fetches the next. */
const FRESH_MS = 1000;
const STALE_MS = 5000;

/** Whoever fetches the next is not waited for longer than this, and looked for so often, ms. */
const PATIENCE_MS = 2000;
const LOOK_MS = 20;

/** Snapshots that are kept at once: cameras and widths. */
const MAX_KEPT = 100;

/** Times are Unix ms. */
interface Kept {
  readonly body: ArrayBuffer;
  readonly headers: Headers;
  readonly at: number;
}

const places = new Map<string, { kept?: Kept; askedAt: number }>();

/** What a public snapshot is kept under; undefined for every other request. */
export function snapshotKey({ method, url, headers }: Request): string | undefined {
  const { origin, pathname, searchParams } = new URL(url);
  if (method !== "GET" || !/^(\/cams\/[a-z0-9-]+)?\/live\.jpeg$/.test(pathname)) return undefined;
  if (searchParams.has("wait")) return undefined;
  // What is answered to these is theirs alone.
  if (headers.has("authorization") || headers.has("origin")) return undefined;
  // Anything else in the query is there to get past caches.
  const width = searchParams.get("w");
  return origin + pathname + (width === null ? "" : `?w=${encodeURIComponent(width)}`);
}

/**
 * Answers with what is kept, or what `ask` gets.
 *
 * Of many who come at once one asks. The others get the picture before, or look again and again
 * whether the first is there: a promise of another request may not be awaited.
 */
export async function snapshot(
  key: string,
  request: Request,
  ask: (request: Request) => Promise<Response>,
  context: WorkerContext,
): Promise<Response> {
  const place = places.get(key) ?? { askedAt: -Infinity };
  places.delete(key);
  places.set(key, place);
  if (places.size > MAX_KEPT) places.delete(places.keys().next().value!);
  for (const until = Date.now() + PATIENCE_MS;;) {
    const now = Date.now();
    const ageMs = place.kept ? now - place.kept.at : Infinity;
    const asking = now - place.askedAt < PATIENCE_MS;
    if (place.kept && (ageMs < FRESH_MS || (asking && ageMs < STALE_MS))) {
      return answer(place.kept, request, ageMs);
    }
    if (!asking || now >= until) break;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  place.askedAt = Date.now();
  try {
    const { caches } = globalThis as unknown as { readonly caches: { readonly default: Cache } };
    // Shared by all who come to the same data centre; a runtime of one's own may have none.
    const shared = await caches.default.match(key).catch(() => undefined);
    const response = shared ?? await ask(new Request(key));
    if (response.status !== 200) return response;
    const kept = { body: await response.arrayBuffer(), headers: response.headers, at: Date.now() };
    place.kept = kept;
    if (!shared) {
      const copy = new Response(kept.body, { headers: kept.headers });
      context.waitUntil(caches.default.put(key, copy).catch(() => {}));
    }
    return answer(kept, request, 0);
  } finally {
    place.askedAt = -Infinity;
  }
}

function answer({ body, headers: known }: Kept, request: Request, ageMs: number): Response {
  const headers = new Headers(known);
  headers.set("age", String(Math.floor(Number(known.get("age") ?? 0) + ageMs / 1000)));
  const picture = {
    etag: known.get("etag") ?? "",
    receivedAt: Date.parse(known.get("last-modified") ?? ""),
  };
  const header = (name: string) => request.headers.get(name) ?? undefined;
  if (!knownBy({ req: { header } })(picture)) return new Response(body, { headers });
  headers.delete("content-length");
  headers.delete("content-type");
  return new Response(null, { status: 304, headers });
}
