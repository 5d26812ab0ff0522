// GET and HEAD /live.jpeg: the newest frame, or 304 where the client has it.

import type { Context, Handler } from "hono";
import { z } from "zod";
import { HEADER } from "../../../shared/wire.ts";
import type { CameraHub } from "../cameras/camera.ts";
import type { EdgeDeps } from "../edge.ts";
import type { LiveFrame } from "../ingest/ingest.ts";
import { problem } from "../problem.ts";
import { awaitNews, NO_PLACE } from "./admit.ts";
import { cameraOf, camOf, knownBy, route, wait, width } from "./request.ts";

/** A CDN answers all pollers of one second from one request. */
const PUBLIC_CACHE = "public, max-age=0, s-maxage=1, stale-while-revalidate=5";
const PRIVATE_CACHE = "private, no-cache";

/** The answers of one camera, while its frame and what else they say are the same. */
interface Ready {
  readonly frame: LiveFrame;
  readonly key: string;
  readonly full: Response;
  readonly unchanged: Response;
}

export function getLive(deps: EdgeDeps): Handler {
  const { config, hub, limits, metrics } = deps;
  const cacheControl = config.viewToken === undefined ? PUBLIC_CACHE : PRIVATE_CACHE;
  const sent = metrics.counter("perch_stills_sent_total", "Answers of /live.jpeg with a frame.");
  const same = metrics.counter("perch_stills_unchanged_total", "304 answers of /live.jpeg.");
  const known = new WeakMap<CameraHub, Ready>();

  return route({
    summary: "The newest picture",
    query: z.object({ wait, w: width }),
    headers: z.object({
      "If-None-Match": z.string().optional().describe("the ETag of the picture known already"),
      "If-Modified-Since": z.string().optional().describe("its Last-Modified, without an ETag"),
    }),
    answers: {
      200: ["the picture", ["image/jpeg"], {
        ETag: "its version",
        Age: "seconds since it came",
        [HEADER.state]: "live, idle, stale or offline",
        [HEADER.captured]: "Unix ms at which it was taken",
      }],
      304: "the one that is known",
    },
    problems: [404, 501, ...NO_PLACE],
  }, (context, query) => {
    const { wait, w } = query();
    const isPlain = context.req.method === "GET" && wait === 0 && w === undefined;
    const camera = isPlain ? hub.known(camOf(context)) : undefined;
    const frame = camera?.latest.value;
    if (!frame || camera!.lostMs >= 0) return getOther(context, wait, w);
    // Asked for as it is, a picture waits for nothing: a promise would cost a crowd a tenth more.
    camera!.viewers.poll(limits.poller(context));
    return shared(camera!, frame, knownBy(context)(frame));
  });

  async function getOther(context: Context, wait: number, width: number | undefined) {
    const camera = hub.fresh(camOf(context)) ?? await cameraOf(context, hub);
    if (width !== undefined) await deps.renditions.ready();
    const isKnown = knownBy(context);
    const isNews = () => camera.latest.value && !isKnown(camera.latest.value);
    await awaitNews(context, deps, [camera], isNews, context.req.method === "GET" ? wait : 0);
    const frame = camera.latest.value;
    if (!frame) return problem(404, `Camera ${camera.cam} has sent no frame yet.`);
    const isSame = isKnown(frame);
    if (width === undefined || isSame) return shared(camera, frame, isSame);
    const { jpeg } = await deps.renditions.get(frame, width);
    sent.value++;
    return answer(camera, frame, jpeg);
  }

  /**
   * The answer that all pollers share. Deno copies the bytes of every Response it makes, but not of one it
   * clones: one for a frame, cloned for each poller, saves a third of a poll's CPU time.
   */
  function shared(camera: CameraHub, frame: LiveFrame, isSame: boolean): Response {
    const key = `${camera.state} ${ageInSeconds(camera)}`;
    let ready = known.get(camera);
    if (ready?.frame !== frame || ready.key !== key) {
      const unchanged = new Response(null, { status: 304, headers: headers(camera, frame) });
      ready = { frame, key, unchanged, full: answer(camera, frame, frame.jpeg) };
      known.set(camera, ready);
    }
    (isSame ? same : sent).value++;
    return (isSame ? ready.unchanged : ready.full).clone();
  }

  function answer(camera: CameraHub, frame: LiveFrame, jpeg: Uint8Array<ArrayBuffer>): Response {
    const about = { "content-type": "image/jpeg", "content-length": String(jpeg.length) };
    return new Response(jpeg, { headers: { ...headers(camera, frame), ...about } });
  }

  function headers(camera: CameraHub, frame: LiveFrame): Record<string, string> {
    return {
      etag: frame.etag,
      "last-modified": new Date(frame.receivedAt).toUTCString(),
      "cache-control": cacheControl,
      age: String(ageInSeconds(camera)),
      "x-content-type-options": "nosniff",
      "referrer-policy": "same-origin",
      [HEADER.state]: camera.state,
      [HEADER.captured]: String(frame.capturedAt),
    };
  }
}

function ageInSeconds(camera: CameraHub): number {
  return Math.floor((camera.ageMs ?? 0) / 1000);
}
