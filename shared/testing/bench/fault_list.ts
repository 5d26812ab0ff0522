// The faults, each with how it is done and when it is over.

import { baseline } from "../jpegs.ts";
import type { KvConnectServer } from "../kv_connect.ts";
import { putFrame, TEST_TOKEN } from "../processes.ts";
import { SilentClients } from "../silent_clients.ts";
import type { FaultWorld } from "./fault_world.ts";

/** What faults reach besides the edge itself. */
export interface Surroundings {
  readonly server: KvConnectServer;
  /** A folder of the fault's own. */
  readonly folder: string;
}

/** One thing that goes wrong. */
export interface Fault {
  readonly name: string;
  /** Where frames are stored. Default: in memory. */
  readonly kv?: "memory" | "file" | "remote";
  readonly env?: (folder: string) => Record<string, string>;
  readonly wrap?: readonly string[];
  /** Does it, waits it out, and says when it was over. */
  run(world: FaultWorld, surroundings: Surroundings): Promise<void>;
}

/** Resolves after so many seconds. */
export function seconds(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1000 * count));
}

export const FAULTS: readonly Fault[] = [
  {
    name: "edge killed (SIGKILL)",
    kv: "file",
    async run(world) {
      await world.edge.stop("SIGKILL");
      world.healed();
      await world.restart();
      world.remark = `answers with a stored picture: ${await stillStatus(world)}`;
    },
  },
  {
    name: "edge restarted (SIGTERM)",
    kv: "file",
    async run(world) {
      const started = performance.now();
      await world.edge.stop("SIGTERM");
      world.remark = `shut down in ${Math.round(performance.now() - started)} ms`;
      world.healed();
      await world.restart();
    },
  },
  {
    name: "store away for 10 s",
    kv: "remote",
    async run(world, { server }) {
      server.fail();
      await seconds(10);
      world.remark = `/health said ${(await health(world)).slice(0, 40)}`;
      server.recover();
      world.healed();
    },
  },
  {
    name: "store answers 503 for 10 s",
    kv: "remote",
    async run(world, { server }) {
      server.faults.status = 503;
      await seconds(10);
      server.faults.status = undefined;
      world.healed();
    },
  },
  {
    name: "store takes 1 s a call for 10 s",
    kv: "remote",
    async run(world, { server }) {
      server.faults.latencyMs = 1000;
      await seconds(10);
      server.faults.latencyMs = 0;
      world.healed();
    },
  },
  {
    name: "disk full",
    kv: "file",
    // Files of the process cannot grow past 512 KB: writes fail as on a full disk.
    wrap: ["bash", "-c", `trap '' XFSZ; ulimit -f 512; exec "$0" "$@"`],
    async run(world) {
      await seconds(30);
      const failures = await world.metric("perch_store_failures_total");
      world.remark = `${failures} writes failed, /health said ${
        (await health(world)).slice(0, 40)
      }`;
      world.healed();
    },
  },
  {
    name: "process stopped for 5 s",
    async run(world) {
      world.edge.kill("SIGSTOP");
      await seconds(5);
      world.edge.kill("SIGCONT");
      world.healed();
      await seconds(1.5);
      world.remark = `/health said ${await health(world)}`;
    },
  },
  {
    name: "camera sends 200 a second, 60 allowed",
    env: () => ({ PERCH_MAX_UPLOADS_PER_S: "60" }),
    async run(world) {
      const jpeg = await baseline(360, 270);
      const flood = async () => {
        const { status, body } = await putFrame(`${world.edge.url}/cams/flood`, jpeg);
        await body?.cancel();
        return status;
      };
      const answers: Promise<number>[] = [];
      const started = performance.now();
      for (let i = 0; i < 1000; i++) {
        const waitMs = started + 5 * i - performance.now();
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
        answers.push(flood());
      }
      const limited = (await Promise.all(answers)).filter((status) => status === 429).length;
      world.remark = `${limited} of ${answers.length} answered 429`;
      world.healed();
    },
  },
  {
    name: "two programs publish as one camera",
    async run(world) {
      const jpeg = await baseline(360, 270);
      for (let n = 0; n < 20; n++) {
        for (const session of ["a", "b"]) {
          const headers = { "perch-seq": `${session}:${n}` };
          await (await putFrame(`${world.edge.url}/cams/twice`, jpeg, headers)).body?.cancel();
        }
      }
      const { lastError } = await (await fetch(`${world.edge.url}/cams/twice/status.json`)).json();
      world.remark = lastError ? "/status.json says so" : "/status.json says nothing";
      world.healed();
    },
  },
  {
    name: "10,000 damaged uploads",
    async run(world) {
      const jpeg = (await baseline(64, 48)).subarray(0, 900);
      const statuses = new Set<number>();
      for (let i = 0; i < 10_000; i += 20) {
        const responses = await Promise.all(
          Array.from({ length: 20 }, () => putFrame(`${world.edge.url}/cams/c${i % 8}`, jpeg)),
        );
        for (const { status, body } of responses) {
          statuses.add(status);
          await body?.cancel();
        }
      }
      world.remark = `answered ${[...statuses].sort().join(" and ")}`;
      world.healed();
    },
  },
  {
    name: "10,000 wrong tokens",
    async run(world) {
      const headers = { authorization: "Bearer not-the-token-of-anybody" };
      const statuses = new Set<number>();
      for (let i = 0; i < 10_000; i += 20) {
        const responses = await Promise.all(
          Array.from({ length: 20 }, () => fetch(`${world.edge.url}/demand`, { headers })),
        );
        for (const { status, body } of responses) {
          statuses.add(status);
          await body?.cancel();
        }
      }
      world.remark = `answered ${[...statuses].sort().join(" and ")}`;
      world.healed();
    },
  },
  {
    name: "50 uploads that drip",
    async run(world) {
      const port = Number(new URL(world.edge.url).port);
      const ended = await Promise.all(
        Array.from({ length: 50 }, (_, i) => drip(port, `c${i % 20}`)),
      );
      world.remark = `answered ${[...new Set(ended)].join(", ")}`;
      world.healed();
    },
  },
  {
    name: "500 viewers vanish at once",
    async run(world) {
      const crowd = new SilentClients(world.edge.url);
      await crowd.open(250, "stream");
      await crowd.open(250, "socket");
      await seconds(3);
      const seated = await world.metric("perch_viewers_connected");
      crowd.close();
      await seconds(2);
      const left = await world.metric("perch_viewers_connected");
      world.remark = `${seated} viewers, then ${left}`;
      world.healed();
    },
  },
  {
    name: "200 half-open sockets",
    async run(world) {
      const crowd = new SilentClients(world.edge.url);
      await crowd.open(200, "socket");
      await seconds(2);
      const seated = await world.metric("perch_viewers_connected");
      const started = performance.now();
      while (await world.metric("perch_viewers_connected") > 10) await seconds(1);
      const took = Math.round((performance.now() - started) / 1000);
      world.remark = `${seated} viewers; pinged and dropped after ${took} s`;
      world.healed();
      crowd.close();
    },
  },
  {
    name: "full of viewers that never read",
    env: () => ({ PERCH_MAX_VIEWERS: "200" }),
    async run(world) {
      const crowd = new SilentClients(world.edge.url);
      await crowd.open(190, "stream");
      while (await world.metric("perch_viewers_connected") < 200) await seconds(0.1);
      const turnedAway = (await openStream(world)).status;
      const started = performance.now();
      let status = turnedAway;
      for (; status !== 200; status = (await openStream(world)).status) await seconds(1);
      const took = Math.round((performance.now() - started) / 1000);
      world.remark = `a new viewer: ${turnedAway}, after ${took} s 200`;
      world.healed();
      crowd.close();
    },
  },
  {
    name: "clock set back an hour, then on ten years",
    kv: "file",
    env: (folder) => ({
      LD_PRELOAD: "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
      FAKETIME_TIMESTAMP_FILE: `${folder}/time`,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    }),
    async run(world, { folder }) {
      const said: string[] = [];
      for (const offset of ["-3600", "+315360000", "+0"]) {
        await Deno.writeTextFile(`${folder}/time`, offset);
        await seconds(4);
        const { now, state } = await (await fetch(`${world.edge.url}/status.json`)).json();
        said.push(`${new Date(now).getUTCFullYear()}: ${state}`);
      }
      world.remark = said.join(", ");
      world.healed();
    },
  },
];

async function stillStatus(world: FaultWorld): Promise<number> {
  const response = await fetch(`${world.edge.url}/live.jpeg`);
  await response.body?.cancel();
  return response.status;
}

async function health(world: FaultWorld): Promise<string> {
  return (await (await fetch(`${world.edge.url}/health`)).text()).trim();
}

async function openStream(world: FaultWorld): Promise<Response> {
  const response = await fetch(`${world.edge.url}/stream.mjpeg`);
  await response.body?.cancel();
  return response;
}

/** Uploads a byte a second; resolves to the status that ends it. */
async function drip(port: number, cam: string): Promise<string> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const head = `PUT /cams/${cam}/live.jpeg HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\n` +
    `Authorization: Bearer ${TEST_TOKEN}\r\nContent-Length: 30000\r\n\r\n`;
  await connection.write(new TextEncoder().encode(head));
  const timer = setInterval(() => connection.write(new Uint8Array(1)).catch(() => {}), 1000);
  const answer = new Uint8Array(1000);
  const got = await connection.read(answer).catch(() => null);
  clearInterval(timer);
  connection.close();
  return new TextDecoder().decode(answer.subarray(9, got === null ? 9 : 12)) || "nothing";
}
