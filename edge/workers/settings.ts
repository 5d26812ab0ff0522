// The settings of this home: variables and secrets of the Worker, by the names that they have everywhere.

import type { Parsed } from "../../shared/settings.ts";
import { type EdgeConfig, parseEdgeConfig } from "../core/config.ts";
import type { Bindings } from "./runtime.ts";

const known = new WeakMap<Bindings, Parsed<EdgeConfig>>();

/** The settings, checked once. */
export function settingsOf(env: Bindings): Parsed<EdgeConfig> {
  const found = known.get(env);
  if (found) return found;
  const texts = Object.entries(env).filter(([, value]) => typeof value === "string");
  const parsed = parseEdgeConfig(Object.fromEntries(texts as [string, string][]));
  known.set(env, parsed);
  return parsed;
}
