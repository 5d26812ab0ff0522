// Whatever arrives from outside besides pictures: headers, messages, settings. Nothing may throw,
// and what is accepted must be what was meant.

import assert from "node:assert/strict";
import { encodeAck } from "./testing/clients.ts";
import { fc } from "./testing/properties.ts";
import { z } from "zod";
import { isCamId } from "./frame.ts";
import { booleanSetting, integerSetting, numberSetting, parseSettings } from "./settings.ts";
import { demandSchema, parseSeq, publishDownSchema, reportSchema } from "./wire.ts";
import {
  ACK_BYTES,
  FRAME_HEADER_BYTES,
  readAck,
  readFrameHeader,
  writeFrameHeader,
} from "./wire_frame.ts";

const RUNS = 10_000;

Deno.test("any bytes may be asked for a frame header or an acknowledgement", () => {
  const magic = fc.constantFrom([0xf7, 1], [0xac, 1], [0xf7, 0], [0, 0]);
  const bytes = fc.tuple(magic, fc.uint8Array({ maxLength: 48 }))
    .map(([first, rest]) => Uint8Array.of(...first, ...rest));
  fc.assert(
    fc.property(bytes, fc.nat(7), (bytes, offset) => {
      // At any offset of a larger buffer, as sockets give them.
      const within = new Uint8Array(bytes.length + 8);
      within.set(bytes, offset);
      const view = within.subarray(offset, offset + bytes.length);
      const header = readFrameHeader(view);
      if (header) assert(bytes.length >= FRAME_HEADER_BYTES && bytes[0] === 0xf7);
      const ack = readAck(view);
      if (ack) assert(bytes.length === ACK_BYTES && bytes[0] === 0xac);
    }),
    { numRuns: RUNS },
  );
});

Deno.test("headers and acknowledgements come back as they were written", () => {
  const camera = fc.nat(0xffff);
  const time = fc.nat(Number.MAX_SAFE_INTEGER);
  fc.assert(
    fc.property(camera, time, time, time, (camera, version, capturedAt, receivedAt) => {
      const header = { camera, version, capturedAt, receivedAt };
      const bytes = new Uint8Array(FRAME_HEADER_BYTES + 3);
      writeFrameHeader(bytes.subarray(3), header);
      assert.deepEqual(readFrameHeader(bytes.subarray(3)), header);
      assert.deepEqual(readAck(encodeAck({ camera, version })), { camera, version });
    }),
    { numRuns: RUNS },
  );
});

Deno.test("a message of another kind, or cut short, is no frame and no acknowledgement", () => {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES);
  assert.equal(readFrameHeader(bytes), undefined);
  writeFrameHeader(bytes, { camera: 1, version: 2, capturedAt: 3, receivedAt: 4 });
  assert.equal(readFrameHeader(bytes.subarray(0, -1)), undefined);
  bytes[1] = 2;
  assert.equal(readFrameHeader(bytes), undefined);
  const ack = encodeAck({ camera: 3, version: 4 });
  for (const other of [new Uint8Array(ACK_BYTES), ack.subarray(1), new Uint8Array(0)]) {
    assert.equal(readAck(other), undefined);
  }
});

Deno.test("any text may be asked for a camera's id or count", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.stringMatching(/^[a-z0-9-]{0,40}$/),
    fc.stringMatching(/^[\w-]{0,70}:[\d.e-]{0,20}$/),
  );
  fc.assert(
    fc.property(text, (text) => {
      if (isCamId(text)) assert(encodeURIComponent(text) === text && text.length <= 32);
      const seq = parseSeq(text);
      if (!seq) return;
      assert(Number.isSafeInteger(seq.n) && seq.n >= 0);
      assert.equal(text, `${seq.session}:${text.slice(seq.session.length + 1)}`);
    }),
    { numRuns: RUNS },
  );
});

Deno.test("any JSON may be asked for a message, and only the schema's members pass", () => {
  const near = fc.record({
    type: fc.constantFrom("demand", "ack", "refused", "hello", 7),
    interval: fc.oneof(fc.integer(), fc.double(), fc.string()),
    viewers: fc.oneof(fc.nat(), fc.constant(null)),
    state: fc.constantFrom("starting", "running", "failing", "fine"),
    error: fc.oneof(fc.string({ maxLength: 600 }), fc.nat()),
    detail: fc.oneof(fc.array(fc.string({ unit: "binary" })), fc.string()),
    name: fc.constantFrom("Küche", "a\tb", "\u0007", "\u202eegak"),
  }, { requiredKeys: [] });
  const schemas = [demandSchema, publishDownSchema, reportSchema];
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), near), fc.nat(2), (value, i) => {
      const result = schemas[i].safeParse(value);
      if (!result.success) return;
      const allowed = ["type", "interval", "viewers", "seq", "version", "status", "detail"];
      for (const name of Object.keys(result.data)) {
        assert([...allowed, "state", "error", "name"].includes(name));
      }
      const json = JSON.stringify(result.data);
      assert(json.length < 80_000);
      if (i === 2) assert.doesNotMatch(json, /\\u00[01]|[\u007f-\u009f\u2028\u202e]/);
    }),
    { numRuns: RUNS },
  );
});

Deno.test("any environment is either settings within bounds or one line a problem, no secret told", () => {
  const schema = z.object({
    PORT: integerSetting(0, 65_535, "a TCP port"),
    PERCH_FPS: numberSetting(0.1, 60, "frames a second").default(5),
    PERCH_HFLIP: booleanSetting().default(false),
    PERCH_TOKEN: z.string().min(16, "at least 16 characters").max(64, "at most 64 characters"),
  });
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.float().map(String),
    fc.integer().map(String),
  );
  const secret = fc.stringMatching(/^s3cr[a-z]{0,80}$/);
  fc.assert(
    fc.property(text, text, text, secret, (PORT, PERCH_FPS, PERCH_HFLIP, PERCH_TOKEN) => {
      const parsed = parseSettings(schema, { PORT, PERCH_FPS, PERCH_HFLIP, PERCH_TOKEN });
      if (parsed.ok) {
        const { PORT, PERCH_FPS } = parsed.config;
        assert(Number.isInteger(PORT) && PORT >= 0 && PORT <= 65_535);
        assert(PERCH_FPS >= 0.1 && PERCH_FPS <= 60);
        return;
      }
      assert(parsed.problems.length >= 1 && parsed.problems.length <= 4);
      for (const problem of parsed.problems) {
        assert(!problem.includes("\n") && !problem.includes("s3cr"), problem);
        assert.match(problem, /^[A-Z_]+: got .+, wanted .+$/u);
      }
    }),
    { numRuns: RUNS },
  );
});
