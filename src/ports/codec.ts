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
  | { readonly kind: 'same'; readonly value: string }
  /** One of a few texts. */
  | { readonly kind: 'chosen'; readonly names: readonly string[]; readonly values: Uint16Array }
  /** An array of Float32 each, row-major. */
  | { readonly kind: 'vectors'; readonly width: number; readonly values: Float32Array };

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
  /**
   * Throws SCHEMA_INVALID for fields other than numbers, strings and arrays of floats that are never null.
   * @param schemaOf the subject whose schema file is used; by default the same
   */
  columnEncoder(subject: string, schemaOf?: string): Promise<ColumnEncoder>;
  decoder<T>(subject: string, schemaOf?: string): Promise<RecordDecoder<T>>;
  close(): Promise<void>;
}
