// Rows of a file of JSON objects, one per line: NDJSON, JSON Lines (control path).
import { isUtf8 } from 'node:buffer';
import { messageOf } from '../../core/errors.ts';
import { LOAD_ROW_BYTES_MAX } from '../../core/log-limits.ts';
import type { FileBytes, FileRow, RowFile } from '../../ports/row-file.ts';
import { rowTooLong } from './row-bounds.ts';
import { parseWideJson } from '../../core/wide-json.ts';

const NEWLINE = 0x0a;
const LIST = ': write the objects of a list line by line, for example with jq -c .[]';
/** UTF-8's byte order mark. */
const MARK = Buffer.from([0xef, 0xbb, 0xbf]);

export function jsonRows(bytes: FileBytes): RowFile {
  return {
    counts: 'line',
    columns: null,
    share: () => bytes.share(),
    rows: () => rowsOf(bytes),
    close: async () => bytes.close(),
  };
}

async function* rowsOf({ name, chunks }: FileBytes): AsyncGenerator<FileRow[]> {
  let rest: Buffer = Buffer.alloc(0);
  let line = 0;
  for await (const chunk of chunks) {
    const rows: FileRow[] = [];
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      const part = chunk.subarray(from, end);
      line += 1;
      addRow(rows, line, rest.length === 0 ? part : Buffer.concat([rest, part]));
      rest = rest.subarray(rest.length);
      from = end + 1;
    }
    rest = Buffer.concat([rest, chunk.subarray(from)]);
    if (rest.length > LOAD_ROW_BYTES_MAX) throw rowTooLong(name, line + 1);
    if (rows.length > 0) yield rows;
  }
  const last: FileRow[] = [];
  addRow(last, line + 1, rest);
  if (last.length > 0) yield last;
}

/** Empty lines are no rows. */
function addRow(rows: FileRow[], place: number, bytes: Buffer): void {
  const own =
    place === 1 && bytes.subarray(0, MARK.length).equals(MARK) ? bytes.subarray(MARK.length) : bytes;
  const text = own.toString().trim();
  if (text === '') return;
  try {
    if (!isUtf8(own)) throw new SyntaxError('the line is not UTF-8');
    const values = parseWideJson(text);
    if (typeof values !== 'object' || values === null || Array.isArray(values))
      throw new SyntaxError(`the line is no JSON object${text.startsWith('[') ? LIST : ''}`);
    rows.push({ place, values });
  } catch (error) {
    rows.push({ place, values: null, fault: messageOf(error), text });
  }
}
