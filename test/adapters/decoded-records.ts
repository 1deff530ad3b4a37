// Records as a source's format decodes them: the event by column name, or why it is none.
import { BatchBuilder, SourceColumns } from '../../src/core/batch-builder.ts';
import type { EventRow } from '../../src/index.ts';
import type { SourceFormat } from '../../src/topology/source-format.ts';
import { rawBatchOf } from './avro/raw-batch.ts';

/** Whatever the event time is. */
class AnyRow extends BatchBuilder {
  override accept(index: number): void {
    this.next = index + 1;
    this.row++;
  }
}

export async function decodedRecords(
  format: SourceFormat,
  values: ReadonlyArray<Buffer | null>,
): Promise<Array<EventRow | string>> {
  const decoder = await format.decoder();
  const raw = rawBatchOf(values);
  await decoder.prepare?.(raw);
  const names = Object.keys(decoder.schema);
  const time = names.find((name) => decoder.schema[name]?.kind === 'number') ?? '';
  const columns = new SourceColumns(decoder.schema, time);
  const into = new AnyRow(columns, 0, raw.count, true);
  decoder.decode(raw, 0, raw.count, into);
  const faults = new Map(into.faults.map(({ index, code, message }) => [index, `${code}: ${message}`]));
  let row = 0;
  return values.map((_, index) => {
    const fault = faults.get(index);
    if (fault !== undefined) return fault;
    const at = row++;
    return Object.fromEntries(
      names.map((name, column) => {
        const dictionary = columns.strings[column] ?? columns.enums[column];
        const number = into.numbers[column]?.[at] ?? Number.NaN;
        if (!dictionary) return [name, Number.isNaN(number) ? null : number];
        return [name, dictionary.decode(into.codes[column]![at]!) ?? null];
      }),
    );
  });
}
