// Port: encoding and decoding of records by schema.
import type { Batch, RawBatch } from '../core/batch.ts';
import type { ByteColumn } from '../core/byte-column.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { Schema } from '../core/schema.ts';

/** A record that did not decode: index into the RawBatch. */
export interface UndecodableRow {
  readonly index: number;
  readonly code: ErrorCode;
  readonly message: string;
}

export interface DecodedBatch {
  readonly batch: Batch;
  readonly failures: readonly UndecodableRow[];
}

/**
 * Decodes one topic's records into columns. Synchronous once the ids in the batch are known: `prepare` resolves
 * when they are (one registry call an unknown id) and returns undefined at once when nothing is to be awaited.
 */
export interface BatchDecoder {
  /** Columns of the reader's schema. */
  readonly schema: Schema;
  prepare(raw: RawBatch): Promise<void> | undefined;
  /** `rawFrom`..`rawTo`: the part of `raw` to decode. */
  decode(raw: RawBatch, rawFrom: number, rawTo: number): DecodedBatch;
}

/** Encodes values of one subject in Confluent wire format: magic byte, schema id, Avro binary. */
export interface RecordEncoder<T> {
  encode(value: T): Buffer;
}

/** One field of many records. Whole numbers are cut to their type; `numbered` is text: the prefix, then the number. */
export type OutputColumn =
  | { readonly kind: 'numbers'; readonly values: Float64Array | Float32Array | Uint8Array }
  | { readonly kind: 'strings'; readonly values: readonly string[] }
  | { readonly kind: 'numbered'; readonly prefix: string; readonly values: Float64Array }
  | { readonly kind: 'same'; readonly value: string };

/** Encodes columns as records of one subject, framed as RecordEncoder does. */
export interface ColumnEncoder {
  /**
   * Rows [from, to).
   * @throws SCHEMA_INVALID where a field has no column of its type
   */
  encode(columns: Readonly<Record<string, OutputColumn>>, from: number, to: number): ByteColumn;
}

export interface RecordDecoder<T> {
  /** Throws MillraceError EVENT_NOT_FRAMED, EVENT_MALFORMED or SCHEMA_UNKNOWN. */
  decode(bytes: Buffer): Promise<T>;
}

export interface SchemaCodec {
  /** `eventTime` names the column that holds event time (ms). Throws SCHEMA_INVALID or TOPOLOGY_INVALID. */
  batchDecoder(subject: string, eventTime: string): Promise<BatchDecoder>;
  encoder<T>(subject: string): Promise<RecordEncoder<T>>;
  /** Throws SCHEMA_INVALID for fields other than numbers and strings that are never null. */
  columnEncoder(subject: string): Promise<ColumnEncoder>;
  decoder<T>(subject: string): Promise<RecordDecoder<T>>;
  close(): Promise<void>;
}
