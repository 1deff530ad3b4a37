// Rows that are to be deleted are gone, whatever the server says of the deletion.
import { join } from 'node:path';
import t from 'tap';
import { openChdb } from '../../../src/adapters/clickhouse/chdb-database.ts';
import type { Database } from '../../../src/adapters/clickhouse/database.ts';
import { deleteFrom } from '../../../src/adapters/clickhouse/delete-from.ts';
import { eraseRows } from '../../../src/adapters/clickhouse/erase-rows.ts';
import { migrate } from '../../../src/adapters/clickhouse/migrate.ts';

const database = await openChdb(join(t.testdir({}), 'history'));
t.teardown(() => database.close());
await migrate(database);

const ROWS = 10;
const source = { topology: 'payments', topic: 'events', partition: 1 };

async function fill(partition: number): Promise<void> {
  const row = `'${source.topology}', '${source.topic}', ${partition}, number, number + 100, 1700000000, 1700000000, 1`;
  const columns =
    'topology, topic, partition, prediction_offset, label_offset, prediction_time, label_time, label';
  await database.command(`INSERT INTO labels (${columns}) SELECT ${row} FROM numbers(${ROWS})`);
}

const left = (): Promise<{ partition: number; n: number }[]> =>
  database.rows(
    'SELECT partition, toFloat64(count()) AS n FROM labels GROUP BY partition ORDER BY partition',
    {},
  );

/** Says that deletions are done, and carries out none before the given one. */
function losing(deletions: number): { readonly database: Database; readonly asked: string[] } {
  const asked: string[] = [];
  const bytes: Database['bytes'] = async (sql, params) => {
    if (!/\bDELETE\b/.test(sql)) return database.bytes(sql, params);
    asked.push(sql);
    return asked.length <= deletions ? Buffer.alloc(0) : database.bytes(sql, params);
  };
  return { database: { ...database, bytes }, asked };
}

t.test('deletions that are lost are made again, and other rows stay', async (t) => {
  await fill(1);
  await fill(2);
  const forgetful = losing(2);
  await deleteFrom(forgetful.database, source, 104);
  t.equal(forgetful.asked.length, 3);
  t.same(await left(), [
    { partition: 1, n: 4 },
    { partition: 2, n: ROWS },
  ]);
  const erasing = losing(2);
  const erased = await eraseRows(erasing.database, source, [0, 1, 7]);
  t.same(erased, { features: 0, predictions: 0, labels: 2 });
  t.equal(erasing.asked.length, 3);
  t.same(await left(), [
    { partition: 1, n: 2 },
    { partition: 2, n: ROWS },
  ]);
});

t.test('rows that stay are an error', async (t) => {
  const { database: deaf } = losing(Number.POSITIVE_INFINITY);
  await t.rejects(deleteFrom(deaf, { ...source, partition: 2 }, 0), {
    code: 'HISTORY_FAILED',
    message: /10 rows of labels are deleted and found afterwards/,
    remedy: /system\.mutations/,
  });
});
