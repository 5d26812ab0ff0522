// The recipes of edge/deploy/ as they are shipped, with other ports and folders, in a real nginx and a
// real Caddy in front of a real edge.

import assert from "node:assert/strict";
import { ROOT, type RunningEdge, RunningProgram, startEdge } from "./processes.ts";
import { toolPath } from "./tools.ts";
import { TempDir } from "./temp.ts";

/** A program with a recipe. */
export type Proxy = "nginx" | "caddy";

/** An edge behind a proxy. */
export interface Proxied {
  readonly edge: RunningEdge;
  /** The site without TLS, so that raw bytes can be sent to it. */
  readonly url: string;
  /** Port of the site as people reach it. */
  readonly tls: number;
  /** Port that sends them there. */
  readonly redirect: number;
}

/**
 * Runs `fn` with an edge behind a proxy.
 *
 * @param patience How long it waits for a head or more of a body. Default: as the recipe says.
 */
export async function behind(
  proxy: Proxy,
  env: Readonly<Record<string, string>>,
  fn: (at: Proxied) => Promise<void>,
  patience = "10s",
): Promise<void> {
  await using folder = new TempDir();
  await using edge = await startEdge({ env: { PERCH_TRUST_PROXY: "1", ...env } });
  const [plain, tls, redirect] = freePorts(3);
  const at = { edge, url: `http://127.0.0.1:${plain}`, tls, redirect };
  await using program = await (proxy === "nginx" ? startNginx : startCaddy)(
    folder.path,
    at,
    patience,
  );
  await fn(at);
  await program.stop("SIGTERM");
  // What nginx complains of, but for large bodies and what newer ones call http2, is the recipe.
  assert.doesNotMatch(
    program.output,
    /\[(warn|error|crit|alert|emerg)\](?!.*(too large|"listen \.\.\. http2"))/,
  );
}

/**
 * Ports that were free a moment ago: proxies cannot choose them themselves. None of those that the
 * kernel gives away: it could give one to somebody else before it is listened on.
 */
export function freePorts(count: number): number[] {
  const listeners: Deno.TcpListener[] = [];
  while (listeners.length < count) {
    try {
      listeners.push(Deno.listen({ port: 20_000 + Math.floor(Math.random() * 10_000) }));
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  const ports = listeners.map(({ addr }) => addr.port);
  for (const listener of listeners) listener.close();
  return ports;
}

async function startNginx(
  folder: string,
  at: Proxied,
  patience: string,
): Promise<RunningProgram> {
  // deno-fmt-ignore
  const { success } = await new Deno.Command(toolPath("openssl")!, {
    args: [
      "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
      "-keyout", `${folder}/privkey.pem`, "-out", `${folder}/fullchain.pem`,
    ],
    stderr: "null",
  }).output();
  assert(success, "openssl made no certificate");
  const recipe = replaced(await Deno.readTextFile(`${ROOT}edge/deploy/nginx.conf`), {
    "127.0.0.1:8000": new URL(at.edge.url).host,
    "listen 80;": `listen 127.0.0.1:${at.redirect};`,
    "listen [::]:80;": "",
    "listen 443 ": `listen 127.0.0.1:${at.tls} `,
    "listen [::]:443 ssl http2": `listen ${new URL(at.url).host}`,
    "/etc/letsencrypt/live/cam.example.org": folder,
    "/var/cache/perch-nginx": `${folder}/cache`,
    "client_header_timeout 10s": `client_header_timeout ${patience}`,
    "client_body_timeout 10s": `client_body_timeout ${patience}`,
  });
  return await runNginx(folder, recipe);
}

/** nginx with what stands in `http`, as many connections as the recipe wants, and its files in a folder. */
export async function runNginx(folder: string, http: string): Promise<RunningProgram> {
  await Deno.writeTextFile(
    `${folder}/nginx.conf`,
    `${Deno.uid() === 0 ? "user root;" : ""}
daemon off; pid ${folder}/pid; error_log stderr notice; worker_processes 1;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  ${http}
}`,
  );
  const args = ["-p", folder, "-c", `${folder}/nginx.conf`];
  const nginx = new RunningProgram("nginx", toolPath("nginx")!, args, { group: true });
  await nginx.line(/start worker process \d+/);
  return nginx;
}

async function startCaddy(
  folder: string,
  at: Proxied,
  patience: string,
): Promise<RunningProgram> {
  const recipe = replaced(await Deno.readTextFile(`${ROOT}edge/deploy/Caddyfile`), {
    "\n{\n": `\n{\nadmin off\nskip_install_trust\ndefault_bind 127.0.0.1\n` +
      `http_port ${at.redirect}\nhttps_port ${at.tls}\n`,
    "\n{$DOMAIN:cam.example.org} {": `\n${at.url}, {$DOMAIN} {`,
    "read_header 10s": `read_header ${patience}`,
  });
  const file = `${folder}/Caddyfile`;
  await Deno.writeTextFile(file, recipe);
  const env = { DOMAIN: "localhost", EDGE: new URL(at.edge.url).host };
  const args = ["run", "--config", file, "--adapter", "caddyfile"];
  const caddy = new RunningProgram("caddy", toolPath("caddy")!, args, {
    env: { ...env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
  });
  await caddy.line(/certificate obtained successfully/);
  await caddy.line(/serving initial configuration/);
  return caddy;
}

function replaced(recipe: string, words: Readonly<Record<string, string>>): string {
  for (const [from, to] of Object.entries(words)) {
    assert(recipe.includes(from), `the recipe has no "${from}"`);
    recipe = recipe.replaceAll(from, to);
  }
  return recipe;
}
