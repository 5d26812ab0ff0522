import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { News } from "../wait.ts";
import { Faults } from "./faults.ts";
import { frameMaker } from "./frames.ts";
import { type FakeRpicam, installFakeRpicam } from "./install.ts";
import { readStamp } from "./jpeg.ts";
import { OPTIONS, type Program } from "./options.ts";
import { parseCommandLine } from "./parse.ts";
import { settingsOf } from "./settings.ts";

const VID = "-n -t 0 --codec mjpeg --flush -q 60 --width 640 --height 480 --framerate 20 -o -";

/** One run of a program, with what it writes. */
class Run implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  /** All of it, at its end. */
  readonly stderr: Promise<string>;
  #said = "";
  readonly #news = new News();
  bytes = Buffer.alloc(0);

  constructor(fake: FakeRpicam, line: string, faults: string, command?: string) {
    const [name, ...args] = line.split(" ");
    this.#child = new Deno.Command(command ?? `${fake.dir}/${name}`, {
      args,
      env: fake.env(faults),
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#reader = this.#child.stdout.getReader();
    this.stderr = this.#listen();
  }

  async #listen(): Promise<string> {
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      this.#said += text;
      this.#news.tell();
    }
    return this.#said;
  }

  /** Waits until stderr matches. */
  async said(pattern: RegExp): Promise<void> {
    await this.#news.until(() => pattern.test(this.#said) || undefined);
  }

  get status(): Promise<Deno.CommandStatus> {
    return this.#child.status;
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** One more chunk of stdout; false at its end. */
  async read(): Promise<boolean> {
    const { value, done } = await this.#reader.read();
    if (done) return false;
    this.bytes = Buffer.concat([this.bytes, value]);
    return true;
  }

  async readUntil(done: (bytes: Buffer) => boolean): Promise<void> {
    while (!done(this.bytes)) assert.ok(await this.read(), "stdout ended early");
  }

  async readAll(): Promise<Deno.CommandStatus> {
    while (await this.read());
    return await this.status;
  }

  async closeStdout(): Promise<void> {
    await this.#reader.cancel();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.#reader.cancel();
    await this.stderr;
    await this.#child.status;
  }
}

const JFIF_START = Buffer.from("ffd8ffe000104a464946", "hex");
const EXIF_START = Buffer.from("ffd8ffe1", "hex");

/** The pieces of `bytes` that start as `start` does. */
function pieces(bytes: Buffer, start = JFIF_START): Buffer[] {
  const result: Buffer[] = [];
  for (let at = bytes.indexOf(start); at >= 0;) {
    const next = bytes.indexOf(start, at + 4);
    result.push(bytes.subarray(at, next < 0 ? bytes.length : next));
    at = next;
  }
  return result;
}

function endsWhole(bytes: Uint8Array): boolean {
  return bytes.at(-2) === 0xff && bytes.at(-1) === 0xd9;
}

function test(name: string, run: (fake: FakeRpicam) => Promise<void>): void {
  Deno.test(name, async () => {
    await using fake = await installFakeRpicam();
    await run(fake);
  });
}

/** Pictures of a run, without the run. */
function made(faults: string, count: number, line = VID, program: Program = "vid"): Buffer[] {
  const settings = settingsOf(program, parseCommandLine(OPTIONS[program], line.split(" ")));
  const make = frameMaker(settings, Faults.parse(faults, 1));
  return Array.from({ length: count }, (_, n) => Buffer.from(make(n + 1)));
}

test("with --flush each picture ends as soon as it is made, and shows its number and time", async (fake) => {
  const before = Date.now();
  await using run = new Run(fake, `rpicam-vid ${VID} --frames 3`, "init:0,burst");
  assert.equal((await run.readAll()).code, 0, await run.stderr);
  const stamps = pieces(run.bytes).map(readStamp);
  assert.deepEqual(stamps.map(({ frame }) => frame), [1, 2, 3]);
  for (const { at } of stamps) assert.ok(at >= before && at <= Date.now());
  await using slow = new Run(fake, `rpicam-vid ${VID}`, "init:0,slow:600000");
  await slow.readUntil(endsWhole);
});

Deno.test("a picture of the default size is about as large as a real one", () => {
  const [{ length }] = made("", 1, "--codec mjpeg -q 60 --width 1280 --height 720");
  assert.ok(length > 40_000 && length < 60_000, `${length} bytes`);
});

test("without --flush what does not fill a block waits for the next frame", async (fake) => {
  await using run = new Run(
    fake,
    `rpicam-vid ${VID.replace("--flush ", "")}`,
    "init:0,slow:600000",
  );
  await run.readUntil((bytes) => bytes.length >= 4096);
  const [whole] = made("", 1);
  await run.readUntil((bytes) => bytes.length === whole.length - whole.length % 4096);
  assert.ok(!endsWhole(run.bytes));
});

test("rpicam-still keeps the end of each picture back until the next one", async (fake) => {
  const line = "rpicam-still -n -t 0 --timelapse 300 --width 640 --height 480 -o -";
  await using one = new Run(fake, line, "init:0,shot:0,stall:1");
  await one.said(/Still capture image received/);
  await one.readUntil((bytes) => bytes.length > 60_000 && bytes.length % 4096 === 0);
  assert.equal(pieces(one.bytes, EXIF_START).length, 1);
  assert.ok(!endsWhole(one.bytes));
  await using run = new Run(fake, line, "init:0,shot:0");
  await run.readUntil((bytes) => pieces(bytes, EXIF_START).length > 1);
  assert.ok(endsWhole(pieces(run.bytes, EXIF_START)[0]));
});

test("under stdbuf -o0 rpicam-still gives each picture whole", async (fake) => {
  const line = `stdbuf -o0 ${fake.dir}/rpicam-still -n -t 0 --timelapse 100000 --zsl --width 640 ` +
    "--height 480 -o -";
  await using run = new Run(fake, line.replace("100000", "10"), "init:0,shot:0", "stdbuf");
  await run.readUntil(endsWhole);
});

Deno.test("a still has EXIF with a small picture in it, unless --thumb none", () => {
  const line = "-n -t 10 --width 640 --height 480 -o -";
  const [[plain], [bare]] = [
    made("", 1, line, "still"),
    made("", 1, `${line} --thumb none`, "still"),
  ];
  assert.equal(plain.indexOf(EXIF_START), 0);
  assert.ok(plain.indexOf(JFIF_START) > 0);
  assert.equal(bare.indexOf(EXIF_START), 0);
  assert.equal(bare.indexOf(JFIF_START), -1);
  assert.equal(readStamp(plain).frame, 1);
});

for (
  const [what, line, faults] of [
    ["rpicam-still -t 0 without an interval takes no picture", "rpicam-still -n -t 0 -o -", ""],
    ["never writes a banner and no frame", `rpicam-vid ${VID}`, "never"],
  ]
) {
  test(what, async (fake) => {
    await using run = new Run(fake, line, `init:0,shot:0,${faults}`);
    await run.said(/libcamera v0\.7\.1.*Mode selection for .*Stream configuration adjusted/s);
    const first = await Promise.race([
      run.read(),
      new Promise((go) => setTimeout(go, 300, "none")),
    ]);
    assert.equal(first, "none");
  });
}

test("SIGTERM ends it at once, SIGINT after the frame with code 0", async (fake) => {
  await using terminated = new Run(fake, `rpicam-vid ${VID}`, "init:0");
  await terminated.read();
  terminated.kill("SIGTERM");
  assert.equal((await terminated.readAll()).signal, "SIGTERM");
  await using interrupted = new Run(fake, `rpicam-vid ${VID}`, "init:0");
  await interrupted.read();
  interrupted.kill("SIGINT");
  const { code, signal } = await interrupted.readAll();
  assert.deepEqual([code, signal], [0, null]);
});

test("a stalled camera says so once a second and ignores SIGINT, not SIGTERM", async (fake) => {
  await using run = new Run(fake, `rpicam-vid ${VID}`, "init:0,stall:2");
  await run.readUntil((bytes) => pieces(bytes).length === 2 && endsWhole(bytes));
  await run.said(/Device timeout detected/);
  run.kill("SIGINT");
  const ended = await Promise.race([run.status, new Promise((go) => setTimeout(go, 300, "runs"))]);
  assert.equal(ended, "runs");
  run.kill("SIGTERM");
  assert.equal((await run.readAll()).signal, "SIGTERM");
  const said = await run.stderr;
  assert.match(said, /Dequeue timer of 1000000\.00us has expired!/);
  assert.match(said, /Camera frontend has timed out!/);
  assert.match(said, /ERROR: Device timeout detected, attempting a restart!!!/);
});

test("SIGTERM does nothing to ignoreterm: only SIGKILL helps", async (fake) => {
  await using run = new Run(fake, `rpicam-vid ${VID}`, "init:0,ignoreterm");
  await run.read();
  run.kill("SIGTERM");
  const seen = pieces(run.bytes).length;
  await run.readUntil((bytes) => pieces(bytes).length > seen + 3);
  run.kill("SIGKILL");
  assert.equal((await run.readAll()).signal, "SIGKILL");
});

test("when the reader goes rpicam-vid aborts and rpicam-still ends as by SIGPIPE", async (fake) => {
  await using vid = new Run(fake, `rpicam-vid ${VID}`, "init:0");
  await vid.read();
  await vid.closeStdout();
  assert.equal((await vid.status).code, 134);
  assert.match(await vid.stderr, /what\(\): {2}failed to write output bytes/);
  const line = "rpicam-still -n -t 0 --timelapse 20 --width 640 --height 480 -o -";
  await using still = new Run(fake, line, "init:0,shot:0");
  await still.read();
  await still.closeStdout();
  assert.equal((await still.status).code, 141);
});

test("a full pipe stops the camera instead of filling memory", async (fake) => {
  await using run = new Run(fake, `rpicam-vid ${VID}`, "init:0,burst");
  await run.read();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const emptiedAt = Date.now();
  await run.readUntil((bytes) => bytes.length > 600_000);
  const before = pieces(run.bytes).slice(0, -1).filter((frame) => readStamp(frame).at < emptiedAt);
  const bytes = before.reduce((sum, { length }) => sum + length, 0);
  // What the pipe holds, and what was read ahead.
  assert.ok(bytes < 300_000, `${bytes} bytes were made while nobody read`);
});

for (
  const [faults, line, code, said] of [
    ["init:0", VID.replace("-t 0", "-t 200"), 0, "Halting: reached timeout of 200 milliseconds."],
    ["nocam", VID, 255, "ERROR: *** no cameras available ***"],
    ["", `${VID} --camera 3`, 255, "ERROR: *** selected camera is not available ***"],
    ["busy", VID, 255, "ERROR: *** failed to acquire camera /base/soc/i2c0mux/i2c@1/imx219@10 ***"],
    ["nodma", VID, 255, "Could not open any dmaHeap device"],
    ["init:0,exit:1:7", VID, 7, ""],
    ["init:0,abort:1", VID, 134, "terminate called after throwing"],
    ["", `${VID} --nope`, 255, "ERROR: *** unrecognised option '--nope' ***"],
    ["", `${VID} -o -`, 255, "ERROR: *** option '--output' cannot be specified more than once ***"],
  ] as const
) {
  test(`"${faults}" with ${line.slice(-14)} ends with ${code}: ${said}`, async (fake) => {
    await using run = new Run(fake, `rpicam-vid ${line}`, faults);
    assert.equal((await run.readAll()).code, code);
    assert.ok((await run.stderr).includes(said), await run.stderr);
  });
}

test("busy:1 is over with the second start of a program", async (fake) => {
  for (const code of [255, 0]) {
    await using run = new Run(fake, `rpicam-vid ${VID} --frames 1`, "init:0,burst,busy:1");
    assert.equal((await run.readAll()).code, code);
  }
});

Deno.test("first:1 ends all faults but those of pace, and a fault that is none is refused", () => {
  const seen = (start: number) =>
    ["nodma", "burst"].filter((mode) => Faults.parse("burst,nodma,first:1", start).has(mode));
  assert.deepEqual([seen(1), seen(2)], [["nodma", "burst"], ["burst"]]);
  assert.throws(() => Faults.parse("stal:2", 1), /got "stal:2", wanted a known fault/);
});

test("-v 0 says nothing but errors", async (fake) => {
  await using run = new Run(fake, `rpicam-vid ${VID} -v 0 --frames 1`, "init:0");
  await run.readAll();
  assert.equal(await run.stderr, "");
});

Deno.test("damaged pictures are damaged as asked", () => {
  assert.deepEqual(made("trunc:2", 4).map(endsWhole), [true, false, true, false]);
  const header = made("trunchdr:2", 4).map(({ length }) => length === 100);
  assert.deepEqual(header, [false, true, false, true]);
  const frozen = made("frozen:2", 4);
  assert.deepEqual(frozen[1], frozen[3]);
  assert.notDeepEqual(frozen[0], frozen[1]);
  assert.ok(made("pad:50", 1)[0].subarray(-50).every((byte) => byte === 0));
  const [noisy] = made("garbage:200", 1);
  assert.equal(noisy.indexOf(JFIF_START), 200);
  assert.deepEqual([...noisy.subarray(0, 6)], [0xff, 0xd9, 0, 0xff, 0xd8, 0xff]);
});

/** What is in each, in hexadecimal. */
const UNUSUAL = {
  ...{ rst: "ffdd0004", progressive: "ffc2", "com-ffd9": "ffd8fffe", thumb: "ffd8ffe1" },
  ...{ "huge:1": "ffd8ffef", clockskew: "ffd8ffe0" },
};

Deno.test("unusual pictures are whole pictures all the same", () => {
  const hour = (at: number) => Math.floor(at / 3_600_000 + 0.5);
  for (const [fault, holds] of Object.entries(UNUSUAL)) {
    const [picture] = made(fault, 1);
    assert.ok(picture.includes(holds, 0, "hex") && endsWhole(picture), fault);
    const { frame, at } = readStamp(picture);
    assert.deepEqual([frame, hour(at - Date.now())], [1, fault === "clockskew" ? 1 : 0], fault);
  }
  assert.equal(made("nodht", 1)[0].indexOf("ffc4", 0, "hex"), -1);
  const heights = made("resize:1", 2, "--codec mjpeg --width 800 --height 600")
    .map((picture) => picture.readUInt16BE(picture.indexOf("ffc0", 0, "hex") + 5));
  assert.deepEqual(heights, [600, 480]);
});

test("without --codec mjpeg no picture comes out", async (fake) => {
  await using run = new Run(fake, "rpicam-vid -n -t 0 --frames 2 -o -", "init:0");
  await run.readAll();
  assert.ok(run.bytes.length > 0);
  assert.equal(run.bytes.indexOf("ffd8", 0, "hex"), -1);
});

test("a flood on stderr does not stop the pictures as long as it is read, tiny ones neither", async (fake) => {
  await using run = new Run(fake, `rpicam-vid ${VID} --frames 2`, "init:0,burst,stderrflood,tiny");
  await run.readAll();
  assert.equal(pieces(run.bytes).length, 2);
  assert.ok((await run.stderr).length > 100_000);
});
