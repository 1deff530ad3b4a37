// Writes records of one schema from columns (hot path): the inverse of ColumnarReader, without an object, string or buffer
// per record. Source of the encoding: https://avro.apache.org/docs/1.12.0/specification/#binary-encoding
import { ByteColumn } from '../../core/byte-column.ts';
import { MillraceError } from '../../core/errors.ts';
import { itemOfPlace, ITEM_TEXT_LENGTH_MAX, offsetOfPlace } from '../../core/place.ts';
import {
  copyBytes,
  digitCount,
  DIGITS_MAX,
  textBytesMax,
  writeDigits,
  writeText,
} from '../../core/text-bytes.ts';
import { VARINT_BYTES_MAX, writeVarint, writeVarlong } from '../../core/varint.ts';
import type { ColumnEncoder, OutputColumn } from '../../ports/codec.ts';
import {
  OP_DOUBLE,
  OP_FLOAT,
  OP_INT,
  OP_LENGTH,
  OP_LONG,
  OP_STRING,
  planColumns,
  type FieldPlan,
} from './column-plan.ts';
import type { SubjectSchema } from './subject-schema.ts';
import { FRAME_BYTES, writeFrame } from '../shared/wire-format.ts';

/** The column of one field, prepared for writing. */
interface Source {
  readonly op: number;
  readonly numbers: ArrayLike<number>;
  /** Null if the rows have no text of their own. */
  readonly texts: readonly string[] | null;
  /** The start of each text; the whole text if there are no numbers. */
  readonly prefix: Buffer;
  readonly isNumbered: boolean;
  /** Of one of a few texts: its bytes, by number. */
  readonly chosen: readonly Buffer[];
  /** Of an array: its items; 0 for what is none. */
  readonly width: number;
}

const NO_NUMBERS = new Float64Array(0);
const POINT = 0x2e;

export class ColumnarWriter implements ColumnEncoder {
  readonly #fields: readonly FieldPlan[];
  readonly #frame = Buffer.alloc(FRAME_BYTES);
  readonly #subject: string;

  /** @throws SCHEMA_INVALID for a schema with fields other than long, int, float, double, string and arrays of float */
  constructor({ subject, node }: SubjectSchema, schemaId: number) {
    this.#subject = subject;
    this.#fields = planColumns(node, subject).filter(({ op }) => op !== OP_LENGTH);
    for (const { name, op, nullBranch, list } of this.#fields) {
      const ops = list === null ? [OP_LONG, OP_INT, OP_FLOAT, OP_DOUBLE, OP_STRING] : [OP_FLOAT];
      if (nullBranch >= 0 || !ops.includes(op)) throw this.#misfit(name);
    }
    writeFrame(this.#frame, schemaId);
  }

  encode(columns: Readonly<Record<string, OutputColumn>>, from: number, to: number): ByteColumn {
    const sources = this.#fields.map((field) => this.#sourceOf(field, columns[field.name]));
    let bytesMax = (to - from) * rowBytesMax(sources);
    for (const { texts } of sources) if (texts !== null) bytesMax += textBytesMax(texts, from, to);
    const bytes = Buffer.allocUnsafe(bytesMax);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const starts = new Int32Array(to - from);
    const ends = new Int32Array(to - from);
    let at = 0;
    for (let row = from; row < to; row++) {
      starts[row - from] = at;
      at = copyBytes(this.#frame, bytes, at);
      for (const { op, numbers, texts, prefix, isNumbered, chosen, width } of sources) {
        if (width > 0) at = writeVector(view, bytes, at, numbers, row, width);
        else if (op === OP_STRING) {
          if (chosen.length > 0) {
            const text = chosen[numbers[row] as number] as Buffer;
            at = copyBytes(text, bytes, writeVarint(bytes, at, text.length));
          } else if (texts !== null) at = writeString(bytes, at, texts[row] as string);
          else if (isNumbered) at = writeNumbered(bytes, at, prefix, numbers[row] as number);
          else at = copyBytes(prefix, bytes, writeVarint(bytes, at, prefix.length));
        } else if (op === OP_FLOAT) {
          view.setFloat32(at, numbers[row] as number, true);
          at += 4;
        } else if (op === OP_DOUBLE) {
          view.setFloat64(at, numbers[row] as number, true);
          at += 8;
        } else at = writeVarlong(bytes, at, numbers[row] as number);
      }
      ends[row - from] = at;
    }
    return new ByteColumn(bytes, starts, ends);
  }

  #sourceOf({ name, op, list }: FieldPlan, column: OutputColumn | undefined): Source {
    if (column === undefined || (column.kind === 'vectors') !== (list !== null)) throw this.#misfit(name);
    const isNumber = column.kind === 'numbers' || column.kind === 'vectors';
    if (isNumber !== (op !== OP_STRING)) throw this.#misfit(name);
    const prefix = column.kind === 'numbered' ? column.prefix : column.kind === 'same' ? column.value : '';
    return {
      op,
      numbers: 'values' in column && column.kind !== 'strings' ? column.values : NO_NUMBERS,
      texts: column.kind === 'strings' ? column.values : null,
      prefix: Buffer.from(prefix),
      isNumbered: column.kind === 'numbered',
      chosen: column.kind === 'chosen' ? column.names.map((text) => Buffer.from(text)) : [],
      width: column.kind === 'vectors' ? column.width : 0,
    };
  }

  #misfit(field: string): MillraceError {
    return new MillraceError('SCHEMA_INVALID', 'columns cannot be written by this schema', {
      where: `${this.#subject}, field ${field}`,
      remedy: 'Give each field a column of its type: long, int, float, double, string or array of floats.',
    });
  }
}

/** Bytes of a row without the texts of its own, at most. */
function rowBytesMax(sources: readonly Source[]): number {
  let bytes = FRAME_BYTES;
  for (const { prefix, chosen, width } of sources) {
    const texts = chosen.reduce((most, { length }) => Math.max(most, length), 0);
    bytes += texts + 4 * width + VARINT_BYTES_MAX;
    bytes += VARINT_BYTES_MAX + prefix.length + DIGITS_MAX + ITEM_TEXT_LENGTH_MAX;
  }
  return bytes;
}

/** Writes the length as if the text were ASCII, which it mostly is, and writes both again if it is not. */
function writeString(into: Buffer, at: number, text: string): number {
  const start = writeVarint(into, at, text.length);
  const end = writeText(into, start, text);
  if (end - start === text.length) return end;
  return writeText(into, writeVarint(into, at, end - start), text);
}

function writeNumbered(into: Buffer, at: number, prefix: Buffer, value: number): number {
  const offset = offsetOfPlace(value);
  const digits = digitCount(offset);
  if (offset === value) {
    const start = copyBytes(prefix, into, writeVarint(into, at, prefix.length + digits));
    return writeDigits(into, start, offset, digits);
  }
  const item = itemOfPlace(value);
  const itemDigits = digitCount(item);
  const start = copyBytes(prefix, into, writeVarint(into, at, prefix.length + digits + 1 + itemDigits));
  const point = writeDigits(into, start, offset, digits);
  into[point] = POINT;
  return writeDigits(into, point + 1, item, itemDigits);
}

/** One block of all items, and the end of the blocks. */
function writeVector(
  view: DataView,
  into: Buffer,
  start: number,
  numbers: ArrayLike<number>,
  row: number,
  width: number,
): number {
  let at = writeVarint(into, start, width);
  for (let k = row * width, end = k + width; k < end; k++, at += 4)
    view.setFloat32(at, numbers[k] as number, true);
  into[at] = 0;
  return at + 1;
}
