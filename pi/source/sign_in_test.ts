import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type Credentials, signInFor } from "./sign_in.ts";

const MUFASA = { user: "Mufasa", password: "Circle of Life" };
const URL = "http://www.example.org/dir/index.html";

/** The challenge of RFC 7616, section 3.9.1. */
function challenge(algorithm: string): string {
  return `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, ` +
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", ' +
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
}

function header(challenges: string | null, cnonce = "0a4f113b", who: Credentials = MUFASA): string {
  return signInFor(who, challenges, cnonce)!(URL);
}

function response(challenges: string, cnonce?: string, who?: Credentials): string | undefined {
  return / response="(\w+)"/.exec(header(challenges, cnonce, who))?.[1];
}

Deno.test("the examples of RFC 7616, 2617 and 2069 come out right", () => {
  const cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
  assert.equal(response(challenge("MD5"), cnonce), "8ca523f5e9506fed4657c9700eebdbec");
  assert.equal(
    response(challenge("SHA-256"), cnonce),
    "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
  );
  const old = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"';
  const who = { user: "Mufasa", password: "Circle Of Life" };
  assert.equal(response(`${old}, qop=auth`, "0a4f113b", who), "6629fae49393a05397450978507c4ef1");
  const oldest = { user: "Mufasa", password: "CircleOfLife" };
  assert.equal(response(old, "0a4f113b", oldest), "1949323746fe6a43ef61f9606e7febea");
});

Deno.test("all that a camera must have back is in the answer, and no qop it did not offer", () => {
  assert.equal(
    header(challenge("MD5")),
    'Digest username="Mufasa", realm="http-auth@example.org", ' +
      'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", uri="/dir/index.html", ' +
      'algorithm=MD5, response="6f8499a90f2b27bcee5b094580c69aae", ' +
      'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", ' +
      'qop=auth, nc=00000001, cnonce="0a4f113b"',
  );
  assert.doesNotMatch(header('Digest realm="r", nonce="n"'), /qop|nc=|cnonce|opaque|algorithm/);
});

Deno.test("a camera that protects bodies too gets the answer for none", () => {
  const whole = 'Digest realm="cam", nonce="n0nce", qop="auth-int"';
  const hash = (text: string) => createHash("md5").update(text).digest("hex");
  const [who, what] = [hash("Mufasa:cam:Circle of Life"), hash(`GET:/dir/index.html:${hash("")}`)];
  assert.equal(response(whole), hash(`${who}:n0nce:00000001:0a4f113b:auth-int:${what}`));
  assert.match(header(whole), /qop=auth-int, nc=/);
  assert.match(header('Digest realm="r", nonce="n", qop="auth-int,auth"'), /qop=auth, nc=/);
  assert.doesNotMatch(header('Digest realm="r", nonce="n", qop=""'), /qop/);
});

Deno.test("each question has a count of its own", () => {
  const signIn = signInFor(MUFASA, challenge("MD5"))!;
  const [one, two] = [signIn(URL), signIn(URL)];
  assert.match(one, /nc=00000001/);
  assert.match(two, /nc=00000002/);
  assert.notEqual(/response="(\w+)"/.exec(one)![1], /response="(\w+)"/.exec(two)![1]);
});

Deno.test("a session's key, quotes, colons, commas and letters beyond ASCII are no trouble", () => {
  const session =
    'Digest realm="http-auth@example.org", nonce="n0nce", qop="auth", algorithm=MD5-sess';
  assert.equal(response(session), "372455e0e8414f8f5e15df80c335ce1b");
  const odd = { user: 'jä"s', password: "pä:ss" };
  const quoted = 'Digest realm="a \\"quoted\\" realm", nonce="n,1", qop="auth"';
  assert.equal(response(quoted, "0a4f113b", odd), "2a58b4337c3a5273f0d832a2651e4f48");
  assert.match(header(quoted, "0a4f113b", odd), /username="jÃ¤\\"s", realm="a \\"quoted\\" realm"/);
});

Deno.test("the safest way that is offered and known is taken", () => {
  const both = `Basic realm="cam", ${challenge("MD5")}, ${challenge("SHA-256")}`;
  assert.match(header(both), /algorithm=SHA-256/);
  assert.match(header(`Basic realm="cam", ${challenge("MD5")}`), /^Digest .*algorithm=MD5/);
  assert.equal(header("Basic realm=cam"), `Basic ${btoa("Mufasa:Circle of Life")}`);
  assert.match(header(`Digest realm="x", nonce="y", algorithm=SHA3, Basic realm="cam"`), /^Basic/);
});

Deno.test("Basic is for cameras that want it or say nothing, never in place of Digest", () => {
  assert.equal(header(null), `Basic ${btoa("Mufasa:Circle of Life")}`);
  assert.equal(signInFor(MUFASA, 'Digest realm="x", nonce="y", qop="auth-conf"'), undefined);
  assert.equal(signInFor(MUFASA, "Negotiate"), undefined);
});
