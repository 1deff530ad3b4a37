// The drift of a champion at each boundary: the reports equal those of the statistics and detectors themselves.
import avro from 'avsc';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { adwin, atLeast, binary, chiSquare, pageHinkley, type DriftSettings } from '../../../src/index.ts';
import type { DriftReportRow } from '../../../src/core/reports.ts';
import type { PartitionObservations } from '../../../src/operators/observations.ts';
import { DecisionSteps } from '../../../src/runtime/learning/decision-steps.ts';
import { DriftWatch } from '../../../src/runtime/learning/drift-watch.ts';
import { driftReportRecord } from '../../../src/runtime/records.ts';
import { makeDriftReference } from '../../../src/stats/drift-reference.ts';
import { logLoss } from '../../../src/stats/log-loss.ts';
import { Standardised } from '../../../src/stats/standardised.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';
import { Random } from '../../../src/stats/random.ts';

const random = new Random(4);
const task = binary({ column: 'paid', positive: atLeast(1) });
const topology = { name: 'orders', task, source: { topic: 'orders' } };
const steps = new DecisionSteps('orders', new FakeTelemetry());
const options: DriftSettings = { intervals: 2, rowsMin: 200, falseDiscoveryRate: 0.01, psiFloor: 0.1 };

/** One feature with the same name as the score, and labels whose share changes. */
function seen(rows: number, shift: number, positives: number): PartitionObservations {
  const draw = (count: number): number[] => Array.from({ length: count }, () => random.nextDouble());
  return {
    predictions: rows,
    rows: {
      partition: 0,
      width: 1,
      offsets: Float64Array.from({ length: rows }, (_, i) => i),
      features: Float32Array.from(draw(rows), (v) => v + shift),
      scores: Float32Array.from(draw(rows)),
    },
    labels: {
      scores: draw(rows),
      shadowScores: draw(rows),
      labels: draw(rows).map((v) => Number(v < positives)),
      predictionTimeMs: draw(rows),
      predictionOffsets: draw(rows),
      versions: draw(rows).map(() => 'v1'),
      fallback: draw(rows).map((v) => v < 0.2),
      evidence: [],
      shadowEvidence: [],
      changes: draw(rows).map(() => 0),
    },
    labelsNever: 0,
  };
}

const training = seen(3_000, 0, 0.2);
const reference = makeDriftReference(
  training.rows.features,
  3_000,
  ['score'],
  ['numeric'],
  training.rows.scores,
  1,
);

t.test('report rows, and the findings that follow from them', async (t) => {
  const watch = new DriftWatch(topology, options, steps);
  t.equal(watch.at({ atMs: 0, observations: [seen(300, 0, 0.2)] }), null, 'no champion yet');
  watch.follow('v1', reference);
  const losses = new Standardised(0.02);
  const errors = new Standardised(0.05);
  const watching = [adwin(), pageHinkley(), adwin({ watches: 'error' }), pageHinkley({ watches: 'error' })];
  const instances = watching.map((detector) => detector.open());
  for (let nth = 1; nth < 8; nth++) {
    const observations = [seen(150, nth > 4 ? 0.5 : 0, nth > 4 ? 0.9 : 0.2), seen(100, 0, 0.2)];
    const findings = watch.at({ atMs: nth * 10, observations });
    let alarm = false;
    let n = 0;
    for (const { labels } of observations) {
      for (const [i, label] of labels.labels.entries()) {
        if (labels.fallback[i] === true) continue;
        n += 1;
        const score = labels.scores[i] as number;
        const loss = losses.next(logLoss(score, label));
        const error = errors.next(Number(score >= 0.5 !== (label === 1)));
        if (Number.isNaN(loss)) continue;
        for (const [at, instance] of instances.entries())
          if (instance.update(at < 2 ? loss : error)) alarm = true;
      }
    }
    t.match(findings?.rows, [
      {
        feature: 'score',
        detector: 'psi_ks',
        fromMs: Math.max(0, nth - 2) * 10,
        toMs: nth * 10,
        value: null,
      },
      { feature: 'score', detector: 'psi_ks' },
      ...instances.map((instance, at) => ({
        feature: at < 2 ? 'log_loss' : 'error',
        detector: watching[at]?.name,
        fromMs: (nth - 1) * 10,
        n,
        value: instance.report().value,
        psi: null,
      })),
    ]);
    t.equal(findings?.errorDrift, alarm);
    t.same(
      findings?.driftedFeatures,
      nth > 4 ? ['score'] : [],
      'the feature, although it has the name of the score',
    );
    t.equal(findings?.scoreDrifted, false);
  }
});

t.test('labels of an earlier version are no change, and a swap loses none', async (t) => {
  const alarmAt = (swapAt: number): number => {
    const watch = new DriftWatch(topology, options, steps);
    watch.follow('v0', reference);
    for (let nth = 0; nth < 60; nth += 1) {
      if (nth === swapAt) watch.follow('v1', reference);
      const { rows, labels, ...others } = seen(20, 0, 0.5);
      const version = nth < swapAt ? 'v0' : 'v1';
      const good = labels.labels.map((label) => (label === 1 ? 0.8 : 0.2));
      const own = { scores: good, versions: good.map(() => version), fallback: good.map(() => false) };
      const wrong = good.map((score, i) => (nth < 50 || i % 2 === 0 ? score : 1 - score));
      const old = { ...own, scores: good.map((score) => 1 - score), versions: good.map(() => 'older') };
      const observations = [own, { ...own, scores: wrong }, old].map((given) => ({
        ...others,
        rows,
        labels: { ...labels, ...given },
      }));
      const findings = watch.at({ atMs: nth * 10, observations });
      if (findings?.errorDrift === true) return nth;
    }
    return Number.NaN;
  };
  const alarms = [1_000, 5, 49, 51].map(alarmAt);
  t.same(alarms.slice(1), alarms.slice(0, -1), 'whenever the model was swapped');
  t.ok((alarms[0] ?? 0) >= 50 && (alarms[0] ?? 99) < 55, `${alarms[0]}`);
});

t.test('the scores of an earlier champion are not compared with those of the present one', async (t) => {
  const watch = new DriftWatch(topology, options, steps);
  watch.follow('v0', reference);
  watch.at({ atMs: 1, observations: [seen(300, 0, 0.2)] });
  watch.follow('v1', reference);
  const scored = (rows: number, atMs: number): Array<number | undefined> =>
    (watch.at({ atMs, observations: [seen(rows, 0, 0.2)] })?.rows ?? [])
      .filter(({ feature, detector }) => feature === 'score' && detector === 'psi_ks')
      .map(({ n }) => n);
  t.same(
    scored(100, 2),
    [400],
    'the feature alone, which has the name of the score: too few scores are its own',
  );
  t.same(scored(300, 3), [400, 400]);
});

t.test('an alarm says where the concept changed', async (t) => {
  const watch = new DriftWatch(topology, options, steps);
  watch.follow('v1', reference);
  for (let nth = 0; nth < 400; nth += 1) {
    const { labels, ...others } = seen(5, 0, 0.5);
    const scores = labels.labels.map((label) => (label === 1 && nth < 200 ? 0.9 : 0.1));
    const given = { scores, fallback: scores.map(() => false), predictionTimeMs: scores.map(() => nth) };
    const change = watch.at({
      atMs: nth,
      observations: [{ ...others, labels: { ...labels, ...given } }],
    })?.change;
    if (change === null || change === undefined) continue;
    t.ok(change.atMs >= 198 && change.atMs <= 203, `${change.atMs}`);
    t.ok(change.labels <= 5 * (nth - change.atMs + 2));
    return;
  }
  t.fail('no alarm');
});

t.test('too few rows give no report on features, and no labels give none on the loss', async (t) => {
  const watch = new DriftWatch(topology, options, steps);
  watch.follow('v1', reference);
  t.same(
    watch.at({ atMs: 1, observations: [seen(199, 1, 0.2)] })?.rows.map(({ detector }) => detector),
    ['adwin', 'page_hinkley', 'adwin_error', 'page_hinkley_error'],
  );
  t.same(watch.at({ atMs: 2, observations: [seen(0, 1, 0.2)] })?.rows, []);
});

t.test('a feature counts once, even if two statistics report drift', async (t) => {
  const watch = new DriftWatch(topology, { ...options, statistics: [chiSquare()], detectors: [] }, steps);
  watch.follow('v1', reference);
  const alone = watch.at({ atMs: 1, observations: [seen(400, 0.5, 0.2)] });
  t.match(alone?.rows, [
    { detector: 'chi_square', psi: null, psiThreshold: 0.1, drifted: true },
    { detector: 'chi_square', drifted: false },
  ]);
  t.same(alone?.driftedFeatures, ['score']);
  t.equal(alone?.errorDrift, false);
});

t.test(
  'a report in the topic has the name of its detector; reports from before 0.2 can be read',
  async (t) => {
    const file = new URL('../../../schemas/millrace/drift-reports.avsc', import.meta.url);
    const schema = JSON.parse(readFileSync(file, 'utf8')) as {
      fields: Array<{ name: string; type: { symbols?: string[] } }>;
    };
    const type = avro.Type.forSchema(schema as avro.Schema);
    const row: DriftReportRow = {
      topology: 'orders',
      fromMs: 1,
      toMs: 2,
      version: 'v1',
      feature: 'amount',
      detector: 'hellinger',
      n: 3,
      psi: null,
      psiThreshold: 0.1,
      ks: null,
      pValue: 0.5,
      pAdjusted: 0.5,
      value: 0.2,
      drifted: false,
    };
    const read = type.fromBuffer(type.toBuffer(driftReportRecord(row))) as object;
    t.match({ ...read }, { ...row, detector: 'other', name: 'hellinger' });
    t.match(driftReportRecord({ ...row, detector: 'adwin' }), { detector: 'adwin', name: 'adwin' });
    const before = {
      ...schema,
      fields: schema.fields
        .filter(({ name }) => name !== 'name')
        .map((field) =>
          field.name === 'detector'
            ? {
                name: 'detector',
                type: { ...field.type, symbols: field.type.symbols?.slice(0, 3), default: undefined },
              }
            : field,
        ),
    };
    const old = avro.Type.forSchema(before as avro.Schema);
    const bytes = old.toBuffer({ ...row, detector: 'adwin' });
    t.match(
      { ...(type.fromBuffer(bytes, type.createResolver(old)) as object) },
      { detector: 'adwin', name: '' },
    );
  },
);
