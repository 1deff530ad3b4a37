// Tables in files, read again when they change.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { fileSnapshots } from '../../../src/app/compose/tables/file-snapshots.ts';
import type { DictColumn, NumberColumn } from '../../../src/core/batch.ts';
import { Dictionary } from '../../../src/core/dictionary.ts';
import { double, nullable, string, table, timestamp } from '../../../src/index.ts';
import type { FileOrigin, Table } from '../../../src/ports/table.ts';
import { SnapshotTable } from '../../../src/runtime/tables/snapshot-table.ts';
import { TableStore } from '../../../src/runtime/tables/table-store.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';
import { schemaOf } from '../../../src/topology/columns-schema.ts';
import { expectedRows, vectorFile } from '../../support/file-rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-snapshots-'));
t.teardown(() => rmSync(folder, { recursive: true }));
const schema = { code: string, rate: double, since: nullable(timestamp) };

function opened(
  declared: Table,
  column = 'rate',
): {
  opening: SnapshotTable;
  refused: string[];
  telemetry: FakeTelemetry;
  rate: (code: string, atMs?: number) => number | null;
} {
  const telemetry = new FakeTelemetry();
  const refused: string[] = [];
  const store = new TableStore({
    table: declared,
    topology: 'x',
    schema: schemaOf({ [column]: double }),
    telemetry,
  });
  const opening = new SnapshotTable({
    topology: 'x',
    store,
    snapshots: fileSnapshots(declared, declared.from as FileOrigin),
    quarantine: { add: ({ detail }) => refused.push(detail) },
    telemetry,
    nowMs: Date.now,
  });
  t.teardown(() => opening.close());
  const reader = opening.reader();
  return {
    opening,
    refused,
    telemetry,
    rate(code, atMs = 0) {
      const dictionary = new Dictionary();
      const keys: DictColumn = { kind: 'string', codes: Int32Array.of(dictionary.encode(code)), dictionary };
      const batch = { rows: Int32Array.of(0), size: 1, eventTimeMs: Float64Array.of(atMs) };
      const value = (reader.find(keys, batch).column(column) as NumberColumn).values[0] as number;
      return Number.isNaN(value) ? null : value;
    },
  };
}

t.test('a file is read again when it has changed, and its rows are replaced as a whole', async (t) => {
  const file = join(folder, 'rates.csv');
  writeFileSync(file, 'code,rate\nde,1\nfr,x\n,3\n');
  const { opening, refused, rate, telemetry } = opened(
    table('rates', { schema, key: 'code', file, everyMs: 20 }),
  );
  const failures: Error[] = [];
  opening.start((error) => failures.push(error));
  await opening.ready();
  t.strictSame([rate('de'), rate('fr')], [1, null]);
  t.match(refused, [/^3: 'rate': /, /'code'/]);
  writeFileSync(file, 'code,rate\nfr,22\n');
  while (rate('fr') === null) await sleep(5);
  t.equal(rate('de'), null);
  rmSync(file);
  while (!telemetry.conditions.has('table_behind rates')) await sleep(5);
  t.equal(rate('fr'), 22, 'rows that are known stay');
  writeFileSync(file, 'code,rate\nit,3\n');
  while (rate('it') === null) await sleep(5);
  t.notOk(telemetry.conditions.has('table_behind rates'));
  t.strictSame(failures, []);
});

t.test('a column of the file says from when on its rows count', async (t) => {
  const file = join(folder, 'rates.jsonl');
  writeFileSync(
    file,
    '{"code":"de","rate":1,"since":1000}\n{"code":"de","rate":2,"since":"1970-01-01T00:00:02Z"}\n',
  );
  const { opening, rate } = opened(table('rates', { schema, key: 'code', time: 'since', file }));
  opening.start((error) => t.error(error));
  await opening.ready();
  t.strictSame([rate('de', 999), rate('de', 1_000), rate('de', 2_000)], [null, 1, 2]);
});

t.test('a column may be a field of a nested value of a Parquet file', async (t) => {
  const { id, after } = expectedRows[1] as { id: string; after: { amount: number } };
  const file = vectorFile('rows-snappy-v1.parquet');
  const { opening, rate } = opened(
    table('rates', { schema: { id: string, 'after.amount': double }, key: 'id', file }),
    'after.amount',
  );
  opening.start((error) => t.error(error));
  await opening.ready();
  t.equal(rate(id), after.amount);
});

t.test(
  'a file that is not there, and a table that is too large, are faults of the configuration',
  async (t) => {
    const start = (declared: Table): Promise<Error> =>
      new Promise((resolve) => opened(declared).opening.start(resolve));
    t.match(await start(table('rates', { schema, key: 'code', file: join(folder, 'none.csv') })), {
      code: 'DATA_INVALID',
    });
    const file = join(folder, 'many.csv');
    writeFileSync(file, `code,rate\n${Array.from({ length: 11 }, (_, i) => `c${i},1\n`).join('')}`);
    t.match(await start(table('rates', { schema, key: 'code', file, rowsMax: 10 })), {
      code: 'TABLE_TOO_LARGE',
    });
    t.match(await start(table('rates', { schema, key: 'code', file, bytesMax: 10 })), {
      code: 'TABLE_TOO_LARGE',
    });
  },
);
