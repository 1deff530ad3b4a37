// Records of the topic of answers (hot path, once a batch): features of a hop for events of one partition of the source.
// Little-endian: version (1 byte), 3 bytes of zeros, features of an answer (4), fingerprint of their declaration (8, a
// Float64), then for each event its offset (8, a Float64), then for each event its features (4 each, Float32). The key is
// the name of the hop, with the mark of the source's topic: answers to the events of an earlier topic of its name are of no use. Without features: they cannot be had for these events.
import type { LogRecord } from '../../ports/event-log.ts';
import type { RecordFault } from '../../ports/quarantine.ts';

const VERSION = 1;
const WIDTH_AT = 4;
const FINGERPRINT_AT = 8;
const HEAD_BYTES = 16;
const OFFSET_BYTES = 8;
const FEATURE_BYTES = 4;

/** Bytes of the events of one record: far below what any topic accepts. */
const RECORD_BYTES_MAX = 262_144;

/** Answers to `offsets.length` events. */
export interface Answers {
  readonly fingerprint: number;
  readonly width: number;
  readonly offsets: Float64Array;
  /** Row-major, `width` each. */
  readonly values: Float32Array;
}

/** Records with at most as many events as a topic accepts. */
export function answerRecords(
  key: Buffer,
  partition: number,
  timestampMs: number,
  { fingerprint, width, offsets, values }: Answers,
): LogRecord[] {
  const rowsMax = Math.floor(RECORD_BYTES_MAX / (OFFSET_BYTES + width * FEATURE_BYTES));
  const records: LogRecord[] = [];
  for (let from = 0; from < offsets.length; from += rowsMax) {
    const to = Math.min(from + rowsMax, offsets.length);
    const valuesAt = HEAD_BYTES + (to - from) * OFFSET_BYTES;
    const value = Buffer.alloc(valuesAt + (to - from) * width * FEATURE_BYTES);
    value.writeUInt8(VERSION, 0);
    value.writeUInt32LE(width, WIDTH_AT);
    value.writeDoubleLE(fingerprint, FINGERPRINT_AT);
    for (let i = from; i < to; i++)
      value.writeDoubleLE(offsets[i] as number, HEAD_BYTES + (i - from) * OFFSET_BYTES);
    for (let i = from * width; i < to * width; i++)
      value.writeFloatLE(values[i] as number, valuesAt + (i - from * width) * FEATURE_BYTES);
    records.push({ key, value, timestampMs, partition });
  }
  return records;
}

export class AnswerReader {
  readonly width: number;
  readonly fingerprint: number;
  readonly count: number;
  readonly #bytes: Buffer;

  /** @param bytes for which `answerFault` is null */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.width = bytes.readUInt32LE(WIDTH_AT);
    this.fingerprint = bytes.readDoubleLE(FINGERPRINT_AT);
    this.count = (bytes.length - HEAD_BYTES) / (OFFSET_BYTES + this.width * FEATURE_BYTES);
  }

  offset(i: number): number {
    return this.#bytes.readDoubleLE(HEAD_BYTES + i * OFFSET_BYTES);
  }

  /** The highest offset. */
  get last(): number {
    let last = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < this.count; i++) last = Math.max(last, this.offset(i));
    return last;
  }

  /** Copies the features of an event. */
  copy(i: number, into: Float32Array, at: number): void {
    const from = HEAD_BYTES + this.count * OFFSET_BYTES + i * this.width * FEATURE_BYTES;
    for (let f = 0; f < this.width; f++) into[at + f] = this.#bytes.readFloatLE(from + f * FEATURE_BYTES);
  }
}

/** What is wrong with the bytes of a record; null if an engine can have written them. */
export function answerFault(bytes: Buffer, widthMax: number): RecordFault | null {
  if (bytes.length < HEAD_BYTES) return { reason: 'malformed', detail: `it has ${bytes.length} bytes` };
  const version = bytes.readUInt8(0);
  if (version !== VERSION) return { reason: 'version', detail: `its version is ${version}` };
  const width = bytes.readUInt32LE(WIDTH_AT);
  if (width > widthMax) return { reason: 'range', detail: `it has ${width} features` };
  if ((bytes.length - HEAD_BYTES) % (OFFSET_BYTES + width * FEATURE_BYTES) !== 0)
    return { reason: 'malformed', detail: 'it ends within an answer' };
  return null;
}
