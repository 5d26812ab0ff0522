// From the first viewer's coming to a picture of now, the real camera agent being idle before.

import { KvConnectServer } from "../kv_connect.ts";
import { quantile } from "../numbered_camera.ts";
import { measureWakes } from "../wake.ts";
import type { Report } from "./scenario.ts";

const TRIES = 50;

/** Both transports, the viewer on the camera's instance and on another one. */
export async function benchWake(report: Report): Promise<void> {
  await using server = new KvConnectServer();
  const dir = await Deno.makeTempDir();
  const stores = [["KV Connect", server.url], ["SQLite file", `${dir}/perch.sqlite3`]] as const;
  for (const transport of ["put", "ws"] as const) {
    await tell(report, `${transport}, one instance`, { kvPath: ":memory:", transport });
    for (const [name, kvPath] of stores) {
      await tell(report, `${transport}, two instances, ${name}`, { kvPath, transport });
    }
  }
  await Deno.remove(dir, { recursive: true });
  report.note(`${TRIES} first viewers each; the camera takes a picture each 200 ms`);
}

async function tell(
  report: Report,
  name: string,
  options: { readonly kvPath: string; readonly transport: "put" | "ws" },
): Promise<void> {
  const elsewhere = options.kvPath !== ":memory:";
  const waits = await measureWakes({ ...options, elsewhere, tries: TRIES });
  report.row(name, {
    "p50 ms": quantile(waits, 0.5),
    "p99 ms": quantile(waits, 0.99),
    "max ms": quantile(waits, 1),
  });
}
