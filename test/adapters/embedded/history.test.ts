// The embedded history: training sets and the archive by the contract, what outlives the process, and reports.
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import t from 'tap';
import { SqliteHistory } from '../../../src/adapters/embedded/history.ts';
import type { StoredPrediction } from '../../../src/testing/index.ts';
import { archiveContract } from '../../contracts/event-archive.ts';
import { fresh, labelsOf, predictionsOf } from '../../contracts/history-rows.ts';
import { sinkContract } from '../../contracts/sink.ts';
import { historyErasureContract } from '../../contracts/history-erasure.ts';
import { trainingSetContract } from '../../contracts/training-set.ts';

const path = join(t.testdir({}), 'history.db');
const history = new SqliteHistory({ path });
t.teardown(() => history.close());
await trainingSetContract(t, 'SQLite', history);
await historyErasureContract(t, 'SQLite', history);
await archiveContract(t, 'SQLite', history);
await sinkContract(t, 'SQLite', history, (topology) => {
  const db = new DatabaseSync(path);
  const rows = db
    .prepare(
      'SELECT topic, partition, offset, score FROM predictions JOIN sources ON id = source WHERE topology = ?',
    )
    .all(topology);
  db.close();
  return rows as unknown as StoredPrediction[]; // the columns are those of the query
});

const times = { predictionTimeMs: 1_000, labelTimeMs: 2_000 };
const all = { fromMs: -Infinity, untilMs: Infinity, rowsMax: Infinity, width: 2, isLabelled: true };

t.test('vectors come back bit for bit after a restart, and replayed rows count once', async (t) => {
  const topology = fresh();
  const features = new Float32Array([-0, 1e-45]);
  new Uint32Array(features.buffer)[0] = 0xffc12345; // NaN with a payload
  const block = { ...predictionsOf([{ offset: 7, timeMs: 1_000, vector: [0, 0] }]), features };
  for (let i = 0; i < 2; i++) {
    history.predictions(topology, block);
    history.labels(topology, labelsOf([{ labelOffset: 9, offset: 7, label: 1, ...times }]));
  }
  const later = new SqliteHistory({ path });
  const set = await later.trainingSet({ ...all, topology });
  await later.close();
  t.equal(set.rowCount, 1);
  t.same(new Uint32Array(set.features.buffer), new Uint32Array(features.buffer));
});

t.test('a label that will never come makes no row', async (t) => {
  const topology = fresh();
  history.predictions(topology, predictionsOf([{ offset: 1, timeMs: 1_000, vector: [0, 0] }]));
  history.labels(topology, labelsOf([{ labelOffset: 2, offset: 1, label: Number.NaN, ...times }]));
  t.equal((await history.trainingSet({ ...all, topology })).rowCount, 0);
});

t.test('reports are kept once, however often they are written', async (t) => {
  const topology = fresh();
  const event = { topology, atMs: 5, kind: 'promoted', version: 'v2', reason: 'drift', detail: 'ä' } as const;
  for (const labels of [
    { a: '1', b: '2' },
    { b: '2', a: '1' },
  ]) {
    history.modelEvents([event, { ...event, kind: 'trained' }]);
    history.metrics([{ topology, atMs: 5, name: 'auc', labels, value: 0.7 }]);
  }
  const db = new DatabaseSync(path, { readOnly: true });
  const count = (table: string, column: string): unknown =>
    db
      .prepare(`SELECT count(*) AS n FROM ${table} WHERE json_extract(${column}, '$.topology') = ?`)
      .get(topology)?.['n'];
  t.equal(count('model_events', 'event'), 2);
  t.equal(count('metrics', 'metric'), 1);
  db.close();
});

t.test('audit records are there once, and read back as they were', async (t) => {
  const topology = fresh();
  const names = { action: 'start', actor: 'ä "q"', from: 'host', subject: 's' };
  const record = {
    topology,
    sequence: 1,
    atMs: 7,
    ...names,
    before: null,
    after: '{}',
    previous: '',
    hash: 'aa',
  };
  const records = Array.from({ length: 1_200 }, (_, i) => ({ ...record, sequence: i + 1 }));
  history.audit(records);
  history.audit([record, { ...record, hash: 'bb' }]);
  const found: unknown[] = [];
  for await (const page of history.readAudit(topology)) found.push(...page);
  t.same(found, [record, { ...record, hash: 'bb' }, ...records.slice(1)]);
});

t.test('entities by view, also in a file of an earlier version', async (t) => {
  const topology = fresh();
  const old = join(t.testdir({}), 'old.db');
  await new SqliteHistory({ path: old }).close();
  const before = new DatabaseSync(old);
  before.exec('ALTER TABLE predictions DROP COLUMN entities');
  before.close();
  const upgraded = new SqliteHistory({ path: old });
  const rows = [1, 2].map((offset) => ({ offset, timeMs: 1_000, vector: [0, 0] }));
  const entities = [{ view: 'card', keys: ["o'n|e", null] }];
  upgraded.predictions(topology, { ...predictionsOf(rows), entities });
  await upgraded.close();
  const db = new DatabaseSync(old, { readOnly: true });
  const found = db.prepare('SELECT entities FROM predictions ORDER BY offset').all();
  db.close();
  t.same(
    found.map((row) => JSON.parse(String(row['entities']))),
    [{ card: "o'n|e" }, { card: '' }],
  );
});

t.test('a path that cannot be opened is named', async (t) => {
  const missing = join(path, 'no', 'folder.db');
  t.throws(() => new SqliteHistory({ path: missing }), { code: 'CONFIG_INVALID', where: join(path, 'no') });
});
