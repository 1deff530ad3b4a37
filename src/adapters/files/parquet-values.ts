// The values of Parquet columns as rows have them (control path). hyparquet makes a number of every decimal, rounds instants
// before 1970 up, and replaces bytes that are no UTF-8: here no digit and no byte is lost.
// Source: https://github.com/apache/parquet-format/blob/master/LogicalTypes.md
import type { FileMetaData, ParquetParsers, SchemaElement } from 'hyparquet';

const MICROS_PER_MS = 1_000n;
const NANOS_PER_MS = 1_000_000n;

/** Digits behind the point of a decimal that is read: writers have 76 digits at most, and text takes time. */
const SCALE_MAX = 1_000;

/** A leading U+FEFF is a character of the text. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The bytes themselves where they are no text, as of a column that is not said to be text: a column of bytes takes them. */
function textOf(bytes: Uint8Array): unknown {
  try {
    return utf8.decode(bytes);
  } catch {
    return bytes;
  }
}

function jsonOf(bytes: Uint8Array): unknown {
  const text = textOf(bytes);
  if (typeof text !== 'string') return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function instant(value: bigint, perMs: bigint): Date {
  const ms = value / perMs;
  return new Date(Number(value < 0n && value % perMs !== 0n ? ms - 1n : ms));
}

export const parsers: Partial<ParquetParsers> = {
  stringFromBytes: textOf,
  jsonFromBytes: jsonOf,
  timestampFromMicroseconds: (micros) => instant(micros, MICROS_PER_MS),
  timestampFromNanoseconds: (nanos) => instant(nanos, NANOS_PER_MS),
};

/** Digits behind the point, by the name of the column. */
export type DecimalScales = ReadonlyMap<string, number>;

/**
 * Makes hyparquet return the unscaled values of decimal columns, those within others excepted.
 * @param metadata is changed: in the schema these columns are none of decimals any more
 */
export function takeDecimals({ schema }: Pick<FileMetaData, 'schema'>): DecimalScales {
  const scales = new Map<string, number>();
  for (const element of topLevel(schema)) {
    const { name, scale = 0, repetition_type: repetition, num_children: children } = element;
    const isDecimal = element.converted_type === 'DECIMAL' || element.logical_type?.type === 'DECIMAL';
    const isLeaf = (children ?? 0) === 0 && repetition !== 'REPEATED';
    if (!isDecimal || !isLeaf || !(scale >= 0 && scale <= SCALE_MAX)) continue;
    scales.set(name, scale);
    delete element.converted_type;
    delete element.logical_type;
  }
  return scales;
}

/** The schema is the tree, depth first, with its root. */
function* topLevel(schema: readonly SchemaElement[]): Generator<SchemaElement> {
  let at = 1;
  while (at < schema.length) {
    yield schema[at] as SchemaElement;
    let open = 1;
    while (open > 0 && at < schema.length) open += ((schema[at++] as SchemaElement).num_children ?? 0) - 1;
  }
}
