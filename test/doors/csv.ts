// A source format that is written outside src: CSV lines with the columns that the source declares.
import {
  MillraceError,
  type ColumnBuilder,
  type EventDecoder,
  type Format,
  type RawBatch,
  type Schema,
} from 'millrace';

const COMMA = 44;

/** One line per record, without quotes. An empty cell is null. */
export function csv(): Format {
  return {
    name: 'csv',
    decoder: async ({ topic, columns }) => new CsvDecoder(declared(columns, topic)),
    encoder: async ({ topic, columns }) => {
      const names = Object.keys(declared(columns, topic));
      return { encode: (event) => Buffer.from(names.map((name) => event[name] ?? '').join(',')) };
    },
  };
}

function declared(columns: Schema | null, topic: string): Schema {
  if (columns !== null) return columns;
  throw new MillraceError('SCHEMA_INVALID', 'CSV has no column names', {
    where: `source ${topic}`,
    remedy: 'Declare the columns: source(topic, { schema: { ... } }).',
  });
}

class CsvDecoder implements EventDecoder {
  readonly schema: Schema;
  readonly #isNumber: readonly boolean[];

  constructor(schema: Schema) {
    this.schema = schema;
    this.#isNumber = Object.values(schema).map(({ kind }) => kind === 'number');
  }

  decode({ values }: RawBatch, from: number, to: number, into: ColumnBuilder): void {
    const { bytes, starts, ends } = values;
    for (let index = from; index < to; index++) {
      const fault = this.#read(bytes, starts[index]!, ends[index]!, into);
      if (fault === null) into.accept(index);
      else into.reject(index, 'EVENT_MALFORMED', fault);
    }
  }

  /** Sets the columns of one line; returns what is wrong with it, or null. */
  #read(bytes: Buffer, from: number, to: number, into: ColumnBuilder): string | null {
    if (from < 0) return 'the record has no value';
    let column = 0;
    for (let start = from, at = from; at <= to; at++) {
      if (at < to && bytes[at] !== COMMA) continue;
      if (column === this.#isNumber.length) return `the line has more than ${column} cells`;
      if (at > start && !this.#set(column, bytes, start, at, into)) return `cell ${column + 1} is not valid`;
      column += 1;
      start = at + 1;
    }
    return column === this.#isNumber.length ? null : `the line has ${column} cells`;
  }

  #set(column: number, bytes: Buffer, from: number, to: number, into: ColumnBuilder): boolean {
    if (this.#isNumber[column] !== true) return into.setUtf8(column, bytes, from, to);
    const value = Number(bytes.toString('latin1', from, to));
    into.setNumber(column, value);
    return Number.isFinite(value);
  }
}
