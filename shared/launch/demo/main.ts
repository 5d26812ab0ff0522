// The edge of `deno task demo`: the ordinary one, over a store that has a day of pictures already.

import { parseEdgeConfig } from "../../../edge/core/config.ts";
import { logUncaught, run } from "../../../edge/deno/serve.ts";
import { systemClock as clock } from "../../clock.ts";
import { DEFAULT_CAM } from "../../frame.ts";
import { createLog } from "../../log.ts";
import { DemoStore } from "./store.ts";

const parsed = parseEdgeConfig(Deno.env.toObject());
if (!parsed.ok) refuse(parsed.problems);
const { config } = parsed;
const log = createLog({ format: config.log, write: console.log, now: clock.now });
logUncaught(globalThis, log);
const stopping = new AbortController();
const store = new DemoStore({
  clock,
  cam: Deno.env.get("PERCH_CAM") || DEFAULT_CAM,
  retentionMs: config.historyMs,
  signal: stopping.signal,
});
const stop = await run(config, { clock, log, store }).catch((error) => refuse([error.message]));

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.addSignalListener(signal, async () => {
    stopping.abort();
    await stop();
    Deno.exit(0);
  });
}

function refuse(problems: readonly string[]): never {
  for (const problem of problems) console.error(problem);
  Deno.exit(2);
}
