// The container of the demo's data (control path): named typed-array columns and dictionaries in one
// brotli-compressed file. Small enough to commit, fast enough to load whole, the same bytes on every remake.

import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';

import { MillraceError, messageOf } from '../src/core/errors.ts';

/**
 * How a column is stored, and what it is loaded as:
 * - `u8`: Uint8Array
 * - `u16`, `i16`: Uint16Array, Int16Array; all low bytes, then all high bytes, which compresses better
 * - `ascending`: Uint32Array that never falls; unsigned LEB128 of the differences, the first one to zero
 */
export type Column =
  | { readonly coding: 'u8'; readonly values: Uint8Array }
  | { readonly coding: 'u16'; readonly values: Uint16Array }
  | { readonly coding: 'i16'; readonly values: Int16Array }
  | { readonly coding: 'ascending'; readonly values: Uint32Array };

export interface Table {
  readonly rowCount: number;
  readonly columns: Readonly<Record<string, Column>>;
  readonly dictionaries: Readonly<Record<string, readonly (string | number)[]>>;
}

export type Tables = Readonly<Record<string, Table>>;

interface ColumnEntry {
  readonly name: string;
  readonly coding: Column['coding'];
  readonly bytes: number;
}

interface TableEntry {
  readonly name: string;
  readonly rowCount: number;
  readonly columns: readonly ColumnEntry[];
  readonly dictionaries: Table['dictionaries'];
}

const magic = 'MRC1';
const prefixBytes = 8; // the magic, then the header's length as uint32, little-endian

/** The uncompressed file: magic, header length, JSON header, then the columns' bytes in the header's order. */
export function encodeTables(tables: Tables): Buffer {
  const bodies: Uint8Array[] = [];
  const header: TableEntry[] = Object.entries(tables).map(([name, table]) => ({
    name,
    rowCount: table.rowCount,
    columns: Object.entries(table.columns).map(([columnName, column]) => {
      const body = encodeColumn(column);
      bodies.push(body);
      return { name: columnName, coding: column.coding, bytes: body.length };
    }),
    dictionaries: table.dictionaries,
  }));
  const json = Buffer.from(JSON.stringify(header), 'utf8');
  const prefix = Buffer.alloc(prefixBytes);
  prefix.write(magic, 'latin1');
  prefix.writeUInt32LE(json.length, magic.length);
  return Buffer.concat([prefix, json, ...bodies]);
}

/** The inverse of encodeTables. Throws DATA_INVALID where the bytes are not such a file. */
export function decodeTables(raw: Buffer, where: string): Tables {
  if (raw.length < prefixBytes || raw.toString('latin1', 0, magic.length) !== magic) {
    throw damaged(`it does not begin with ${magic}`, where);
  }
  let at = prefixBytes + raw.readUInt32LE(magic.length);
  const header = JSON.parse(raw.toString('utf8', prefixBytes, at)) as TableEntry[]; // ours: the magic says so
  const tables: Record<string, Table> = {};
  for (const entry of header) {
    const columns: Record<string, Column> = {};
    for (const { name, coding, bytes } of entry.columns) {
      columns[name] = decodeColumn(raw.subarray(at, at + bytes), coding, entry.rowCount);
      at += bytes;
    }
    tables[entry.name] = { rowCount: entry.rowCount, columns, dictionaries: entry.dictionaries };
  }
  if (at !== raw.length) throw damaged(`its header promises ${at} bytes, it has ${raw.length}`, where);
  return tables;
}

/** Compresses at the highest quality: the bytes depend on the input and on the brotli of this Node alone. */
export function compress(raw: Buffer): Buffer {
  return brotliCompressSync(raw, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: raw.length,
    },
  });
}

/** The inverse of compress. Throws DATA_INVALID on bytes that are not brotli. */
export function decompress(file: Buffer, where: string): Buffer {
  try {
    return brotliDecompressSync(file);
  } catch (error) {
    throw damaged(messageOf(error), where, error);
  }
}

function damaged(why: string, where: string, cause?: unknown): MillraceError {
  return new MillraceError('DATA_INVALID', `the data file is damaged: ${why}`, {
    where,
    remedy: 'Restore it from the repository, or remake it as PROVENANCE.md beside it says.',
    cause,
  });
}

function encodeColumn(column: Column): Uint8Array {
  switch (column.coding) {
    case 'u8':
      return column.values;
    case 'u16':
    case 'i16': {
      const { length } = column.values;
      const planes = new Uint8Array(length * 2);
      column.values.forEach((value, row) => {
        planes[row] = value & 0xff;
        planes[length + row] = (value >> 8) & 0xff;
      });
      return planes;
    }
    case 'ascending':
      return encodeAscending(column.values);
  }
}

function encodeAscending(values: Uint32Array): Uint8Array {
  const bytes: number[] = [];
  let previous = 0;
  for (const value of values) {
    if (value < previous) throw new RangeError(`an ascending column falls from ${previous} to ${value}`);
    let rest = value - previous;
    while (rest > 0x7f) {
      bytes.push((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    bytes.push(rest);
    previous = value;
  }
  return Uint8Array.from(bytes);
}

function decodeColumn(bytes: Uint8Array, coding: Column['coding'], rowCount: number): Column {
  switch (coding) {
    case 'u8':
      return { coding, values: Uint8Array.from(bytes) };
    case 'u16':
      return { coding, values: joinPlanes(bytes, new Uint16Array(rowCount)) };
    case 'i16':
      return { coding, values: joinPlanes(bytes, new Int16Array(rowCount)) };
    case 'ascending':
      return { coding, values: decodeAscending(bytes, new Uint32Array(rowCount)) };
  }
}

function decodeAscending(bytes: Uint8Array, into: Uint32Array): Uint32Array {
  let at = 0;
  let value = 0;
  for (let row = 0; row < into.length; row += 1) {
    let shift = 0;
    let byte = 0;
    do {
      byte = bytes[at] ?? 0;
      at += 1;
      value += (byte & 0x7f) * 2 ** shift; // not <<: the first difference may need the 32nd bit
      shift += 7;
    } while (byte > 0x7f);
    into[row] = value;
  }
  return into;
}

function joinPlanes<T extends Uint16Array | Int16Array>(planes: Uint8Array, into: T): T {
  const { length } = into;
  for (let row = 0; row < length; row += 1) {
    into[row] = (planes[row] ?? 0) | ((planes[length + row] ?? 0) << 8);
  }
  return into;
}
