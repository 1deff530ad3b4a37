// The rows of a request as blocks of records (control path): checked, encoded and dealt out to partitions as a producer of
// the source does.
import { setImmediate } from 'node:timers/promises';
import { ByteColumn } from '../../core/byte-column.ts';
import { isCode } from '../../core/errors.ts';
import {
  INGEST_FAULTS_MAX,
  INGEST_PIECE_MS_MAX,
  INGEST_ROWS_MAX,
  INGEST_SMALL_BYTES_MAX,
} from '../../core/port-limits.ts';
import { PartitionChoice } from '../../core/partition-choice.ts';
import type { RecordBlock } from '../../ports/event-log.ts';
import type { EventEncoder, EventRow } from '../../ports/format.ts';
import type { RowFault, SentRow, SentRows } from '../../ports/ingest.ts';
import type { RowReader } from './row-reader.ts';

/** Rows between two looks at the clock. */
const ROWS_A_LOOK = 64;
/** Characters of a reason: a suggestion lists columns. */
const REASON_CHARS_MAX = 300;

export interface RowEncoderParts {
  readonly reader: RowReader;
  readonly encoder: EventEncoder;
  /** The record key of an event; null if it has none. */
  readonly keyOf: (row: EventRow) => Buffer | null;
  /** Wall clock, ms. */
  readonly nowMs: () => number;
}

/** What one request becomes. */
export interface EncodedRows {
  readonly blocks: readonly RecordBlock[];
  readonly accepted: number;
  readonly rejected: number;
  readonly faults: readonly RowFault[];
  /** Bytes of the records. */
  readonly bytes: number;
  /** There are more than INGEST_ROWS_MAX: the others were not looked at. */
  readonly isTooMany: boolean;
}

interface Part {
  readonly keys: Array<Buffer | null>;
  readonly values: Buffer[];
}

export class RowEncoder {
  readonly #parts: RowEncoderParts;
  readonly #choice = new PartitionChoice();
  /** Resolves after the large request before: one at a time has all of its rows as objects. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: RowEncoderParts) {
    this.#parts = parts;
  }

  /**
   * @param partitions of the topic
   * @param recordBytesMax of the key and the value of a record
   */
  encode(sent: SentRows, partitions: number, recordBytesMax: number): Promise<EncodedRows> {
    const encode = (): Promise<EncodedRows> => this.#encode(sent, partitions, recordBytesMax);
    if (sent.bytes <= INGEST_SMALL_BYTES_MAX) return encode();
    const encoded = this.#turn.then(encode);
    this.#turn = encoded.catch(() => undefined);
    return encoded;
  }

  async #encode(
    { rows, bytes: bodyBytes }: SentRows,
    partitions: number,
    recordBytesMax: number,
  ): Promise<EncodedRows> {
    const request = new RequestRows(this.#parts, recordBytesMax);
    const parts = new Map<number, Part>();
    let pieceMs = performance.now();
    let isTooMany = false;
    for (const sent of rows) {
      if (request.rows === INGEST_ROWS_MAX) {
        isTooMany = true;
        break;
      }
      if (request.take(sent)) {
        const { key, value } = request;
        const partition = this.#choice.of({ key }, partitions);
        let part = parts.get(partition);
        if (part === undefined) parts.set(partition, (part = { keys: [], values: [] }));
        part.keys.push(key);
        part.values.push(value);
      }
      if (bodyBytes <= INGEST_SMALL_BYTES_MAX || request.rows % ROWS_A_LOOK !== 0) continue;
      if (performance.now() - pieceMs < INGEST_PIECE_MS_MAX) continue;
      await setImmediate();
      pieceMs = performance.now();
    }
    const nowMs = this.#parts.nowMs();
    const blocks = [...parts].map(([partition, { keys, values }]) => ({
      partition,
      timestampMs: new Float64Array(values.length).fill(nowMs),
      keys: ByteColumn.of(keys),
      values: ByteColumn.of(values),
    }));
    const { accepted, rejected, faults, bytes } = request;
    return { blocks, accepted, rejected, faults, bytes, isTooMany };
  }
}

/** The rows of one request, one after the other. */
class RequestRows {
  readonly #parts: RowEncoderParts;
  readonly #recordBytesMax: number;
  readonly faults: RowFault[] = [];
  accepted = 0;
  rejected = 0;
  bytes = 0;
  /** Of the last row that was accepted. */
  key: Buffer | null = null;
  value: Buffer = Buffer.alloc(0);

  constructor(parts: RowEncoderParts, recordBytesMax: number) {
    this.#parts = parts;
    this.#recordBytesMax = recordBytesMax;
  }

  get rows(): number {
    return this.accepted + this.rejected;
  }

  /** Whether the row is accepted. */
  take(sent: SentRow): boolean {
    const { reader, encoder, keyOf } = this.#parts;
    if (sent.reason !== undefined) return this.#refuse(sent, null, () => sent.reason ?? '');
    const row = reader.read(sent.value, sent.time);
    if (row === null) return this.#refuse(sent, reader.column, () => reader.reason);
    try {
      this.value = encoder.encode(row);
    } catch (error) {
      if (!isCode(error, 'SCHEMA_INVALID')) throw error;
      const column = encoder.misfit?.(row) ?? null;
      return this.#refuse(sent, column, () => misfitReason(row, column));
    }
    this.key = keyOf(row);
    const recordBytes = this.value.length + (this.key?.length ?? 0);
    const max = this.#recordBytesMax;
    if (recordBytes > max)
      return this.#refuse(sent, null, () => `it takes ${recordBytes} bytes, and the topic accepts ${max}`);
    this.accepted += 1;
    this.bytes += recordBytes;
    return true;
  }

  #refuse({ line }: SentRow, column: string | null, reason: () => string): boolean {
    if (this.faults.length < INGEST_FAULTS_MAX)
      this.faults.push({ row: this.rows, line, column, reason: reason().slice(0, REASON_CHARS_MAX) });
    this.rejected += 1;
    return false;
  }
}

function misfitReason(row: EventRow, column: string | null): string {
  if (column === null) return 'it does not fit the schema of the source';
  return row[column] === undefined ? 'it is missing' : 'it is no value of its type';
}
