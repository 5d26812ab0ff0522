import assert from "node:assert/strict";
import { systemClock } from "../../shared/clock.ts";
import { inspectJpeg } from "../../shared/jpeg/inspect.ts";
import { JpegSplitter } from "../../shared/jpeg/splitter.ts";
import { fakeJpeg } from "../../shared/testing/fake_rpicam/jpeg.ts";
import { concat } from "../../shared/testing/jpegs.ts";
import { serve } from "../../shared/testing/serve.ts";
import { TempDir } from "../../shared/testing/temp.ts";
import { toolTest } from "../../shared/testing/tools.ts";
import { createSpawn } from "../process.ts";
import {
  createFfmpeg,
  ffmpegCommand,
  type FfmpegOptions,
  type Known,
  playlistOf,
  qscale,
} from "./ffmpeg.ts";

const DEPS = { clock: systemClock, spawn: createSpawn({ clock: systemClock }) };

function options(input: string, change: Partial<FfmpegOptions> = {}): FfmpegOptions {
  const picture = { fps: 5, width: 1280, height: 720, quality: 80 };
  return { input, ...picture, hflip: false, vflip: false, extraArgs: [], ...change };
}

function commandOf(options: FfmpegOptions, known: Partial<Known> = {}): string {
  return ffmpegCommand(options, { format: "mjpeg", playlist: true, ...known }).join(" ");
}

Deno.test("a USB camera's own JPEGs are taken as they are, with the tables Safari needs", () => {
  assert.equal(
    commandOf(options("/dev/v4l/by-id/usb-x")),
    "ffmpeg -hide_banner -nostdin -loglevel warning -f v4l2 -input_format mjpeg " +
      "-video_size 1280x720 -framerate 5 -i /dev/v4l/by-id/usb-x -c copy -bsf:v mjpeg2jpeg -f mjpeg -",
  );
});

Deno.test("a USB camera without JPEG, or one to be mirrored, is encoded here", () => {
  const plain = commandOf(options("/dev/video0"), { format: "yuyv422" });
  assert.match(plain, /yuyv422.* -c:v mjpeg -q:v 7 /);
  assert.match(commandOf(options("/dev/video0", { hflip: true })), /,hflip -c:v mjpeg/);
});

Deno.test("an RTSP camera comes over TCP, with a timeout, and no argument tells its address", () => {
  const rtsp = options("rtsp://me:it's@10.0.0.7/ch1", { fps: 2 });
  const protocols = "pipe,http,https,httpproxy,tcp,tls,udp,rtp,rtmp,rtmps,srt,crypto,data";
  assert.equal(
    commandOf(rtsp),
    "ffmpeg -hide_banner -nostdin -loglevel warning -f concat -safe 0 " +
      `-protocol_whitelist ${protocols} -i pipe:0 ` +
      "-an -vf fps=2,scale=1280:-2 -c:v mjpeg -q:v 7 -f mjpeg -",
  );
  assert.equal(
    playlistOf(rtsp.input),
    "ffconcat version 1.0\nfile 'rtsp://me:it%27s@10.0.0.7/ch1'\n" +
      "option rtsp_transport tcp\noption timeout 10000000\n",
  );
  assert.match(
    commandOf(rtsp, { playlist: false }),
    / -rtsp_transport tcp -timeout 10000000 -i rtsp:\/\/me:it's@10\.0\.0\.7\/ch1 -an /,
  );
});

Deno.test("what comes over HTTP without a time goes by this machine's clock, films in pieces do not", () => {
  const command = (input: string) => commandOf(options(input));
  assert.match(
    command("http://cam/video"),
    /-use_wallclock_as_timestamps 1 -reinit_filter 0 -f concat /,
  );
  assert.doesNotMatch(command("http://cam/live.m3u8?a=1"), /wallclock/);
});

/** Serves pictures as cameras do, all different; single ones with a preview behind them. */
function serveCamera(stream: boolean, fps: number) {
  let pictures = 0;
  const server = serve(() => {
    if (!stream) return new Response(concat(picture(pictures++), picture(0, 80)));
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        controller.enqueue(new TextEncoder().encode("--b\r\nContent-Type: image/jpeg\r\n\r\n"));
        controller.enqueue(picture(pictures++));
        controller.enqueue(new TextEncoder().encode("\r\n"));
        await systemClock.sleep(1000 / fps);
      },
    });
    return new Response(body, {
      headers: { "content-type": "multipart/x-mixed-replace;boundary=b" },
    });
  });
  return { ...server, pictures: () => pictures };
}

function picture(frame: number, width = 320): Uint8Array<ArrayBuffer> {
  return fakeJpeg({ width, height: width * 3 / 4, frame });
}

// By the time between them a preview is told from a picture, on a busy machine too: one a second.
for (const [what, fps, wanted] of [["single pictures", 1, 3], ["MJPEG", 10, 12]] as const) {
  toolTest(["ffmpeg"], `${what} over HTTP come one for one, as they are taken`, async () => {
    await using camera = serveCamera(what === "MJPEG", fps);
    const source = createFfmpeg(DEPS, options(`${camera.url}/x`, { fps, width: 320 }));
    const stop = new AbortController();
    const splitter = new JpegSplitter();
    let frames = 0;
    const counts: { frames: number; given: number }[] = [];
    await source.run(stop.signal, (chunk) => {
      frames += splitter.push(chunk).length;
      counts.push({ frames, given: camera.pictures() });
      if (frames >= wanted) stop.abort();
    });
    for (const { frames, given } of counts) {
      assert.ok(frames <= given, `${frames} of ${given}: one was repeated, or a preview taken`);
      // ffmpeg may hold one back; at 25 a second it would hold back more than half.
      assert.ok(frames > given / 2 - 5, `${frames} of ${given}`);
    }
  });
}

Deno.test("a file plays for ever at its own pace", () => {
  assert.match(commandOf(options("/tmp/a.mp4")), /-re -stream_loop -1 -i \/tmp\/a\.mp4 /);
});

Deno.test("quality is libjpeg's, on ffmpeg's scale", () => {
  assert.deepEqual([1, 10, 50, 60, 80, 90, 100].map(qscale), [31, 31, 18, 14, 7, 4, 2]);
});

toolTest(["ffmpeg"], "ffmpeg gives whole frames of the wanted size", async () => {
  const source = createFfmpeg(
    DEPS,
    options("lavfi:testsrc2=size=640x360:rate=20", { fps: 20, width: 640 }),
  );
  const stop = new AbortController();
  const splitter = new JpegSplitter();
  const frames: Uint8Array[] = [];
  await source.run(stop.signal, (chunk) => {
    frames.push(...splitter.push(chunk));
    if (frames.length >= 3) stop.abort();
  });
  for (const frame of frames) {
    assert.partialDeepStrictEqual(inspectJpeg(frame), { width: 640, height: 360 });
  }
});

for (
  const [what, input, extraArgs, kind, message] of [
    [
      "an input that is not there is told in words",
      "RTSP://me:s3cret@127.0.0.1:9/x",
      [],
      "hardware",
      /cannot be reached: Connection refused/,
    ],
    [
      "a wrong extra argument of ffmpeg is a mistake in the settings",
      "lavfi:testsrc2",
      ["-nope", "1"],
      "configuration",
      /ffmpeg rejects its settings/,
    ],
  ] as const
) {
  toolTest(["ffmpeg"], what, async () => {
    const source = createFfmpeg(DEPS, options(input, { extraArgs }));
    await assert.rejects(source.run(new AbortController().signal, () => {}), { kind, message });
  });
}

/** Runs a source twice with a stand-in for ffmpeg. @returns how it was called, and what it read. */
async function callsOf(input: string, script: string) {
  await using dir = new TempDir();
  const text = `#!/bin/sh\necho "$@" >> ${dir}/calls\n${script}\necho picture\nexec sleep 100\n`;
  await Deno.writeTextFile(`${dir}/ffmpeg`, text.replaceAll("DIR", String(dir)), { mode: 0o755 });
  const env = { PATH: `${dir}:${Deno.env.get("PATH")}` };
  const spawn = createSpawn({ clock: systemClock, env });
  const source = createFfmpeg({ spawn, clock: systemClock }, options(input));
  for (let run = 0; run < 2; run++) {
    const stop = new AbortController();
    await source.run(stop.signal, () => stop.abort());
  }
  const calls = (await Deno.readTextFile(`${dir}/calls`)).trim().split("\n");
  return { calls, read: await Deno.readTextFile(`${dir}/read`).catch(() => "") };
}

Deno.test("a USB camera that cannot compress is asked for plain pictures, once and for all", async () => {
  const { calls } = await callsOf(
    "/dev/v4l/by-id/usb-x",
    `case "$*" in *"-input_format mjpeg"*)
      echo "[video4linux2,v4l2 @ 0x1] Cannot find a proper format for codec 'mjpeg' (id 7)" >&2
      exit 1 ;;
    esac`,
  );
  assert.deepEqual(
    calls.map((call) => /-input_format (\w+)/.exec(call)?.[1]),
    ["mjpeg", "yuyv422", "yuyv422"],
  );
  assert.match(calls[1], /-c:v mjpeg/);
});

Deno.test("an ffmpeg that knows no options in playlists gets the address as an argument", async () => {
  const input = "rtsp://me:s3cret@cam/1";
  const { calls, read } = await callsOf(
    input,
    `cat >> DIR/read
    case "$*" in *pipe:0*) echo "[concat @ 0x1] Line 3: unknown keyword 'option'" >&2; exit 1 ;; esac`,
  );
  assert.deepEqual(calls.map((call) => call.includes("s3cret")), [false, true, true]);
  assert.equal(read, playlistOf(input));
});
