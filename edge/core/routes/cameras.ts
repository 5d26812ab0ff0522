// How cameras are: what viewers are told of them, what they say themselves when they have no picture,
// what is wanted of them, and the end of one that is not used any more.

import type { Handler } from "hono";
import { z } from "zod";
import { mayPublish, secretsOf, tokenOf } from "../access/publishers.ts";
import type { EdgeDeps } from "../edge.ts";
import { costReportSchema } from "../metrics.ts";
import { within } from "../../../shared/timeout.ts";
import { isCamId } from "../../../shared/frame.ts";
import { cameraStatusSchema, demandSchema, reportSchema } from "../../../shared/wire.ts";
import {
  cameraOf,
  camOf,
  listeningCamera,
  NO_STORE,
  number,
  publishedCamera,
  readJson,
  refuseAtEnd,
  rootOf,
  route,
  unixMs,
} from "./request.ts";
import { problem } from "../problem.ts";
import type { ViewerPages } from "../pages/page.ts";

const statusSchema = cameraStatusSchema.extend({ now: unixMs, cost: costReportSchema.optional() })
  .meta({ title: "Status" });
const camerasSchema = z.object({ now: unixMs, cams: z.array(cameraStatusSchema) })
  .meta({ title: "Cameras" });

export function getStatus(deps: EdgeDeps): Handler {
  return route({
    summary: "How the camera is",
    answers: { 200: ["its state; for its publisher also the cost", [statusSchema]] },
    problems: [404],
  }, async (context) => {
    const camera = await cameraOf(context, deps.hub);
    const status = { now: deps.clock.now(), ...camera.status() };
    const token = tokenOf(context, deps.config.trustedProxies);
    const known = await secretsOf(deps.config.publishTokens, token);
    const told = mayPublish(known, camera.cam) ? { ...status, cost: deps.cost.report() } : status;
    return context.json(told, 200, NO_STORE);
  });
}

export function getCams(deps: EdgeDeps, pages: ViewerPages): Handler {
  return route({
    summary: "How all cameras are; for browsers a page that shows them",
    answers: { 200: ["by Accept", [camerasSchema, "text/html"]] },
  }, async (context) => {
    context.header("vary", "Accept");
    await deps.hub.refresh();
    const cams = deps.hub.byName.map((camera) => camera.status());
    if ((context.req.header("accept") ?? "").includes("text/html")) {
      return pages.wall(context, cams);
    }
    return context.json({ now: deps.clock.now(), cams }, 200, NO_STORE);
  });
}

export function putReport({ hub }: EdgeDeps): Handler {
  return route({
    summary: "Say how a camera is when it has no picture",
    body: reportSchema.meta({ title: "Report" }),
    answers: { 204: "kept" },
    problems: [422, 503],
  }, async (context) => {
    const camera = publishedCamera(camOf(context), hub);
    const report = await readJson(context, "report", reportSchema);
    camera.report = report;
    camera.about = { name: report.name, zone: report.zone };
    return new Response(null, { status: 204 });
  });
}

export function getDemand({ hub, clock }: EdgeDeps): Handler {
  return route({
    summary: "How fast pictures are wanted: a long poll for cameras",
    query: z.object({
      interval: number(0, 86_400_000).optional().describe("the interval known already, in ms"),
      wait: number(0, 60).default(0).describe("seconds to hold the answer while that is right"),
    }),
    answers: { 200: ["what is wanted", [demandSchema.meta({ title: "Demand" })]] },
    problems: [503],
  }, async (context, query) => {
    const { contact, demand } = listeningCamera(camOf(context), hub);
    const { interval, wait } = query();
    const hangUp = contact.listen();
    await within(clock, wait * 1000, context.req.raw.signal, async (signal) => {
      while (demand.value?.interval === interval) await demand.next(demand.seq, signal);
    }).catch(() => {}).finally(hangUp);
    return context.json(demand.value, 200, NO_STORE);
  });
}

/** 204 once it is gone, or where there was none; one that goes on sending is there again. */
export function deleteCamera({ hub, forget, log }: EdgeDeps): Handler {
  return route({
    summary: "Forget a camera that is not used any more, and its pictures",
    answers: { 204: "gone, or there was none", 303: "the same, for a browser's form" },
    problems: [403, 503],
  }, async (context) => {
    const cam = camOf(context);
    if (!isCamId(cam)) {
      return problem(404, `Forget camera ${JSON.stringify(cam)}: it is no camera id.`);
    }
    refuseAtEnd(hub);
    await forget(cam);
    log.info("a camera and its pictures are forgotten", { cam });
    if (context.req.method === "POST") return context.redirect(`${rootOf(context)}cams`, 303);
    return new Response(null, { status: 204 });
  });
}
