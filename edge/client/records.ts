// Records as they come out of an answer's body, whatever pieces the network made of them.

import {
  FRAME_HEADER_BYTES,
  readRecordHeader,
  type RecordHeader,
} from "../../shared/wire_frame.ts";

/** One record. */
export interface ReceivedRecord {
  readonly header: RecordHeader;
  readonly content: Uint8Array<ArrayBuffer>;
}

/**
 * The records of a body.
 *
 * @param onPart Called with each piece: the record under way, the bytes of it that are here, and the
 *   bytes read in all.
 * @throws Where the body holds something else, or ends inside a record.
 */
export async function* records(
  body: ReadableStream<Uint8Array>,
  onPart: (header: RecordHeader, got: number, total: number) => void = () => {},
): AsyncGenerator<ReceivedRecord> {
  const reader = body.getReader();
  const head = new Uint8Array(FRAME_HEADER_BYTES);
  let header: RecordHeader | undefined;
  let content = head;
  let got = 0;
  let total = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done && (header || got > 0)) throw new Error("The answer broke off");
      if (done) return;
      for (let at = 0; at < value.length;) {
        const piece = value.subarray(at, at + content.length - got);
        content.set(piece, got);
        at += piece.length;
        got += piece.length;
        total += piece.length;
        if (header) onPart(header, got, total);
        if (got < content.length) continue;
        if (header) {
          yield { header, content };
          header = undefined;
          content = head;
        } else {
          header = readRecordHeader(head);
          if (!header) throw new Error("The answer holds no records");
          content = new Uint8Array(header.length);
        }
        got = 0;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
