// The contract of the offline store over HTTP, on the ClickHouse that was started for the tests.
import t from 'tap';
import { openHistory } from '../../src/adapters/clickhouse/history.ts';
import { historyContract } from '../contracts/history.ts';
import { clickhouseUrl, uniqueName } from '../support/services.ts';

// A busy machine needs its time for tables that are rewritten.
t.setTimeout(120_000);

const url = `${clickhouseUrl()}/${uniqueName('millrace')}`;
await historyContract(t, 'ClickHouse', { open: () => openHistory({ url, path: '' }) });

t.test('tables are in the database that the URL names', async (t) => {
  const history = await openHistory({ url, path: '' });
  t.teardown(() => history.close());
  const rows = await history.query<{ name: string }>(
    'SELECT name FROM system.tables WHERE database = currentDatabase()',
  );
  const names = new Set(rows.map((row) => row.name));
  for (const name of ['events', 'feature_log', 'predictions', 'labels', 'drift_reports', 'metrics']) {
    t.ok(names.has(name), name);
  }
  await history.query('SELECT count() FROM predictions_labelled');
});
