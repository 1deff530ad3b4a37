/** The little that an HTTP front must know about a statement: its format, its insert target, where it ends. Control path. */

/** String literals, quoted names and comments: what stands inside them is no SQL. */
const OPAQUE =
  /'(?:[^'\\]+|\\[\s\S])*'|"(?:[^"\\]+|\\[\s\S])*"|`(?:[^`\\]+|\\[\s\S])*`|--[^\n]*|\/\*[\s\S]*?\*\//g;

const INSERT =
  /^\s*INSERT\s+INTO\s+(?:TABLE\s+)?((?:`?\w+`?\.)?`?\w+`?)\s*(?:\(([\w\s,`]*)\))?\s*FORMAT\s+(\w+)\s*;?\s*$/i;

const BINARY_FORMATS = /^(native|rowbinary|arrow|parquet|orc|avro|protobuf|msgpack|capnproto|bson|npy)/i;

export interface InsertTarget {
  table: string;
  columns: string[] | null;
  format: string;
}

/** Table, columns and format of `INSERT INTO t [(a, b)] FORMAT F`; null for any other statement. */
export function parseInsert(sql: string): InsertTarget | null {
  const match = INSERT.exec(sql);
  if (match === null) return null;
  const [, table = '', columns, format = ''] = match;
  return {
    table: table.replaceAll('`', ''),
    columns: columns === undefined ? null : columns.split(',').map((name) => name.replaceAll('`', '').trim()),
    format,
  };
}

/** `INSERT ... FORMAT F` at the beginning of a body, up to the white space before its rows. */
const INSERT_HEAD =
  /^\s*INSERT\s+INTO\s[^'"();]*(?:\([^'"();]*\)\s*)?\bFORMAT\s+\w+[ \t]*(?:\r?\n|(?=[[{]))/i;
/** An insert's head is names alone: a few thousand columns fit. */
const HEAD_BYTES_MAX = 65_536;

/** Splits a body that holds an INSERT and its rows; null when it's another statement, or the rows stand elsewhere. */
export function splitInsert(body: Buffer): { sql: string; data: Buffer } | null {
  // latin1: one character a byte, so that the match's length is an offset into the body
  const match = INSERT_HEAD.exec(body.toString('latin1', 0, HEAD_BYTES_MAX));
  if (match === null) return null;
  const length = match[0].length;
  return { sql: body.toString('utf8', 0, length), data: body.subarray(length) };
}

/** True for an INSERT whose data stand behind it: in the request's body, or in the statement's own text. */
export function isInsertWithData(sql: string): boolean {
  return /^\s*INSERT\s/i.test(sql) && /\b(FORMAT|VALUES)\b/i.test(sql.replace(OPAQUE, ' '));
}

/** The format named at the end of a query, or null. */
export function formatOf(sql: string): string | null {
  const match = /\bFORMAT\s+(\w+)\s*(?:SETTINGS\b[^;]*)?;?\s*$/i.exec(sql.replace(OPAQUE, ' '));
  return match?.[1] ?? null;
}

/** True when something follows a semicolon: ClickHouse takes one statement a request. */
export function hasSecondStatement(sql: string): boolean {
  return (
    !isInsertWithData(sql) &&
    /;\s*[^\s;]/.test(sql.replace(OPAQUE, (text) => (/^['"`]/.test(text) ? 'x' : ' ')))
  );
}

/** True for formats whose bytes are no text. */
export function isBinaryFormat(format: string): boolean {
  return BINARY_FORMATS.test(format);
}

/** A SQL string literal. */
export function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

export function contentType(format: string): string {
  if (/^JSON.*EachRow|^NDJSON/i.test(format)) return 'application/x-ndjson; charset=UTF-8';
  if (/^JSON/i.test(format)) return 'application/json; charset=UTF-8';
  if (/^CSV/i.test(format)) return 'text/csv; charset=UTF-8; header=absent';
  if (/^(TSV|TabSeparated)/i.test(format)) return 'text/tab-separated-values; charset=UTF-8';
  return isBinaryFormat(format) ? 'application/octet-stream' : 'text/plain; charset=UTF-8';
}
