// The formats bench's own parts: every format decodes the same events, so that their costs can be compared.
import type { ScalarColumn } from '../../src/core/batch.ts';
import t from 'tap';
import { formatCase, formatNames, ROWS } from '../../bench/formats/cases.ts';
import type { Batch } from '../../src/core/batch.ts';
import { jobOf } from '../../bench/jobs/load.ts';

/** Row by row, as each format has its own codes of strings. */
function eventsOf({ columns, size }: Batch): unknown[] {
  return Array.from({ length: size }, (_, row) =>
    Object.entries(columns as Record<string, ScalarColumn>).map(([name, column]) => [
      name,
      column.kind === 'number' ? column.values[row] : column.dictionary.decode(column.codes[row]!),
    ]),
  );
}

t.test('all formats give the same columns', async (t) => {
  const [first, ...others] = await Promise.all(
    formatNames.map(async (name) => {
      const { batch, faults } = (await formatCase(name)).decode();
      t.strictSame(faults, [], name);
      return eventsOf(batch);
    }),
  );
  t.equal(first?.length, ROWS);
  for (const other of others) t.strictSame(other, first);
});

t.test('the standard job has the same features in all', async (t) => {
  const avro = await jobOf('standard');
  for (const format of ['json', 'protobuf'] as const) {
    const job = await jobOf(`standard-${format}`);
    t.strictSame(job.topology.features?.features, avro.topology.features?.features);
    t.equal(job.topology.source.format?.name, format);
  }
});
