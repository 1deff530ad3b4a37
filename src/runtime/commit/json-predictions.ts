// Predictions as JSON objects (hot path, once per batch), for topologies whose consumers have no schema registry. Texts
// that need no escape are written as they are; numbers cost a short string each.
import { ByteColumn } from '../../core/byte-column.ts';
import { placeText } from '../../core/place.ts';
import { TEXT_BYTES_PER_UNIT_MAX, writeText } from '../../core/text-bytes.ts';
import type { ColumnEncoder, OutputColumn } from '../../ports/codec.ts';

/** Bytes that one byte of a text takes at most: a control character is written `\u0000`. */
export const JSON_BYTES_PER_TEXT_BYTE_MAX = 6;

/** A Float64 has up to 24 characters; a member has quotes, a colon and a comma besides. */
const MEMBER_BYTES_MAX = 32;
// eslint-disable-next-line no-control-regex
const NEEDS_ESCAPE = /["\\\u0000-\u001f\ud800-\udfff]/;

/** One column, with what stands before each of its values. */
interface Member {
  readonly head: string;
  readonly column: OutputColumn;
}

export const jsonPredictions: ColumnEncoder = {
  encode(columns, from, to) {
    const members = Object.entries(columns).map(([name, column], i): Member => {
      const fixed = column.kind === 'same' ? JSON.stringify(column.value) : '';
      return { head: `${i === 0 ? '{' : ','}${JSON.stringify(name)}:${fixed}`, column };
    });
    const bytes = Buffer.allocUnsafe(bytesMax(members, from, to));
    const starts = new Int32Array(to - from);
    const ends = new Int32Array(to - from);
    let at = 0;
    for (let row = from; row < to; row++) {
      starts[row - from] = at;
      for (const { head, column } of members) {
        at = writeText(bytes, at, head);
        if (column.kind === 'numbers') at = writeText(bytes, at, numberText(column.values[row] as number));
        else if (column.kind === 'strings') at = writeText(bytes, at, quoted(column.values[row] as string));
        else if (column.kind === 'chosen')
          at = writeText(bytes, at, quoted(column.names[column.values[row] as number] as string));
        else if (column.kind === 'vectors') at = writeText(bytes, at, vectorText(column, row));
        else if (column.kind === 'numbered')
          at = writeText(bytes, at, quoted(column.prefix + placeText(column.values[row] as number)));
      }
      bytes[at++] = 0x7d; // }
      ends[row - from] = at;
    }
    return new ByteColumn(bytes, starts, ends);
  },
};

function bytesMax(members: readonly Member[], from: number, to: number): number {
  let bytes = 0;
  for (const { head, column } of members) {
    const prefix = column.kind === 'numbered' ? column.prefix.length * JSON_BYTES_PER_TEXT_BYTE_MAX : 0;
    bytes += (to - from) * (MEMBER_BYTES_MAX + head.length * TEXT_BYTES_PER_UNIT_MAX + prefix);
    if (column.kind === 'vectors') bytes += (to - from) * column.width * MEMBER_BYTES_MAX;
    if (column.kind === 'chosen')
      bytes +=
        (to - from) * JSON_BYTES_PER_TEXT_BYTE_MAX * Math.max(...column.names.map(({ length }) => length));
    if (column.kind !== 'strings') continue;
    for (let row = from; row < to; row++)
      bytes += (column.values[row] as string).length * JSON_BYTES_PER_TEXT_BYTE_MAX;
  }
  return bytes;
}

function vectorText({ width, values }: Extract<OutputColumn, { kind: 'vectors' }>, row: number): string {
  let text = '[';
  for (let k = row * width; k < (row + 1) * width; k++)
    text += (text === '[' ? '' : ',') + numberText(values[k] as number);
  return `${text}]`;
}

function quoted(text: string): string {
  return NEEDS_ESCAPE.test(text) ? JSON.stringify(text) : `"${text}"`;
}

/** JSON has no infinity, and String loses the sign of zero. */
function numberText(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  return Number.isFinite(value) ? String(value) : 'null';
}
