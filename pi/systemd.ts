// The service that runs the agent from boot on, with no more rights than a camera needs, and what puts
// it on this machine: the only place that writes files.

import { dirname } from "node:path";
import type { Output } from "./process.ts";

/** What the unit depends on. */
export interface UnitOptions {
  /** The Deno binary. */
  readonly deno: string;
  /** The project's folder. */
  readonly root: string;
  /** What Deno is run with, as `deno task pi` does: from `run` to the entry file. */
  readonly args: readonly string[];
}

/** Where the service finds its settings. */
export const SETTINGS_FILE = "/etc/perch/camera.env";

/** Where the service finds the token; only root may read it. */
export const TOKEN_FILE = "/etc/perch/token";

/** Where systemd shows a service its credentials. */
const CREDENTIALS = "/run/credentials";

/** Where the unit belongs. */
export const UNIT_FILE = "/etc/systemd/system/perch.service";

/** Rights of the task that only drawing a pattern needs, which loads a native library. */
const FOR_PATTERN = /^--allow-(ffi|sys)/;

/**
 * What Deno is run with as a service: what the task runs it with, less `.env`, which systemd reads,
 * and less the rights that the source does not need.
 *
 * @param task The command of the task.
 * @param source `PERCH_SOURCE`, where it is set.
 */
export function serviceArguments(task: string, source: string | undefined): string[] {
  const words = task.match(/(?:[^\s"]|"[^"]*")+/g) ?? [];
  const args = words.slice(1)
    .map((word) => word.replaceAll('"', ""))
    .filter((word) => !word.startsWith("--env-file"));
  if (source === "pattern") return args;
  return args.filter((arg) => !FOR_PATTERN.test(arg))
    .map((arg) => arg === "--allow-read" ? `--allow-read=${CREDENTIALS}` : arg);
}

/** The unit's text. */
export function unitText({ deno, root, args }: UnitOptions): string {
  const command = [deno, ...args].map(quoted).join(" ");
  return `[Unit]
Description=Perch camera agent
Wants=network-online.target time-sync.target
After=network-online.target time-sync.target
# Never gives up, however often it failed.
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=${command}
WorkingDirectory=${root}
EnvironmentFile=-${SETTINGS_FILE}
LoadCredential=perch-token:${TOKEN_FILE}
Environment=PERCH_TOKEN_FILE=%d/perch-token
Environment=DENO_DIR=%C/perch/deno DENO_NO_UPDATE_CHECK=1
CacheDirectory=perch
Restart=always
RestartSec=5
# TERM to the agent, which ends the camera program; what is left after 10 s is killed.
KillMode=mixed
TimeoutStopSec=10

DynamicUser=yes
SupplementaryGroups=video render
DevicePolicy=closed
DeviceAllow=char-video4linux rw
DeviceAllow=char-media rw
DeviceAllow=char-dma_heap rw
NoNewPrivileges=yes
CapabilityBoundingSet=
UMask=0077
ProtectProc=invisible
SystemCallFilter=@system-service @pkey
SystemCallErrorNumber=EPERM
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
RestrictNamespaces=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
# MemoryDenyWriteExecute and LimitAS stay unset: V8 compiles code and reserves address space.
MemoryMax=384M
TasksMax=128

[Install]
WantedBy=multi-user.target
`;
}

/** What stands in the way of the service. One line each. */
export function unitProblems({ deno, root }: UnitOptions): string[] {
  const hidden = (path: string) => /^\/(home|root)\//.test(path);
  const problems: string[] = [];
  if (hidden(deno)) {
    problems.push(
      `${deno} lies in a home folder, which the service cannot see: sudo install ${deno} /usr/local/bin/deno`,
    );
  }
  if (hidden(root)) {
    problems.push(
      `${root} lies in a home folder, which the service cannot see: move it to /opt/perch`,
    );
  }
  return problems;
}

/** A word of a command line as systemd reads it. */
function quoted(word: string): string {
  const plain = word.replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /[\s"'\\;]/.test(plain) ? JSON.stringify(plain) : plain;
}

/** What installing needs from outside. */
export interface InstallDeps {
  /** Writes a file, and the folder it is in. */
  write(path: string, text: string, mode: number): Promise<void>;
  /** Runs a program to its end; undefined where it is missing. */
  ask(...command: string[]): Promise<Output | undefined>;
  print(line: string): void;
}

/** Readable by root only. */
const SECRET = 0o600;

/**
 * Installs and starts the service.
 *
 * @param settings What is set besides the token.
 * @returns Whether it runs.
 */
export async function installService(
  { write, ask, print }: InstallDeps,
  unit: UnitOptions,
  settings: readonly (readonly [name: string, value: string | undefined])[],
  token: string,
): Promise<boolean> {
  const lines = settings.map(([name, value]) => `${name}=${JSON.stringify(value)}\n`);
  await write(SETTINGS_FILE, lines.join(""), SECRET);
  await write(TOKEN_FILE, token, SECRET);
  await write(UNIT_FILE, unitText(unit), 0o644);
  for (const path of [SETTINGS_FILE, TOKEN_FILE, UNIT_FILE]) print(`wrote ${path}`);
  const steps = [["daemon-reload"], ["enable", "perch.service"], ["restart", "perch.service"]];
  for (const step of steps) {
    const output = await ask("systemctl", ...step);
    if (output?.code === 0) continue;
    const why = output ? output.stderr.join(" ") : "systemctl is not installed";
    print(`systemctl ${step.join(" ")} failed: ${why}`);
    return false;
  }
  print("the camera starts now and with every boot; its log: journalctl -fu perch");
  return true;
}

/** Writes a file, and the folder it is in; nobody else reads it before it has its mode. */
export async function writeFile(path: string, text: string, mode: number): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.remove(path).catch(() => {});
  await Deno.writeTextFile(path, text, { mode, createNew: true });
}
