// What reading JSON costs with JSON.parse for each event (control path): the figure that the own reader stands beside.
import type { ColumnBuilder, EventDecoder, Format, RawBatch, Schema } from '../../src/index.ts';

class ParsingDecoder implements EventDecoder {
  readonly schema: Schema;
  readonly fillsRows = true;
  readonly #columns: ReadonlyArray<readonly [name: string, isNumber: boolean]>;

  constructor(schema: Schema) {
    this.schema = schema;
    this.#columns = Object.entries(schema).map(([name, { kind }]) => [name, kind === 'number']);
  }

  decode({ values }: RawBatch, from: number, to: number, into: ColumnBuilder): void {
    const { bytes, starts, ends } = values;
    for (let index = from; index < to; index++) {
      const event = JSON.parse(bytes.toString('utf8', starts[index], ends[index])) as Record<string, unknown>;
      for (const [column, [name, isNumber]] of this.#columns.entries()) {
        if (isNumber) into.setNumber(column, event[name] as number);
        else into.setString(column, event[name] as string);
      }
      into.accept(index);
    }
  }
}

/** For the bench's own events alone: it checks nothing. */
export function parsedJson(): Format {
  return { name: 'JSON.parse', decoder: async ({ columns }) => new ParsingDecoder(columns ?? {}) };
}
