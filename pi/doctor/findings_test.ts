import assert from "node:assert/strict";
import type { Output } from "../process.ts";
import {
  cameraFound,
  cameraFree,
  cameraPermission,
  clockSynced,
  denoVersion,
  edgeFindings,
  type Finding,
  formatFinding,
  pageSize,
  throttling,
  wifiNames,
  wifiPowerSave,
} from "./findings.ts";

const said = (stdout: string): Output => ({ code: 0, stdout, stderr: [] });

/** Grade and words of a finding, for short comparisons. */
function is(finding: Finding, grade: string, words: RegExp): void {
  assert.equal(finding.grade, grade, JSON.stringify(finding));
  assert.match(`${finding.found} ${finding.fix ?? ""}`, words);
  assert.equal(finding.fix === undefined, grade === "ok", "every trouble has a fix");
}

const FOUND: Readonly<Record<string, readonly (readonly [Finding, string, RegExp])[]>> = {
  "pages of 16 KB are a warning with the way out": [
    [pageSize("4096\n"), "ok", /4096/],
    [pageSize("16384\n"), "warn", /kernel=kernel8\.img/],
    [pageSize(undefined), "ok", /not known/],
  ],
  "an old Deno is a failure": [
    [denoVersion("2.9.6"), "ok", /2\.9\.6/],
    [denoVersion("3.0.0"), "ok", /3/],
    [denoVersion("2.10.0-rc.1"), "ok", /2\.10/],
    [denoVersion("2.9.5"), "fail", /deno upgrade/],
    [denoVersion("1.46.3"), "fail", /2\.9\.6 or newer/],
  ],
  "a weak power supply is a failure now, a warning once it is over": [
    [throttling(said("throttled=0x0\n")), "ok", /no trouble/],
    [throttling(said("throttled=0x50005\n")), "fail", /now the voltage .* is throttled/],
    [throttling(said("throttled=0x50000\n")), "warn", /since the last start the voltage/],
    [throttling(said("throttled=0x80008\n")), "fail", /too hot/],
    [throttling(undefined), "ok", /no vcgencmd/],
  ],
  "a clock that is not set yet is a warning": [
    [clockSynced(said("yes\n")), "ok", /network/],
    [clockSynced(said("no\n")), "warn", /set-ntp true/],
    [clockSynced(undefined), "ok", /not known/],
  ],
};

for (const [what, findings] of Object.entries(FOUND)) {
  Deno.test(what, () => findings.forEach((finding) => is(...finding)));
}

Deno.test("Wi-Fi power save is a warning with the command that ends it", () => {
  const devices = said("phy#0\n\tInterface wlan0\n\t\tifindex 3\n\t\ttype managed\n");
  assert.deepEqual(wifiNames(devices), ["wlan0"]);
  is(wifiPowerSave(devices, new Map([["wlan0", said("Power save: on\n")]])), "warn", /powersave 2/);
  is(wifiPowerSave(devices, new Map([["wlan0", said("Power save: off\n")]])), "ok", /off/);
  is(wifiPowerSave(said(""), new Map()), "ok", /no Wi-Fi/);
  is(wifiPowerSave(undefined, new Map()), "ok", /nothing to ask/);
});

const LISTED = {
  program: "rpicam-vid",
  cameras: [{ index: 0, model: "imx708", width: 4608, height: 2592, modes: [] }],
  stderr: [],
};
const FACTS = { source: "auto", usb: [], installed: [] } as const;

Deno.test("the camera is looked for where the settings look for it", () => {
  is(cameraFound({ ...FACTS, list: LISTED }), "ok", /imx708 4608x2592 \(rpicam-vid\)/);
  const empty = { ...LISTED, cameras: [] };
  is(cameraFound({ ...FACTS, list: empty }), "fail", /ribbon cable.*camera_auto_detect=1/);
  is(cameraFound({ ...FACTS, list: LISTED, camera: 1 }), "fail", /none is 1 set PERCH_CAMERA/);
  is(cameraFound(FACTS), "fail", /apt install rpicam-apps-lite/);
  const usb = ["/dev/v4l/by-id/usb-x-video-index0"];
  is(cameraFound({ ...FACTS, usb, installed: ["ffmpeg"] }), "ok", /usb-x/);
  is(cameraFound({ ...FACTS, source: "rpicam-vid", usb, installed: ["ffmpeg"] }), "fail", /rpicam/);
  is(cameraFound({ ...FACTS, source: "ffmpeg", input: usb[0] }), "fail", /apt install ffmpeg/);
  const plugged = { ...FACTS, source: "ffmpeg", installed: ["ffmpeg", "v4l2-ctl"] } as const;
  const input = "/dev/video0";
  is(cameraFound({ ...plugged, input }), "fail", /lsusb/);
  is(cameraFound({ ...plugged, input, usb }), "ok", /survives replugging: .*usb-x/);
  is(cameraFound({ ...plugged, input: "rtsp://a:s3cret@c/" }), "ok", /^rtsp:\/\/c\/… $/);
});

Deno.test("a camera in use names the commands that find who uses it", () => {
  is(cameraFree({ ...FACTS, list: LISTED }), "ok", /no/);
  const stderr = ["ERROR: *** failed to acquire camera /base/soc/i2c0mux/i2c@1/imx219@10 ***"];
  is(cameraFree({ ...FACTS, list: { ...LISTED, stderr } }), "fail", /fuser -v/);
});

Deno.test("a user who may not open cameras is told how to become one who may", () => {
  is(cameraPermission(said("pi video render\n"), LISTED), "ok", /video/);
  is(cameraPermission(said("pi adm\n"), LISTED), "fail", /usermod -aG video/);
  const stderr = ["Could not open any dmaHeap device"];
  is(cameraPermission(said("pi video\n"), { ...LISTED, stderr }), "fail", /udev\/rules\.d/);
});

Deno.test("the edge is one finding, the token another", () => {
  const url = "https://cam.example.org";
  const [edge, token] = edgeFindings(url, { kind: "accepted" }, 34.4);
  is(edge, "ok", /answers in 34 ms/);
  is(token, "ok", /accepted/);
  is(edgeFindings(url, { kind: "accepted" }, 3000)[0], "warn", /slow/);
  const unknown = edgeFindings(url, { kind: "refused", status: 401, detail: "Unknown." }, 10);
  is(unknown[0], "ok", /answers/);
  is(unknown[1], "fail", /PERCH_PUBLISH_TOKENS/);
  const strange = edgeFindings(url, { kind: "refused", status: 404, detail: "Not found." }, 10);
  is(strange[0], "fail", /Perch edge\?/);
  is(edgeFindings(url, { kind: "failed", detail: "no route" }, 10)[0], "fail", /PERCH_URL/);
});

Deno.test("a finding is a line, its fix another below", () => {
  const finding: Finding = { grade: "warn", subject: "clock", found: "not set", fix: "set it" };
  assert.deepEqual(formatFinding(finding), [
    "warn  clock             not set",
    "                        -> set it",
  ]);
});
