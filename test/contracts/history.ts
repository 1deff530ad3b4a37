// What every history must do (src/ports/history.ts): run against chdb in this process and against a server by HTTP.
import type { Test } from 'tap';
import type { ClickHouseHistory } from '../../src/adapters/clickhouse/history.ts';
import type { PredictionBlock } from '../../src/core/blocks.ts';
import type { DriftReportRow } from '../../src/core/reports.ts';
import type { StoredPrediction } from '../../src/testing/index.ts';
import { STORED_PREDICTIONS, sinkContract } from './sink.ts';
import { archiveContract } from './event-archive.ts';
import { fresh, labelsOf, offsetsIn, predictionsOf, rawBatchOf } from './history-rows.ts';
import type { LabelRow, Row } from './history-rows.ts';
import { itemsContract } from './history-items.ts';
import { historyErasureContract } from './history-erasure.ts';
import { trainingSetContract } from './training-set.ts';

export interface HistoryHarness {
  /** A client of one and the same database; the suite closes it. */
  open(): Promise<ClickHouseHistory>;
}

const T0 = Date.UTC(2013, 0, 31, 23, 0);
const HOUR_MS = 3_600_000;

function plainRows(from: number, to: number): Row[] {
  return Array.from({ length: to - from }, (_, i) => ({
    offset: from + i,
    timeMs: T0 + (from + i) * 60_000,
    vector: [from + i, 2],
  }));
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

export async function historyContract(t: Test, name: string, harness: HistoryHarness): Promise<void> {
  const history = await harness.open();
  t.teardown(() => history.close());
  await sinkContract(t, name, history, (topology) =>
    history.query<StoredPrediction>(STORED_PREDICTIONS, { topology }),
  );

  await t.test(`${name}: what was scored is read back bit for bit, whatever the strings hold`, async (t) => {
    const topology = fresh();
    const odd = new Float32Array([-0, 1e-45, 3.4028234663852886e38, Infinity, -Infinity, 0.1]);
    const bits = new Uint32Array(odd.buffer);
    const features = new Float32Array(12);
    features.set(odd);
    const featureBits = new Uint32Array(features.buffer);
    featureBits.set([0x7fc00001, 0xffc12345, 0x80000000, 1, 0x7f800001, 0x3f800000], 6); // NaNs with payloads
    const block: PredictionBlock = {
      ...predictionsOf([
        { offset: 0, timeMs: -1, vector: [0] },
        { offset: Number.MAX_SAFE_INTEGER, timeMs: 1_000, vector: [0] },
      ]),
      keys: ['tab\tline\nback\\slash\0 \r\'"', 'ä€😀'],
      version: 'v\\1\t',
      scores: new Float32Array([0.1, 1e-45]),
      shadowScores: new Float32Array([0.25, Number.NaN]),
      flags: Uint8Array.of(7, 0),
      features,
      width: 6,
    };
    history.predictions(topology, block);
    t.equal(history.bufferedRows, 4);
    await history.flush();
    t.equal(history.bufferedRows, 0);
    const rows = await history.query<Record<string, unknown>>(
      `SELECT p.key AS key, model_version, flags, id, shadow_score, toString(toUnixTimestamp64Milli(p.event_time)) AS ms,
        reinterpretAsUInt32(score) AS score, arrayMap(x -> reinterpretAsUInt32(x), f.features) AS bits
      FROM predictions AS p INNER JOIN feature_log AS f USING (topology, topic, partition, offset)
      WHERE topology = {topology:String} ORDER BY offset`,
      { topology },
    );
    const scoreBits = new Uint32Array(block.scores.buffer);
    t.same(
      rows.map((row) => [
        row['key'],
        row['model_version'],
        row['flags'],
        row['shadow_score'],
        row['ms'],
        row['score'],
      ]),
      [
        [block.keys[0], block.version, 7, 0.25, '-1', scoreBits[0]],
        [block.keys[1], block.version, 0, null, '1000', scoreBits[1]],
      ],
    );
    t.same(rows[0]?.['bits'], [...bits]);
    t.same(rows[1]?.['bits'], [...featureBits.subarray(6)]);
    t.equal(rows[1]?.['id'], `flights-0-${Number.MAX_SAFE_INTEGER}`);
  });

  await t.test(`${name}: rows that are replayed are in the tables once`, async (t) => {
    const topology = fresh();
    history.predictions(topology, predictionsOf(plainRows(0, 100))); // across the end of a month
    history.predictions(topology, predictionsOf(plainRows(50, 120))); // a restart while nothing was sent yet
    await history.flush();
    t.same(await offsetsIn(history, 'predictions', topology), upTo(120));
    history.predictions(topology, predictionsOf(plainRows(100, 150))); // a restart after
    await history.flush();
    const other = await harness.open(); // another engine takes the partition over
    other.predictions(topology, predictionsOf(plainRows(140, 200)));
    await other.close();
    history.predictions(topology, predictionsOf(plainRows(0, 220))); // and it comes back
    history.predictions(topology, predictionsOf(plainRows(0, 3), { topic: 'flights', partition: 1 }));
    await history.flush();
    t.same(await offsetsIn(history, 'predictions', topology), [0, 0, 1, 1, 2, 2, ...upTo(220).slice(3)]);
    t.same(await offsetsIn(history, 'feature_log', topology), [0, 0, 1, 1, 2, 2, ...upTo(220).slice(3)]);
  });

  await t.test(`${name}: rows of offsets that are used again are those of the new events`, async (t) => {
    const topology = fresh();
    history.predictions(topology, predictionsOf(plainRows(0, 100)));
    await history.flush();
    const source = { topology, topic: 'flights', partition: 0 };
    await history.forget(source, 40);
    t.same(await offsetsIn(history, 'predictions', topology), upTo(40));
    history.predictions(topology, predictionsOf(plainRows(40, 100)));
    await history.flush();
    t.same(await offsetsIn(history, 'predictions', topology), upTo(100));
    t.same(await offsetsIn(history, 'feature_log', topology), upTo(100));
  });

  await t.test(`${name}: one event may end the wait for many labels, in many blocks`, async (t) => {
    const topology = fresh();
    const times = { predictionTimeMs: T0, labelTimeMs: T0 + HOUR_MS };
    const row = (labelOffset: number, offset: number, label: number): LabelRow => ({
      labelOffset,
      offset,
      label,
      ...times,
    });
    history.labels(topology, labelsOf([row(5, 1, 1), row(9, 2, Number.NaN)]));
    await history.flush();
    history.labels(topology, labelsOf([row(9, 2, Number.NaN), row(9, 3, Number.NaN)]));
    history.labels(topology, labelsOf([row(9, 3, Number.NaN), row(9, 4, Number.NaN), row(10, 5, 0)]));
    await history.flush();
    const sql =
      'SELECT toFloat64(prediction_offset) AS offset, label FROM labels WHERE topology = {topology:String} ORDER BY offset';
    t.same(await history.query(sql, { topology }), [
      { offset: 1, label: 1 },
      { offset: 2, label: null },
      { offset: 3, label: null },
      { offset: 4, label: null },
      { offset: 5, label: 0 },
    ]);
  });

  await itemsContract(t, name, () => harness.open());
  await trainingSetContract(t, name, history);
  await historyErasureContract(t, name, history);

  await t.test(`${name}: reports are kept once, however often they are written`, async (t) => {
    const topology = fresh();
    const drift: DriftReportRow = {
      topology,
      fromMs: T0,
      toMs: T0 + HOUR_MS,
      version: 'v1',
      feature: 'dep_delay',
      detector: 'psi_ks',
      n: 400,
      psi: 0.25,
      psiThreshold: 0.1,
      ks: 0.3,
      pValue: 1e-9,
      pAdjusted: 2e-9,
      value: null,
      drifted: true,
    };
    const event = {
      topology,
      atMs: T0,
      kind: 'promoted',
      version: 'v2',
      reason: 'drift',
      detail: 'ä "q"',
    } as const;
    const metric = { topology, atMs: T0, name: 'auc', value: 0.7 };
    for (let i = 0; i < 2; i++) {
      history.driftReports([drift]);
      history.modelEvents([event, { ...event, kind: 'trained' }]);
      history.metrics([
        { ...metric, labels: i === 0 ? { model: 'v1', scope: 'loop' } : { scope: 'loop', model: 'v1' } },
        { ...metric, labels: {} },
      ]);
      await history.flush();
    }
    const rows = async (table: string, columns: string): Promise<unknown[]> =>
      history.query(`SELECT ${columns} FROM ${table} FINAL WHERE topology = {topology:String} ORDER BY ALL`, {
        topology,
      });
    t.same(await rows('drift_reports', 'feature, detector, psi, p_value, value, drifted, from_time'), [
      {
        feature: 'dep_delay',
        detector: 'psi_ks',
        psi: 0.25,
        p_value: 1e-9,
        value: null,
        drifted: true,
        from_time: '2013-01-31 23:00:00.000',
      },
    ]);
    t.same(await rows('model_events', 'kind, detail'), [
      { kind: 'promoted', detail: 'ä "q"' },
      { kind: 'trained', detail: 'ä "q"' },
    ]);
    t.same(await rows('metrics', 'labels, value'), [
      { labels: {}, value: 0.7 },
      { labels: { model: 'v1', scope: 'loop' }, value: 0.7 },
    ]);
  });

  await t.test(`${name}: audit records are there once, and read back as they were`, async (t) => {
    const topology = fresh();
    const names = { action: 'start', actor: 'ä "q"', from: 'host', subject: 's' };
    const record = {
      topology,
      sequence: 1,
      atMs: T0 + 7,
      ...names,
      before: null,
      after: '{"a":"\\t"}',
      previous: '',
      hash: 'aa',
    };
    const records = [record, { ...record, sequence: 2, before: '[]', after: null, previous: 'aa' }];
    for (let i = 0; i < 2; i++) {
      history.audit(records);
      history.audit([{ ...record, hash: 'bb' }]);
      await history.flush();
    }
    const found: unknown[] = [];
    for await (const page of history.readAudit(topology)) found.push(...page);
    t.same(found, [record, { ...record, hash: 'bb' }, records[1]]);
  });

  await archiveContract(t, name, history);

  await t.test(`${name}: events wait in memory by their size, and are in the table once`, async (t) => {
    const topology = fresh();
    const sizes = [1, 9_000_000, 20_000_000];
    const events = sizes.map((size) => ({ key: null, value: Buffer.alloc(size), timestampMs: 0, gap: 1 }));
    const raw = rawBatchOf(events);
    history.events(topology, { raw, begin: 0, end: sizes.length, offsetFrom: 0 });
    t.ok(history.bufferedRows > 20_000, 'large rows count as many');
    await history.flush();
    history.events(topology, { raw, begin: 1, end: sizes.length, offsetFrom: 2 }); // a restart
    await history.flush();
    t.same(await offsetsIn(history, 'events', topology), [...raw.offsets]);
  });

  await t.test(`${name}: rows are sent after a while, and a wrong query is reported`, async (t) => {
    const topology = fresh();
    history.predictions(topology, predictionsOf(plainRows(0, 2)));
    const deadlineMs = performance.now() + 20_000;
    while ((await offsetsIn(history, 'predictions', topology)).length < 2 && performance.now() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    t.same(await offsetsIn(history, 'predictions', topology), [0, 1]);
    await t.rejects(history.query('SELECT nothing_like_it'), { code: 'HISTORY_FAILED' });
    await history.ping();
  });
}
