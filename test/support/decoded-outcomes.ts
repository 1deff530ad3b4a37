// What a format makes of records: events, or nothing, for comparison with an oracle.
import { BatchBuilder, SourceColumns } from '../../src/core/batch-builder.ts';
import type { RecordFaultCode } from '../../src/core/column-builder.ts';
import type { Columns } from '../../src/core/columns.ts';
import type { EventDecoder } from '../../src/ports/format.ts';
import { rawBatchOf } from '../adapters/avro/raw-batch.ts';
import type { Expected } from '../adapters/json/oracle.ts';

export type Outcome = Expected | 'skip' | 'fault';

/** What became of each record of a batch. */
class Outcomes extends BatchBuilder {
  readonly outcomes: Array<number | 'skip' | 'fault'> = [];

  override accept(index: number): void {
    this.outcomes[index] = this.row++;
  }

  override skip(index: number): void {
    this.outcomes[index] = 'skip';
  }

  override reject(index: number, _code: RecordFaultCode, _message: string): void {
    this.outcomes[index] = 'fault';
  }
}

/** Of each record in order: its columns, or that there are none. */
export async function decodedBy(
  decoder: EventDecoder,
  columns: Columns,
  records: readonly Buffer[],
): Promise<Outcome[]> {
  const raw = rawBatchOf(records);
  await decoder.prepare?.(raw);
  const source = new SourceColumns(decoder.schema, 'at');
  const into = new Outcomes(source, 0, records.length, decoder.fillsRows === true);
  decoder.decode(raw, 0, records.length, into);
  const names = Object.keys(columns);
  return into.outcomes.map((outcome) => {
    if (typeof outcome === 'string') return outcome;
    return Object.fromEntries(
      names.map((name, column) => {
        const dictionary = source.strings[column] ?? source.enums[column];
        const number = into.numbers[column]?.[outcome] ?? Number.NaN;
        if (!dictionary) return [name, Number.isNaN(number) ? null : number];
        return [name, dictionary.decode(into.codes[column]?.[outcome] ?? -1) ?? null];
      }),
    );
  });
}
