import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { News } from "../wait.ts";
import { type FakeRpicam, installFakeRpicam } from "./install.ts";
import { readStamp } from "./jpeg.ts";

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

/** Frames of a run of rpicam-vid that ends by itself. */
async function video(fake: FakeRpicam, faults: string, frames = 4): Promise<Buffer> {
  const line = `rpicam-vid ${VID} --frames ${frames}`;
  await using run = new Run(fake, line, `init:0,burst,${faults}`);
  assert.equal((await run.readAll()).code, 0, await run.stderr);
  return run.bytes;
}

test("rpicam-vid writes whole pictures that show their number and time", async (fake) => {
  const before = Date.now();
  const frames = pieces(await video(fake, "", 3));
  const stamps = frames.map(readStamp);
  assert.deepEqual(stamps.map(({ frame }) => frame), [1, 2, 3]);
  for (const { at } of stamps) assert.ok(at >= before && at <= Date.now());
});

test("a picture of the default size is about as large as a real one", async (fake) => {
  const line = "rpicam-vid -n -t 0 --codec mjpeg -q 60 --width 1280 --height 720 --frames 1 -o -";
  await using run = new Run(fake, line, "init:0");
  await run.readAll();
  assert.ok(run.bytes.length > 40_000 && run.bytes.length < 60_000, `${run.bytes.length} bytes`);
});

test("with --flush each frame ends as soon as it is made", async (fake) => {
  await using run = new Run(fake, `rpicam-vid ${VID}`, "init:0,slow:600000");
  await run.readUntil(endsWhole);
});

test("without --flush what does not fill a block waits for the next frame", async (fake) => {
  await using run = new Run(
    fake,
    `rpicam-vid ${VID.replace("--flush ", "")}`,
    "init:0,slow:600000",
  );
  await run.readUntil((bytes) => bytes.length >= 4096);
  const [whole] = pieces(await video(fake, "", 1));
  await run.readUntil((bytes) => bytes.length === whole.length - whole.length % 4096);
  assert.ok(!endsWhole(run.bytes));
});

test("rpicam-still keeps the end of each picture back until the next one", async (fake) => {
  const line = "rpicam-still -n -t 0 --timelapse 300 --width 640 --height 480 -o -";
  await using run = new Run(fake, line, "init:0,shot:0");
  await run.said(/Still capture image received/);
  await run.readUntil((bytes) => bytes.length > 60_000 && bytes.length % 4096 === 0);
  assert.equal(pieces(run.bytes, EXIF_START).length, 1);
  assert.ok(!endsWhole(run.bytes));
  await run.readUntil((bytes) => pieces(bytes, EXIF_START).length > 1);
  assert.ok(endsWhole(pieces(run.bytes, EXIF_START)[0]));
});

test("under stdbuf -o0 rpicam-still gives each picture whole", async (fake) => {
  const line = `stdbuf -o0 ${fake.dir}/rpicam-still -n -t 0 --timelapse 100000 --zsl --width 640 ` +
    "--height 480 -o -";
  await using run = new Run(fake, line.replace("100000", "10"), "init:0,shot:0", "stdbuf");
  await run.readUntil(endsWhole);
});

test("a still has EXIF with a small picture in it, unless --thumb none", async (fake) => {
  const line = "rpicam-still -n -t 10 --width 640 --height 480 -o -";
  await using plain = new Run(fake, line, "init:0,shot:0");
  assert.equal((await plain.readAll()).code, 0);
  await using bare = new Run(fake, `${line} --thumb none`, "init:0,shot:0");
  assert.equal((await bare.readAll()).code, 0);
  assert.equal(plain.bytes.indexOf(EXIF_START), 0);
  assert.ok(plain.bytes.indexOf(JFIF_START) > 0);
  assert.equal(bare.bytes.indexOf(EXIF_START), 0);
  assert.equal(bare.bytes.indexOf(JFIF_START), -1);
  assert.equal(readStamp(plain.bytes).frame, 1);
});

test("rpicam-still -t 0 without an interval never takes a picture", async (fake) => {
  await using run = new Run(fake, "rpicam-still -n -t 0 -o -", "init:0,shot:0");
  const first = await Promise.race([run.read(), new Promise((go) => setTimeout(go, 500, "none"))]);
  assert.equal(first, "none");
});

test("-t is honoured", async (fake) => {
  await using run = new Run(fake, `rpicam-vid ${VID.replace("-t 0", "-t 200")}`, "init:0");
  assert.equal((await run.readAll()).code, 0);
  assert.match(await run.stderr, /Halting: reached timeout of 200 milliseconds\./);
});

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

test("busy:1 and first:1 are over with the second start", async (fake) => {
  for (const faults of ["init:0,burst,busy:1", "init:0,burst,nodma,first:1"]) {
    await using first = new Run(fake, `rpicam-vid ${VID} --frames 1`, faults);
    const failed = (await first.readAll()).code;
    await using second = new Run(fake, `rpicam-vid ${VID} --frames 1`, faults);
    assert.deepEqual([failed, (await second.readAll()).code], [255, 0], faults);
    await Deno.remove(fake.env().FAKE_RPICAM_STARTS);
  }
});

test("never writes a banner and no frame", async (fake) => {
  await using run = new Run(fake, `rpicam-vid ${VID}`, "init:0,never");
  const first = await Promise.race([run.read(), new Promise((go) => setTimeout(go, 500, "none"))]);
  assert.equal(first, "none");
  run.kill("SIGTERM");
  assert.match(await run.stderr, /libcamera v0\.7\.1.*Mode selection for 640:480/s);
});

test("-v 0 says nothing but errors", async (fake) => {
  await using run = new Run(fake, `rpicam-vid ${VID} -v 0 --frames 1`, "init:0");
  await run.readAll();
  assert.equal(await run.stderr, "");
});

test("damaged pictures are damaged as asked", async (fake) => {
  const cut = pieces(await video(fake, "trunc:2"));
  assert.deepEqual(cut.map(endsWhole), [true, false, true, false]);
  const header = pieces(await video(fake, "trunchdr:2"));
  assert.deepEqual(header.map(({ length }) => length === 100), [false, true, false, true]);
  const frozen = pieces(await video(fake, "frozen:2"));
  assert.deepEqual(frozen[1], frozen[3]);
  assert.notDeepEqual(frozen[0], frozen[1]);
  const padded = pieces(await video(fake, "pad:50"));
  assert.ok(padded.every((piece) => piece.slice(-50).every((byte) => byte === 0)));
  const noisy = await video(fake, "garbage:200");
  assert.equal(noisy.indexOf(JFIF_START), 200);
  assert.deepEqual([...noisy.slice(0, 6)], [0xff, 0xd9, 0, 0xff, 0xd8, 0xff]);
});

test("unusual pictures are whole pictures all the same", async (fake) => {
  for (const faults of ["rst", "progressive", "com-ffd9", "thumb", "huge:1", "tiny", "clockskew"]) {
    const start = ["com-ffd9", "thumb", "huge:1"].includes(faults)
      ? Buffer.of(0xff, 0xd8, 0xff, { "com-ffd9": 0xfe, thumb: 0xe1 }[faults] ?? 0xef)
      : JFIF_START;
    const [picture] = pieces(await video(fake, faults, 1), start);
    const { frame, at } = readStamp(picture);
    assert.equal(frame, 1, faults);
    const aheadHours = Math.abs(Math.round((at - Date.now()) / 3_600_000));
    assert.equal(aheadHours, faults === "clockskew" ? 1 : 0, faults);
  }
  const [bare] = pieces(await video(fake, "nodht", 1));
  assert.equal(bare.indexOf("ffc4", 0, "hex"), -1);
  const resized = pieces(
    await (async () => {
      const line = "rpicam-vid -n -t 0 --codec mjpeg --width 800 --height 600 --frames 2 -o -";
      await using run = new Run(fake, line, "init:0,burst,resize:1");
      await run.readAll();
      return run.bytes;
    })(),
  );
  const heights = resized.map((piece) => {
    const at = piece.indexOf("ffc0", 0, "hex");
    return piece[at + 5] * 256 + piece[at + 6];
  });
  assert.deepEqual(heights, [600, 480]);
});

test("without --codec mjpeg no picture comes out", async (fake) => {
  await using run = new Run(fake, "rpicam-vid -n -t 0 --frames 2 -o -", "init:0");
  await run.readAll();
  assert.ok(run.bytes.length > 0);
  assert.equal(run.bytes.indexOf("ffd8", 0, "hex"), -1);
});

test("a flood on stderr does not stop the pictures as long as it is read", async (fake) => {
  assert.equal(pieces(await video(fake, "stderrflood", 5)).length, 5);
});

for (
  const [cameras, shown] of [
    [
      "imx219",
      /^0 : imx219 \[3280x2464 10-bit RGGB\] \(\/base\/soc\/i2c0mux\/i2c@1\/imx219@10\)$/m,
    ],
    [
      "imx708",
      /^ {4}Modes: 'SRGGB10_CSI2P' : 1536x864 \[120\.13 fps - \(768, 432\)\/3072x1728 crop\]$/m,
    ],
    ["two", /^1 : imx708/m],
    ["none", /^No cameras available!$/m],
  ] as const
) {
  Deno.test(`--list-cameras shows ${cameras} and ends with 0`, async () => {
    await using fake = await installFakeRpicam({ cameras });
    await using run = new Run(fake, "rpicam-vid --list-cameras", "");
    assert.equal((await run.readAll()).code, 0);
    assert.match(new TextDecoder().decode(run.bytes), shown);
  });
}

Deno.test("the programs answer to their old names", async () => {
  await using fake = await installFakeRpicam({ names: ["libcamera-vid"] });
  await using run = new Run(fake, "libcamera-vid --version", "");
  assert.equal((await run.readAll()).code, 0);
  assert.match(new TextDecoder().decode(run.bytes), /^rpicam-apps build: /);
});
