// Port: encoding and decoding of the records that Millrace itself writes, by schema. Events of a source are decoded by
// its format (see ./format.ts).
import type { ByteColumn } from '../core/byte-column.ts';

/** Encodes values of one subject in Confluent wire format: magic byte, schema id, Avro binary. */
export interface RecordEncoder<T> {
  encode(value: T): Buffer;
}

/** One field of many records. Integers are truncated to their type; `numbered` is text: the prefix followed by
 * the place of a row, as `placeText` writes it. */
export type OutputColumn =
  | { readonly kind: 'numbers'; readonly values: Float64Array | Float32Array | Uint8Array }
  | { readonly kind: 'strings'; readonly values: readonly string[] }
  | { readonly kind: 'numbered'; readonly prefix: string; readonly values: Float64Array }
  | { readonly kind: 'same'; readonly value: string };

/** Encodes columns as records of one subject, in the same framing as RecordEncoder. */
export interface ColumnEncoder {
  /**
   * Encodes rows [from, to).
   * @throws SCHEMA_INVALID if a field has no column of its type
   */
  encode(columns: Readonly<Record<string, OutputColumn>>, from: number, to: number): ByteColumn;
}

export interface RecordDecoder<T> {
  /** Throws MillraceError EVENT_NOT_FRAMED, EVENT_MALFORMED or SCHEMA_UNKNOWN. */
  decode(bytes: Buffer): Promise<T>;
}

export interface SchemaCodec {
  encoder<T>(subject: string): Promise<RecordEncoder<T>>;
  /** Throws SCHEMA_INVALID for fields other than numbers and strings that are never null. */
  columnEncoder(subject: string): Promise<ColumnEncoder>;
  decoder<T>(subject: string): Promise<RecordDecoder<T>>;
  close(): Promise<void>;
}
