import assert from "node:assert/strict";
import {
  edgeEnv,
  type InterfaceAddress,
  invitation,
  isDrawn,
  listeningPort,
  networkAddresses,
  piEnvs,
} from "./plan.ts";

Deno.test("a demo keeps nothing, shows a pattern, and knows only its own token", () => {
  const env = { PERCH_PUBLISH_TOKENS: "someone-elses-token", PERCH_KV_PATH: "/var/lib/perch.db" };
  const memory = { PERCH_KV_PATH: ":memory:", PERCH_PUBLISH_TOKENS: "t" };
  assert.deepEqual(edgeEnv("demo", env, "t", "0"), { HOST: "0.0.0.0", PORT: "0", ...memory });
  const to = { PERCH_URL: "http://127.0.0.1:8123", PERCH_TOKEN: "t" };
  const drawn = { ...to, PERCH_SOURCE: "pattern" };
  assert.deepEqual(piEnvs("demo", env, "t", 8123), [
    { ...drawn, PERCH_NAME: "Front garden", PERCH_INPUT: "garden" },
    { ...drawn, PERCH_CAM: "harbour", PERCH_NAME: "Harbour", PERCH_INPUT: "harbour" },
  ]);
});

Deno.test("lan takes the machine's own camera and keeps the tokens and the file it is given", () => {
  const env = { PERCH_PUBLISH_TOKENS: "cam=another-token", PERCH_KV_PATH: "/var/lib/perch.db" };
  const edge = edgeEnv("lan", env, "t", "8000");
  assert.equal(edge.PERCH_PUBLISH_TOKENS, "cam=another-token,t");
  assert.equal(edge.PERCH_KV_PATH, "/var/lib/perch.db");
  assert.equal(edgeEnv("lan", {}, "t", "8000").PERCH_KV_PATH, ":memory:");
});

Deno.test("a source asked for in the environment is used in either mode", () => {
  const env = { PERCH_SOURCE: "ffmpeg" };
  for (const mode of ["demo", "lan"] as const) {
    // The camera agent inherits it.
    assert.deepEqual(piEnvs(mode, env, "t", 1).map((set) => set.PERCH_SOURCE), [undefined]);
    assert.equal(isDrawn(mode, env), false, "no drawn day stands behind a real camera");
  }
});

Deno.test("the port is read from the edge's listening line only", () => {
  assert.equal(listeningPort("2026-01-01T00:00:00Z listening on http://0.0.0.0:8123"), 8123);
  assert.equal(listeningPort("listening on http://[::]:80/"), 80);
  assert.equal(listeningPort("camera cam is live"), undefined);
});

Deno.test("addresses shown are those another device can reach", () => {
  const address = (name: string, address: string, family: "IPv4" | "IPv6" = "IPv4") =>
    ({ name, address, family }) satisfies InterfaceAddress;
  assert.deepEqual(
    networkAddresses([
      address("lo", "127.0.0.1"),
      address("eth0", "fe80::1", "IPv6"),
      address("docker0", "172.17.0.1"),
      address("wlan0", "192.168.1.7"),
      address("eth0", "169.254.3.4"),
    ]),
    ["192.168.1.7"],
  );
});

Deno.test("the invitation names this machine first", () => {
  const lines = invitation("demo", 8123, ["192.168.1.7"]).join("\n");
  assert.match(lines, /http:\/\/localhost:8123\/[^]*http:\/\/192\.168\.1\.7:8123\//);
});

Deno.test("on a terminal the address for a phone is drawn too, where there is one", () => {
  const drawn = invitation("demo", 8123, ["192.168.1.7"], (text) => `[${text}]`);
  assert.ok(drawn.join("\n").includes("[http://192.168.1.7:8123/]"), drawn.join("\n"));
  const alone = invitation("demo", 8123, [], (text) => `[${text}]`);
  assert.ok(!alone.join().includes("[http"));
});
