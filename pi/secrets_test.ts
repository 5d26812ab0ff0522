// What is in a camera's address must not leave this machine, nor get into a log, whatever happens.

import assert from "node:assert/strict";
import { secretsOf, withoutAddresses } from "../shared/addresses.ts";
import { systemClock } from "../shared/clock.ts";
import { createLog } from "../shared/log.ts";
import { fc } from "../shared/testing/properties.ts";
import { createAgent } from "./agent.ts";
import { parseCli } from "./cli.ts";
import { parseConfig } from "./config.ts";
import { cameraFound } from "./doctor/findings.ts";
import { createSpawn, type Spawn } from "./process.ts";
import { summaryLine } from "./status.ts";
import type { Connection } from "./uploader/connection.ts";
import { TempDir } from "../shared/testing/temp.ts";

const EDGE = "http://127.0.0.1";

/** Parts of passwords: no message holds them by chance. */
const word = fc.stringMatching(/^[g-z]{6}$/).filter((text) => !/(.)\1/.test(text));

/** Passwords with the characters that steer an address, typed as they are. */
const password = fc.tuple(word, fc.constantFrom(..."%#/?@:& =+;'\"\\ü漢$!{}^|~_.-"), word, word)
  .map(([first, sign, second, third]) => `${first}${sign}${second}%4${sign}${third}`);

const host = fc.constantFrom("127.0.0.1:1", "127.0.0.1", "[::1]:1", "camera.invalid");

/** Addresses with it in all places that makers use. */
const address = fc.record({
  scheme: fc.constantFrom("http", "https", "rtsp", "HTTP"),
  secret: password,
  typed: fc.boolean(),
  host,
  place: fc.constantFrom(
    (host: string, secret: string) => `admin:${secret}@${host}/snapshot.jpg`,
    (host: string, secret: string) => `:${secret}@${host}/`,
    (host: string, secret: string) => `${secret}@${host}/snapshot.jpg`,
    (host: string, secret: string) => `12:34${secret}@${host}/snapshot.jpg?a=b`,
    (host: string, secret: string) => `${host}/api.cgi?cmd=Snap&user=admin&password=${secret}`,
    (host: string, secret: string) => `${host}/user=admin_password=${secret}_channel=1`,
    (host: string, secret: string) => `${host}/${secret}/1.jpg#${secret}`,
    (host: string, secret: string) => `me:${secret}@${host}/a?b=${secret}&mail=me@example.org`,
  ),
}).map(({ scheme, secret, typed, host, place }) => ({
  words: secret.match(/[g-z]{6}/g)!,
  address: `${scheme}://${place(host, typed ? secret : encodeURIComponent(secret))}`,
}));

const REQUIRED = { PERCH_URL: EDGE, PERCH_TOKEN: "0123456789abcdef" };

/** Runs an agent until it has told the edge of a failure, and gives all that it said anywhere. */
async function allSaid(
  source: string,
  input: string,
  spawn: Spawn,
  camera: Connection,
): Promise<string> {
  const parsed = parseConfig({ ...REQUIRED, PERCH_SOURCE: source, PERCH_INPUT: input });
  if (!parsed.ok) {
    assert.equal(parsed.problems.length, 1);
    return parsed.problems[0];
  }
  const { config, warnings } = parsed;
  const said = warnings.map(({ found }) => found);
  const write = (line: string) => void said.push(line);
  const log = createLog({ format: "text", write, now: Date.now });
  const stop = new AbortController();
  const connect = (): Connection => ({
    ...camera,
    fetch(url, init) {
      if (!url.startsWith(`${EDGE}/cams/`)) return camera.fetch(url, init);
      if (url.endsWith("/report")) {
        said.push(String(init.body));
        if (String(init.body).includes("failing")) stop.abort();
      }
      return Promise.resolve(new Response(null, { status: 204 }));
    },
  });
  const deps = { clock: systemClock, log, spawn, connect, random: () => 0, session: "s" };
  const agent = createAgent(deps, config);
  const before = agent.state;
  await agent.run(stop.signal);
  const found = cameraFound({ source: config.source, input, usb: [], installed: ["ffmpeg"] });
  return [...said, summaryLine(before, agent.state, 1000), JSON.stringify(found)].join("\n");
}

function holdsNone(text: string, words: readonly string[]): void {
  for (const secret of words) {
    assert.ok(!text.toLowerCase().includes(secret), `${secret} is in ${text}`);
  }
}

const status = (status: number, headers: HeadersInit = {}) =>
  new Response(null, { status, headers });

/** What a camera may do to a question, each of which ends in words. */
const answers = fc.constantFrom<(url: string) => Response>(
  (url) => {
    const cause = new Error(
      `error sending request from 10.0.0.7:4711 for ${url} (10.0.0.8:80): client error (Connect): no`,
    );
    throw new TypeError("fetch failed", { cause });
  },
  (url) => {
    throw new TypeError(`Invalid URL: '${url}'`);
  },
  () => status(401, { "www-authenticate": 'Digest realm="x"' }),
  ...[404, 429, 503].map((code) => () => status(code)),
  (url) => new Response(url, { headers: { "content-type": "text/html" } }),
  (url) => status(302, { location: `http://elsewhere.invalid/${url}` }),
  (url) => status(302, { location: url }),
  () => new Response(new Uint8Array([0xff, 0xd8, 0xff, 0xdb, 0, 9])),
);

const never: Spawn = () => Promise.resolve({ kind: "missing" });

Deno.test("an HTTP camera's address is nowhere in what is said, whatever it answers", () =>
  fc.assert(
    fc.asyncProperty(address, answers, async ({ address, words }, answer) => {
      const fetch = (url: string) => new Promise<Response>((resolve) => resolve(answer(url)));
      holdsNone(await allSaid("http", address, never, { fetch, close: () => {} }), words);
    }),
    { numRuns: 300 },
  ));

/** Says what it was started with as ffmpeg does in its errors, cut anywhere, and gives up. */
const FAILING_FFMPEG = `#!/bin/sh
input=$(sed -n "s/^file '\\(.*\\)'$/\\1/p")
echo "started with $*" >&2
rest="\${input#*://}"
printf '%s: Connection refused\\r' "$input" >&2
printf "[http @ 0x1] Opening '%s' for reading\\n" "$input" >&2
printf "[http @ 0x1] header='GET /%s HTTP/1.1'\\n" "\${rest#*/}" >&2
printf '%0390d %s: it stands at the end\\n' 0 "$input" >&2
printf '%0395d%s' 0 "$input" >&2
exit 1
`;

Deno.test("an address given to ffmpeg is nowhere in what is said, whatever ffmpeg says of it", async () => {
  await using dir = new TempDir();
  await Deno.writeTextFile(`${dir}/ffmpeg`, FAILING_FFMPEG, { mode: 0o755 });
  const path = `${dir}:${Deno.env.get("PATH")}`;
  const spawn = createSpawn({ clock: systemClock, env: { PATH: path } });
  const camera = { fetch: () => Promise.reject(new Error("unused")), close: () => {} };
  await fc.assert(
    fc.asyncProperty(address, async ({ address, words }) => {
      const said = await allSaid("ffmpeg", address, spawn, camera);
      assert.match(said, /ffmpeg|cannot be reached|^PERCH_INPUT: got /);
      holdsNone(said, words);
    }),
    { numRuns: 60 },
  );
});

Deno.test("no mistake in a setting or on the command line shows an address", () =>
  fc.assert(
    fc.property(address, ({ address, words }) => {
      const wrong = [
        { PERCH_URL: address },
        { PERCH_SOURCE: "v4l2-ctl", PERCH_INPUT: address },
        { PERCH_SOURCE: "http", PERCH_INPUT: address.replace(/^.*?:\/\//, "") },
        { PERCH_EXTRA_ARGS: `-headers "${address}` },
        { PERCH_TOKEN: address.slice(0, 15) },
      ];
      for (const settings of wrong) {
        const parsed = parseConfig({ ...REQUIRED, ...settings });
        holdsNone(JSON.stringify(parsed.ok ? parsed.warnings : parsed.problems), words);
      }
      const cli = parseCli(["--hflip", ...address.split(" ")]);
      holdsNone(cli.ok ? "" : cli.problems.join(), words);
      const { stack } = new TypeError(`Invalid URL: '${address}'`);
      holdsNone(withoutAddresses(stack!, secretsOf(address)), words);
    }),
    { numRuns: 300 },
  ));
