// The one judge of pictures: whether bytes start with a whole JPEG that browsers show, where it ends, and
// what in it is not needed to show it. Picture data is searched, not decoded; what a decoder knows by
// each segment follows the rules of libjpeg, with which browsers and libvips decode.

import {
  endOfEntropy,
  isNeeded,
  isSegment,
  isSkipped,
  isStandalone,
  isStartOfFrame,
  MARKER,
  nextMarker,
  segmentName,
} from "./markers.ts";

/** What is wrong: a sentence for people, and the byte it speaks of. */
export interface Fault {
  readonly ok: false;
  readonly problem: string;
  readonly offset: number;
}

/** A run of bytes. */
export interface Run {
  readonly from: number;
  readonly to: number;
}

/** What is known of a picture that browsers show. */
export interface WholeJpeg {
  readonly ok: true;
  readonly width: number;
  readonly height: number;
  /** Where it ends: what follows does not belong to it. */
  readonly end: number;
  /** What is not needed to show it, oldest first: metadata, and bytes that belong to nothing. */
  readonly extras: readonly Run[];
  /** Where the standard Huffman tables go; undefined where it has all it needs. */
  readonly tablesAt: number | undefined;
}

/** A picture, or the first thing wrong with it. */
export type Inspection = WholeJpeg | Fault;

/** Pictures have some dozens; what has a million of empty ones is made to cost time. */
const MAX_MARKERS = 1000;

/** Judges the picture that `bytes` start with. */
export function inspectJpeg(bytes: Uint8Array): Inspection {
  if (bytes.length === 0) return fault("It is empty, wanted a JPEG.", 0);
  if (bytes[0] !== 0xff || bytes[1] !== MARKER.SOI || (bytes[2] ?? 0xff) !== 0xff) {
    return fault(`A JPEG starts with FF D8 FF, this starts with ${hex(bytes, 0, 3)}.`, 0);
  }
  const decoder = new Decoder();
  const extras: Run[] = [];
  let tablesAt: number | undefined;
  let markers = 0;
  let at = 2;
  /** The marker before; 0 for the picture data. */
  let last: number = MARKER.SOI;
  while (at + 1 < bytes.length) {
    const code = bytes[at + 1];
    if (bytes[at] !== 0xff || code === 0) {
      const from = at;
      at = nextMarker(bytes, at);
      extras.push({ from, to: at });
      continue;
    }
    if (code === 0xff) {
      at++;
      continue;
    }
    if (++markers > MAX_MARKERS) {
      return fault(`More than ${MAX_MARKERS} markers, by byte ${at}: no picture has so many.`, at);
    }
    if (isStandalone(code)) {
      at += 2;
      continue;
    }
    if (code === MARKER.EOI) {
      const { frame, scans, lacksTables } = decoder;
      if (!frame) return fault(`EOI at byte ${at} comes before any frame header (SOF).`, at);
      if (scans === 0) return fault(`EOI at byte ${at} comes before any scan (SOS).`, at);
      const { width, height } = frame;
      if (!lacksTables) tablesAt = undefined;
      return { ok: true, width, height, end: at + 2, extras, tablesAt };
    }
    if (code === MARKER.SOI) {
      return fault(`A second SOI at byte ${at}: the picture before it was cut off.`, at);
    }
    if (!isSegment(code)) return noMarker(bytes, last, at);
    last = code;
    if (at + 3 >= bytes.length) break;
    const length = (bytes[at + 2] << 8) | bytes[at + 3];
    // Decoders step over the two bytes of a length all the same where they do not need what follows.
    if (length < 2 && !isSkipped(code)) {
      return fault(`${nameOf(bytes, at)} has the impossible length ${length}.`, at);
    }
    const next = at + 2 + Math.max(length, 2);
    if (next > bytes.length) {
      const inside = `The JPEG ends inside ${nameOf(bytes, at)}`;
      return fault(`${inside}: ${next - bytes.length} bytes are missing.`, at);
    }
    const wrong = decoder.take(bytes, at, next);
    if (wrong) return wrong;
    if (!isNeeded(code, bytes.subarray(at + 4, next))) extras.push({ from: at, to: next });
    if (code === MARKER.DHT || code === MARKER.SOS) tablesAt ??= at;
    at = next;
    if (code !== MARKER.SOS) continue;
    const { end, damage } = endOfEntropy(bytes, at, decoder.restarts);
    if (end < 0) break;
    last = 0;
    if (damage >= 0) return noMarker(bytes, last, damage);
    at = end;
  }
  const where = decoder.scans > 0 ? "in the picture data" : `after ${segmentName(last)}`;
  return fault(`The JPEG is cut off ${where}: no EOI in ${bytes.length} bytes.`, bytes.length);
}

function noMarker(bytes: Uint8Array, last: number, at: number): Fault {
  const after = last === 0 ? "the picture data" : segmentName(last);
  return fault(`Expected a marker after ${after} at byte ${at}, found ${hex(bytes, at, 2)}.`, at);
}

/** The bytes at `at`, as people write them. */
function hex(bytes: Uint8Array, at: number, count: number): string {
  return [...bytes.subarray(at, at + count)]
    .map((byte) => byte.toString(16).toUpperCase().padStart(2, "0"))
    .join(" ");
}

/** Makes a fault. */
function fault(problem: string, offset: number): Fault {
  return { ok: false, problem, offset };
}

interface Component {
  readonly id: number;
  /** Sampling factors. */
  readonly across: number;
  readonly down: number;
  readonly quantisation: number;
}

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly progressive: boolean;
  /** Arithmetic coding needs no tables. */
  readonly arithmetic: boolean;
  readonly components: readonly Component[];
}

const MAX_SIDE = 65_500;
const MAX_SAMPLING = 4;
/** Pictures have a dozen; each is a walk over all of the picture. */
const MAX_SCANS = 100;
const MAX_SCAN_BLOCKS = 10;
const MAX_TABLE = 3;
const MAX_HUFFMAN_VALUES = 256;
const MAX_DC_VALUE = 15;
const MAX_LOW_BIT = 13;
/** AC tables are numbered from here on. */
const AC = 0x10;
/** The standard has Huffman tables 0 and 1 for pictures that leave theirs out. */
const MAX_STANDARD_TABLE = 1;

/** Tells of one picture, segment by segment, whether it can be decoded. */
class Decoder {
  frame: Frame | undefined;
  scans = 0;
  /** Whether there are restart markers, at which decoders go on after damage. */
  restarts = false;
  /** Whether a scan names standard Huffman tables that the picture leaves out. */
  lacksTables = false;
  readonly #quantisation = new Set<number>();
  /** By number; with what is wrong with one that no scan may use. */
  readonly #huffman = new Map<number, Fault | undefined>();
  /** Whether the first scan has all there is. */
  #complete = false;

  /** Takes the segment from `at` to `next`. @returns What is wrong with it, if anything is. */
  take(bytes: Uint8Array, at: number, next: number): Fault | undefined {
    const code = bytes[at + 1];
    if (isStartOfFrame(code)) return this.#takeFrame(bytes, at, next);
    if (code === MARKER.DQT) return this.#takeQuantisation(bytes, at, next);
    if (code === MARKER.DHT) return this.#takeHuffman(bytes, at, next);
    if (code === MARKER.DAC) return conditioningFault(bytes, at, next);
    if (code === MARKER.SOS) return this.#takeScan(bytes, at, next);
    if (code !== MARKER.DRI) return undefined;
    this.restarts = (bytes[at + 4] | bytes[at + 5]) !== 0;
    return next === at + 6 ? undefined : wrongLength(bytes, at);
  }

  #takeFrame(bytes: Uint8Array, at: number, next: number): Fault | undefined {
    const code = bytes[at + 1];
    const name = () => nameOf(bytes, at);
    if (this.frame) return fault(`${name()} is a second frame header.`, at);
    const progressive = code === MARKER.SOF2 || code === MARKER.SOF10;
    const arithmetic = code === MARKER.SOF9 || code === MARKER.SOF10;
    if (code > MARKER.SOF2 && !arithmetic) {
      return fault(`${name()}: browsers show baseline and progressive JPEG only.`, at);
    }
    const count = bytes[at + 9];
    if (next !== at + 10 + 3 * count) return wrongLength(bytes, at);
    if (bytes[at + 4] !== 8) {
      return fault(`${name()}: ${bytes[at + 4]} bits a sample, wanted 8.`, at);
    }
    if (count !== 1 && count !== 3 && count !== 4) {
      return fault(`${name()}: ${count} components, wanted 1, 3 or 4.`, at);
    }
    const height = (bytes[at + 5] << 8) | bytes[at + 6];
    const width = (bytes[at + 7] << 8) | bytes[at + 8];
    if (width === 0 || height === 0 || Math.max(width, height) > MAX_SIDE) {
      return fault(`${name()}: ${width}x${height} pixels, wanted 1 to ${MAX_SIDE} a side.`, at + 5);
    }
    const components: Component[] = [];
    for (let from = at + 10; from < next; from += 3) {
      const sampling = bytes[from + 1];
      components.push({
        id: bytes[from],
        across: sampling >> 4,
        down: sampling & 15,
        quantisation: bytes[from + 2],
      });
    }
    const across = Math.max(...components.map((one) => one.across));
    const down = Math.max(...components.map((one) => one.down));
    const odd = components.findIndex((one) =>
      Math.max(one.across, one.down) > MAX_SAMPLING || across % one.across !== 0 ||
      down % one.down !== 0
    );
    if (odd >= 0) {
      const { id, across, down } = components[odd];
      const wanted = `1 to ${MAX_SAMPLING}, and a factor of the others`;
      return fault(
        `${name()}: component ${id} is sampled ${across}x${down}, wanted ${wanted}.`,
        at + 11 + 3 * odd,
      );
    }
    this.frame = { width, height, progressive, arithmetic, components };
    return undefined;
  }

  #takeQuantisation(bytes: Uint8Array, at: number, next: number): Fault | undefined {
    let from = at + 4;
    while (from < next) {
      const table = bytes[from] & 15;
      if (table > MAX_TABLE) return wrongTable(bytes, at, from);
      this.#quantisation.add(table);
      const isWide = bytes[from] > 15;
      from += isWide ? 129 : 65;
    }
    return from === next ? undefined : wrongLength(bytes, at);
  }

  #takeHuffman(bytes: Uint8Array, at: number, next: number): Fault | undefined {
    let from = at + 4;
    while (next - from > 16) {
      const table = bytes[from];
      if ((table & ~AC) > MAX_TABLE) return wrongTable(bytes, at, from);
      let count = 0;
      let code = 0;
      let possible = true;
      for (let bits = 1; bits <= 16; bits++) {
        const codes = bytes[from + bits];
        count += codes;
        code = 2 * code + codes;
        // No code may be all ones.
        if (codes > 0 && code >= 2 ** bits) possible = false;
      }
      const values = bytes.subarray(from + 17, from + 17 + count);
      if (table < AC && values.some((value) => value > MAX_DC_VALUE)) possible = false;
      if (count > MAX_HUFFMAN_VALUES || from + 17 + count > next) {
        return impossibleTable(bytes, at, from);
      }
      this.#huffman.set(table, possible ? undefined : impossibleTable(bytes, at, from));
      from += 17 + count;
    }
    return from === next ? undefined : wrongLength(bytes, at);
  }

  #takeScan(bytes: Uint8Array, at: number, next: number): Fault | undefined {
    const { frame } = this;
    const name = () => nameOf(bytes, at);
    if (!frame) return fault(`${name()} comes before any frame header (SOF).`, at);
    if (this.scans === MAX_SCANS) {
      return fault(`${name()} is one more scan than ${MAX_SCANS}: no picture has so many.`, at);
    }
    if (this.#complete) {
      return fault(`${name()} is one more scan of a picture that is complete.`, at);
    }
    const count = bytes[at + 4];
    if (count === 0 || next !== at + 8 + 2 * count) {
      const length = next - at - 2;
      return fault(`${name()}: ${count} components in ${length} bytes, wanted 1 to 4.`, at + 4);
    }
    const first = bytes[next - 3];
    const last = bytes[next - 2];
    const high = bytes[next - 1] >> 4;
    const low = bytes[next - 1] & 15;
    let [needsDc, needsAc] = [!frame.arithmetic, !frame.arithmetic];
    if (frame.progressive) {
      const inOrder = first === 0 ? last === 0 : first <= last && last <= 63 && count === 1;
      if (!inOrder || low > MAX_LOW_BIT || (high > 0 && low !== high - 1)) {
        return fault(`${name()}: ${first} to ${last} (${high}, ${low}) cannot be.`, next - 3);
      }
      needsDc &&= first === 0 && high === 0;
      needsAc &&= first > 0;
    }
    const found = new Set<Component>();
    for (let from = at + 5; from < next - 3; from += 2) {
      const id = bytes[from];
      const tables = bytes[from + 1];
      // libjpeg takes the components in the order of the frame header only.
      const component = frame.components.find((one, i) => one.id === id && i >= found.size);
      if (!component || found.has(component)) {
        return fault(`${name()}: component ${id}, wanted the frame header's in their order.`, from);
      }
      found.add(component);
      if (!this.#quantisation.has(component.quantisation)) {
        const table = component.quantisation;
        return fault(`${name()}: there is no quantisation table ${table} (DQT).`, from);
      }
      const wrong = needsDc && this.#huffmanFault(name, tables >> 4, from) ||
        needsAc && this.#huffmanFault(name, AC + (tables & 15), from);
      if (wrong) return wrong;
    }
    const blocks = [...found].reduce((sum, { across, down }) => sum + across * down, 0);
    if (count > 1 && blocks > MAX_SCAN_BLOCKS) {
      return fault(`${name()}: ${blocks} blocks at a time, wanted at most ${MAX_SCAN_BLOCKS}.`, at);
    }
    if (this.scans === 0) this.#complete = !frame.progressive && count === frame.components.length;
    this.scans++;
    return undefined;
  }

  /** What is wrong with a Huffman table that a scan needs, if anything is. */
  #huffmanFault(name: () => string, table: number, offset: number): Fault | undefined {
    if (this.#huffman.has(table)) return this.#huffman.get(table);
    if (!this.frame!.progressive && (table & ~AC) <= MAX_STANDARD_TABLE) {
      this.lacksTables = true;
      return undefined;
    }
    const kind = table < AC ? "DC" : "AC";
    return fault(`${name()}: there is no Huffman table ${kind} ${table & 15} (DHT).`, offset);
  }
}

/** What is wrong with the conditions of arithmetic coding, if anything is. */
function conditioningFault(bytes: Uint8Array, at: number, next: number): Fault | undefined {
  for (let from = at + 4; from < next; from += 2) {
    const [table, bounds] = bytes.subarray(from);
    if (table > 31) {
      return fault(`${nameOf(bytes, at)} has a table ${table}, wanted 0 to 31.`, from);
    }
    if (table < 16 && (bounds & 15) > bounds >> 4) {
      return fault(`${nameOf(bytes, at)} has a bound above the upper one.`, from + 1);
    }
  }
  return (next - at) % 2 === 0 ? undefined : wrongLength(bytes, at);
}

function nameOf(bytes: Uint8Array, at: number): string {
  return `${segmentName(bytes[at + 1])} at byte ${at}`;
}

function wrongLength(bytes: Uint8Array, at: number): Fault {
  const length = (bytes[at + 2] << 8) | bytes[at + 3];
  return fault(`${nameOf(bytes, at)} has the wrong length ${length}.`, at);
}

function impossibleTable(bytes: Uint8Array, at: number, offset: number): Fault {
  return fault(`${nameOf(bytes, at)} has a table that no code can have.`, offset);
}

function wrongTable(bytes: Uint8Array, at: number, offset: number): Fault {
  const table = bytes[offset] & ~AC;
  return fault(`${nameOf(bytes, at)} has a table ${table}, wanted 0 to ${MAX_TABLE}.`, offset);
}
