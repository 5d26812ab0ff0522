// The edge's settings: environment in, frozen values or one line per problem out.

import { z } from "zod";
import {
  booleanSetting,
  choiceSetting,
  integerSetting,
  nameSetting,
  numberSetting,
  type Parsed,
  parseSettings,
} from "../../shared/settings.ts";
import { MIN_TOKEN_CHARACTERS, parsePublishTokens, parseViewToken } from "./access/publishers.ts";

/** Every setting of the edge by its name in the environment. */
// deno-fmt-ignore
export const edgeSettings = z.object({
  PORT: integerSetting(0, 65535, "a TCP port").default(8000).meta({ heading: "Everybody", description: "TCP port to listen on; 0 picks a free one" }),
  HOST: z.string().default("0.0.0.0").describe("address to listen on"),
  PERCH_PUBLISH_TOKENS: z.string({ error: "`token`, `cam=token` or `cam=sha256:<hex>`, comma separated, each token at least 16 characters" }).transform(splitList).transform(parsePublishTokens).describe("who may publish: `token`, `cam=token`, `cam=sha256:<hex>`, comma separated"),
  PERCH_KV_PATH: z.string().optional().describe("Deno KV's file, written at most every 10 s, or `:memory:`; unset = the platform's own"),
  PERCH_TITLE: nameSetting(100).default("Perch").describe("name shown on the page"),
  PERCH_VIEW_TOKEN: z.string().transform(parseViewToken).optional().meta({ heading: "A cam that only some may watch", description: "if set, only people who know it may watch" }),
  PERCH_SHARE_KEY: z.string().min(16, "at least 16 characters").optional().describe("signs share links of a private cam; another key ends them all"),
  PERCH_FPS: numberSetting(0.1, 60, "frames a second").default(10).meta({ heading: "Pictures and the past", description: "most frames a second asked of a camera while somebody watches" }),
  PERCH_IDLE_INTERVAL_S: numberSetting(1, 3600, "seconds").default(10).describe("seconds between frames while nobody watches"),
  PERCH_KEYFRAME_S: numberSetting(1, 86400, "seconds").default(300).describe("seconds between keyframes kept as history"),
  PERCH_HISTORY_H: numberSetting(0, 8760, "hours").default(24).describe("hours of keyframes kept"),
  PERCH_STALE_S: numberSetting(1, 86400, "seconds").default(30).describe("seconds without a frame until a camera counts as stale"),
  PERCH_MAX_FRAME_BYTES: integerSetting(1024, 64 * 1024 * 1024, "bytes").default(4 * 1024 * 1024).meta({ heading: "Limits", description: "largest frame taken" }),
  PERCH_MAX_VIEWERS: integerSetting(1, 100_000, "viewers").default(1000).describe("most streams and sockets served at once by this instance"),
  PERCH_MAX_VIEWERS_PER_ADDRESS: integerSetting(1, 100_000, "viewers").default(50).describe("most streams and sockets served at once to one client address"),
  PERCH_MAX_UPLOADS_PER_S: integerSetting(1, 10_000, "requests a second").default(500).describe("most requests a second taken from one camera"),
  PERCH_TRUST_PROXY: integerSetting(0, 10, "reverse proxies").default(0).meta({ heading: "Behind a reverse proxy, and beside other sites", description: "reverse proxies in front whose `X-Forwarded-For` and `-Proto` are believed" }),
  PERCH_CORS_ORIGINS: z.string().transform(readOrigins).default([]).describe("origins whose pages may read everything that viewers may, comma separated; `*` = all"),
  PERCH_EMBED_ORIGINS: z.string().transform(readOrigins).default(["*"]).describe("origins that may embed the cam, comma separated; `*` = all, `none` = nobody"),
  PERCH_VIEWER_SOCKETS: booleanSetting().default(false).meta({ heading: "Seldom wanted", description: "answer viewers' WebSockets at `/ws`; Deno bounds no message, one viewer can take all memory" }),
  PERCH_LEGACY_UPLOAD: booleanSetting().default(false).describe("also take `POST /?password=…` as the older Flask cam did"),
  PERCH_STRIP_METADATA: booleanSetting().default(true).describe("take EXIF with GPS and comments out of uploaded frames"),
  PERCH_LOG: choiceSetting(["text", "json"]).default("text").describe("how log lines are written"),
});

export type EdgeConfig = Readonly<ReturnType<typeof configOf>>;

export function parseEdgeConfig(
  env: Readonly<Record<string, string | undefined>>,
): Parsed<EdgeConfig> {
  const parsed = parseSettings(edgeSettings, env);
  if (parsed.ok) return { ...parsed, config: Object.freeze(configOf(parsed.config)) };
  const { PERCH_LEGACY_UPLOAD } = edgeSettings.shape;
  const legacy = PERCH_LEGACY_UPLOAD.safeParse(env.PERCH_LEGACY_UPLOAD).data;
  return legacy ? { ok: false, problems: parsed.problems.map(withWayOut) } : parsed;
}

/** A password of the older cam could be of any length: who comes from there is told how to go on. */
function withWayOut(problem: string): string {
  return /^PERCH_PUBLISH_TOKENS: .*, wanted tokens of at least /.test(problem)
    ? `${problem}: put a new password of ${MIN_TOKEN_CHARACTERS} characters or more here and into ` +
      "the older camera's script, for instance what `openssl rand -hex 16` prints"
    : problem;
}

/** The settings as the edge names them, times in ms. */
function configOf(set: z.output<typeof edgeSettings>) {
  return {
    port: set.PORT,
    host: set.HOST,
    publishTokens: set.PERCH_PUBLISH_TOKENS,
    viewToken: set.PERCH_VIEW_TOKEN,
    shareKey: set.PERCH_SHARE_KEY,
    kvPath: set.PERCH_KV_PATH,
    fps: set.PERCH_FPS,
    idleIntervalMs: set.PERCH_IDLE_INTERVAL_S * 1000,
    keyframeMs: set.PERCH_KEYFRAME_S * 1000,
    historyMs: set.PERCH_HISTORY_H * 3_600_000,
    staleMs: set.PERCH_STALE_S * 1000,
    maxFrameBytes: set.PERCH_MAX_FRAME_BYTES,
    maxViewers: set.PERCH_MAX_VIEWERS,
    maxViewersPerAddress: set.PERCH_MAX_VIEWERS_PER_ADDRESS,
    maxUploadsPerSecond: set.PERCH_MAX_UPLOADS_PER_S,
    trustedProxies: set.PERCH_TRUST_PROXY,
    corsOrigins: set.PERCH_CORS_ORIGINS,
    embedOrigins: set.PERCH_EMBED_ORIGINS,
    title: set.PERCH_TITLE,
    viewerSockets: set.PERCH_VIEWER_SOCKETS,
    legacyUpload: set.PERCH_LEGACY_UPLOAD,
    stripMetadata: set.PERCH_STRIP_METADATA,
    log: set.PERCH_LOG,
  };
}

function splitList(text: string): string[] {
  return text.split(",").map((item) => item.trim()).filter((item) => item !== "");
}

/** What browsers call a site, or what stands for several. */
const ORIGIN = /^(?:\*|none|null|[a-z][a-z\d+.-]*:\/\/[^\s/;,?#@]+)$/;

/** Reads sites; a slash behind one, which no browser sends, is forgiven. */
function readOrigins(text: string, context: z.RefinementCtx): string[] {
  const origins = splitList(text).map((item) => item.toLowerCase().replace(/\/$/, ""));
  if (!origins.every((origin) => ORIGIN.test(origin))) {
    const message =
      "origins such as https://example.org, comma separated, with nothing behind the host";
    context.addIssue({ code: "custom", message });
  }
  return origins;
}
