// Plays rpicam-vid or rpicam-still on a machine without a camera.
// First argument: the name it is called by. FAKE_RPICAM: what goes wrong (faults.ts).

import { say } from "./banner.ts";
import { attachedCameras, listCameras } from "./cameras.ts";
import { Faults } from "./faults.ts";
import { OPTIONS, type Program } from "./options.ts";
import { OptionError, parseCommandLine } from "./parse.ts";
import { runStill, runVideo } from "./run.ts";
import { settingsOf } from "./settings.ts";
import { readStarts, recordStart } from "./starts.ts";

const VERSION = `rpicam-apps build: v1.13.0 f4ef0d7f9b0d 07-08-2026 (12:00:00)
rpicam-apps capabilites: egl:1 qt:0 drm:1 libav:1
libcamera build: v0.7.1+rpt20260429
`;

async function main(name: string, args: string[]): Promise<number> {
  const program = name.replace(/^.*(rpicam|libcamera)-/, "") as Program;
  const print = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(text));
  try {
    const options = OPTIONS[program];
    const values = parseCommandLine(options, args);
    if (values.on("help")) {
      print(`Valid options are:\n${options.map((one) => `  --${one.name}\n`).join("")}`);
      return 0;
    }
    const settings = settingsOf(program, values);
    if (values.on("version")) {
      print(VERSION);
      return 0;
    }
    const lists = values.on("list-cameras");
    const startsFile = Deno.env.get("FAKE_RPICAM_STARTS");
    const start = lists ? readStarts(startsFile).length + 1 : recordStart(startsFile, name, args);
    const faults = Faults.parse(Deno.env.get("FAKE_RPICAM") ?? "", start);
    const attached = faults.has("nocam") ? "none" : Deno.env.get("FAKE_RPICAM_CAMERAS");
    const cameras = attachedCameras(attached);
    if (lists) {
      print(listCameras(cameras));
      return 0;
    }
    if (faults.has("ignoreterm")) Deno.addSignalListener("SIGTERM", () => {});
    const run = { vid: runVideo, still: runStill }[program];
    return await run(settings, { faults, cameras, buffered: Deno.env.get("_STDBUF_O") !== "0" });
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    say(`ERROR: *** ${error.message} ***`);
    return 255;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args[0], Deno.args.slice(1)));
