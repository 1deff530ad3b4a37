// What a source of changes makes of each record: the event by column, that it is none, or why it is a dead letter.
import { ProjectSchemas } from '../../src/adapters/schemas/project-schemas.ts';
import { debezium, type DebeziumOptions } from '../../src/adapters/debezium/format.ts';
import { valueAt } from '../../src/core/batch.ts';
import type { Columns } from '../../src/core/columns.ts';
import type { Format } from '../../src/ports/format.ts';
import { SourceDecoder } from '../../src/runtime/task/source-decoder.ts';
import { withDeclared } from '../../src/topology/avro-schema.ts';
import { schemaOf } from '../../src/topology/columns-schema.ts';
import { rawBatchOf } from '../adapters/avro/raw-batch.ts';

export const NO_EVENT = 'no event';

/** @param eventTime `source.ts_ms` unless it is given */
export async function changeOutcomes(
  format: Format,
  columns: Columns,
  records: ReadonlyArray<Buffer | null>,
  { eventTime = 'source.ts_ms', ...options }: DebeziumOptions & { readonly eventTime?: string } = {},
): Promise<Array<Readonly<Record<string, unknown>> | string>> {
  const source = { topic: 'changes', eventTime, schema: columns };
  const schemas = new ProjectSchemas({ registry: { url: null }, schemaFolders: [] });
  const decoder = await debezium(format, options).decoder({
    ...source,
    subject: 'changes-value',
    columns: schemaOf(columns),
    declared: columns,
    schemas: withDeclared(schemas, source),
  });
  const opened = new SourceDecoder(decoder, eventTime, 'test');
  const raw = rawBatchOf(records);
  await opened.prepare(raw);
  const { batch, faults } = opened.decode(raw, 0, records.length);
  const outcomes: Array<Readonly<Record<string, unknown>> | string> = records.map(() => NO_EVENT);
  for (const { index, code, message } of faults) outcomes[index] = `${code}: ${message}`;
  for (let row = 0; row < batch.size; row++) {
    const entries = Object.entries(batch.columns).filter(([name]) => Object.hasOwn(columns, name));
    outcomes[batch.rawIndex[row] as number] = Object.fromEntries(
      entries.map(([name, column]) => [name, valueAt(column, row)]),
    );
  }
  return outcomes;
}
