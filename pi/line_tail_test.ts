import assert from "node:assert/strict";
import { LineTail, TAIL_LINE_LENGTH, TAIL_LINES } from "./line_tail.ts";

Deno.test("keeps the last lines of text that comes cut anywhere", () => {
  const tail = new LineTail();
  const text = Array.from({ length: 200 }, (_, n) => `line ${n}\n`).join("");
  for (let at = 0; at < text.length; at += 7) tail.push(text.slice(at, at + 7));
  tail.push("half a l");
  assert.equal(tail.lines.length, TAIL_LINES);
  assert.deepEqual(tail.lines.slice(-2), ["line 199", "half a l"]);
});

Deno.test("memory stays bounded where a program never ends its line", () => {
  const tail = new LineTail();
  for (let n = 0; n < 1000; n++) tail.push("x".repeat(1000));
  assert.ok(tail.lines.join("").length <= TAIL_LINE_LENGTH);
});

Deno.test("progress that is written over is one line, and what follows it is kept", () => {
  const tail = new LineTail();
  tail.push("opened\r\n");
  for (let n = 0; n < 1000; n++) tail.push(`frame=${n} fps=5 size=12345kB\r`);
  tail.push("oh dear\n");
  assert.deepEqual(tail.lines, ["opened", "oh dear"]);
});

Deno.test("no cut leaves half of a password: an address is taken out before its line is cut", () => {
  const input = "rtsp://me:s3 cret@cam/1";
  for (let length = 380; length < 420; length++) {
    for (const end of ["", "\n"]) {
      const tail = new LineTail(["ffmpeg", "-i", input]);
      tail.push("x".repeat(length) + ` ${input}: gone${end}`);
      assert.doesNotMatch(tail.lines.join(), /s3|cret/);
    }
  }
});

Deno.test("passwords in addresses are never kept", () => {
  const tail = new LineTail();
  tail.push("rtsp://admin:s3cret@10.0.0.7/ch1: Connection refused\n");
  assert.deepEqual(tail.lines, ["rtsp://…: Connection refused"]);
});
