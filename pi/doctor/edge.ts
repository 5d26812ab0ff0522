// Checks of the way to the edge. Pure.

import type { Verdict } from "../uploader/transport.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

/**
 * What an answer of the edge says about address and token.
 *
 * @param ms How long it took.
 */
export function edgeFindings(url: string, verdict: Verdict, ms: number): Finding[] {
  const [reach, token] = ["edge", "token"];
  const took = `${url} answers in ${Math.round(ms)} ms`;
  const known = verdict.kind === "refused" && (verdict.status === 401 || verdict.status === 403);
  if (verdict.kind === "accepted" || known) {
    const slow = ms > 1500;
    const reached = slow
      ? warn(reach, took, "a slow way to the edge: pictures come late, or not at all")
      : ok(reach, took);
    if (!known) return [reached, ok(token, "accepted")];
    const fix = "PERCH_TOKEN here must be one of PERCH_PUBLISH_TOKENS there, for this PERCH_CAM";
    return [reached, fail(token, `${verdict.status} ${verdict.detail}`, fix)];
  }
  if (verdict.kind === "failed") {
    return [fail(reach, `${url}: ${verdict.detail}`, "check PERCH_URL and this machine's network")];
  }
  const { status, detail } = verdict;
  return [fail(reach, `${url}: ${status} ${detail}`, "is PERCH_URL the address of a Perch edge?")];
}
