// docs/tables.md: its columns equal those of the tables, and its queries return the same as plain calculations.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openHistory } from '../../../src/adapters/clickhouse/history.ts';
import { columnTables } from '../../../tools/docs/tables.ts';
import { confusionRows, qualityRows } from '../../../src/runtime/learning/quality-rows.ts';
import vectors from '../../vectors/quality-rows.json' with { type: 'json' };
import { HOUR_MS, data, drift, topology, writeRows, type Prediction } from './tables-doc-rows.ts';

const doc = await readFile(join(import.meta.dirname, '../../../docs/tables.md'), 'utf8');
const queries = [...doc.matchAll(/```sql\n([\s\S]*?)```/g)].map((match) => match[1] as string);
const history = await openHistory({ url: null, path: join(t.testdir({}), 'history') });
t.teardown(() => history.close());

const AT = '2013-02-03 12:00:00.000';
const monthOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 7)}-01`;
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function groupBy<T>(rows: readonly T[], keyOf: (row: T) => string): Array<[string, T[]]> {
  const groups = Object.groupBy(rows, keyOf);
  return Object.entries(groups)
    .map(([key, group]): [string, T[]] => [key, group ?? []])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The AUC over all pairs of a positive and a negative row; ties count one half. */
function pairAuc(rows: readonly Prediction[]): number {
  const wins: number[] = [];
  for (const up of rows.filter((row) => row.label === 1)) {
    for (const down of rows.filter((row) => row.label === 0)) {
      wins.push(up.score > down.score ? 1 : up.score === down.score ? 0.5 : 0);
    }
  }
  return mean(wins);
}

/** Linear interpolation between the two nearest ranks, like numpy.quantile. */
function quantile(values: readonly number[], level: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = level * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  return low + (at - Math.floor(at)) * ((sorted[Math.ceil(at)] ?? low) - low);
}

/** Of a boundary, by scikit-learn. */
interface Expected {
  readonly labels: number;
  readonly figures: { readonly log_loss: number; readonly macro_f1: number };
  readonly confusion: number[][];
}

type Values = Readonly<Record<string, string | number>>;

/** Strings are equal; numbers are equal to 7 digits, because scores are Float32 and sums are in another order. */
function sameRows(t: Test, found: readonly Values[], wanted: readonly Values[]): void {
  t.equal(found.length, wanted.length, 'the same number of rows');
  wanted.forEach((row, i) => {
    for (const [name, value] of Object.entries(row)) {
      const other = found[i]?.[name];
      if (typeof value === 'string') t.equal(other, value, `row ${i}, ${name}`);
      else
        t.ok(
          Math.abs(Number(other) - value) <= 1e-6 * Math.max(1, Math.abs(value)),
          `row ${i}, ${name}: ${other}, ${value}`,
        );
    }
  });
}

const run = async (index: number, params: Values = {}): Promise<Values[]> =>
  history.query<Values>(queries[index] as string, { topology, ...params });

writeRows(history);
await history.flush();
t.equal(queries.length, 7);

t.test('the columns equal those of the tables', async (t) => {
  const words = (text: string): string => text.replaceAll(/[|\s-]+/g, ' ').trim(); // prettier pads the cells
  const section = /<!-- columns:[^>]*-->([\s\S]*?)<!-- end of columns -->/.exec(doc)?.[1] ?? '';
  t.equal(words(section), words(await columnTables(history)), 'otherwise run node tools/docs/tables.ts');
});

t.test('quality by model version and month', async (t) => {
  const judged = data.filter((row) => row.label !== null && !row.isFallback);
  const wanted = groupBy(judged, (row) => `${monthOf(row.timeMs)} ${row.version}`).map(
    ([key, rows]): Values => {
      const losses = rows.map(({ score, label }) => {
        const p = Math.min(1 - 1e-7, Math.max(1e-7, score));
        return -Math.log(label === 1 ? p : 1 - p);
      });
      const [month = '', version = ''] = key.split(' ');
      return { month, model_version: version, n: rows.length, log_loss: mean(losses), auc: pairAuc(rows) };
    },
  );
  t.ok(wanted.length >= 4, 'both versions, several months');
  sameRows(t, await run(0), wanted);
});

t.test('calibration', async (t) => {
  const fromMs = Date.UTC(2013, 0, 10);
  const untilMs = Date.UTC(2013, 2, 1);
  const judged = data.filter((row) => row.label !== null && row.timeMs >= fromMs && row.timeMs < untilMs);
  const wanted = groupBy(judged, (row) => String(Math.min(9, Math.floor(row.score * 10)))).map(
    ([bin, rows]): Values => {
      const score = mean(rows.map((row) => row.score));
      const share = mean(rows.map((row) => row.label ?? Number.NaN));
      return {
        score_from: Number(bin) / 10,
        n: rows.length,
        mean_score: score,
        positive_share: share,
        gap: share - score,
      };
    },
  );
  t.equal(wanted.length, 10);
  sameRows(t, await run(1, { from: '2013-01-10 00:00:00.000', until: '2013-03-01 00:00:00.000' }), wanted);
});

t.test('drift by feature and month', async (t) => {
  const reports = drift.filter((row) => row.detector === 'psi_ks');
  const wanted = groupBy(reports, (row) => `${row.feature} ${monthOf(row.toMs)}`).map(
    ([key, rows]): Values => {
      const [feature = '', month = ''] = key.split(' ');
      const psiMax = Math.max(...rows.map((row) => row.psi ?? Number.NaN));
      return { feature, month, psi_max: psiMax, alarm_share: mean(rows.map((row) => (row.drifted ? 1 : 0))) };
    },
  );
  t.equal(wanted.length, 4);
  sameRows(t, await run(2), wanted);
});

t.test('one feature by name at a point in time', async (t) => {
  const before = data.filter((row) => row.timeMs <= Date.UTC(2013, 1, 3, 12));
  const newestOf = (index: number, entityOf: (row: Prediction) => string | null): Values[] =>
    groupBy(
      before.filter((row) => entityOf(row) !== null),
      (row) => entityOf(row) ?? '',
    ).map(([key, rows]): Values => {
      const newest = rows.reduce((a, b) => (b.timeMs >= a.timeMs ? b : a));
      const asOf = new Date(newest.timeMs).toISOString().replace('T', ' ').replace('Z', '');
      return { key, value: newest.vector[index] ?? Number.NaN, as_of: asOf };
    });
  const cards = newestOf(1, (row) => row.card);
  t.equal(cards.length, 7);
  sameRows(t, await run(3, { feature: 'card.delay', at: AT }), cards);
  sameRows(
    t,
    await run(3, { feature: 'card.x.delay', at: AT }),
    newestOf(2, (row) => row.cardX),
  );
  sameRows(
    t,
    await run(3, { feature: 'hour', at: AT }),
    newestOf(0, (row) => row.key),
  );
});

t.test('labels: how long they take, and how many never come', async (t) => {
  const wanted = groupBy(data, (row) => monthOf(row.timeMs)).map(([month, rows]): Values => {
    const share = (state: Prediction['state']): number =>
      rows.filter((row) => row.state === state).length / rows.length;
    const hours = rows
      .filter((row) => row.state === 'joined')
      .map((row) => row.delayMs / HOUR_MS + (row.before === undefined ? 0 : 1));
    return {
      month,
      predictions: rows.length,
      never_share: share('never'),
      pending_share: share('pending'),
      hours_p50: quantile(hours, 0.5),
      hours_p90: quantile(hours, 0.9),
    };
  });
  t.equal(wanted.length, 3);
  sameRows(t, await run(4), wanted);
});

t.test('quality over time, and the confusion matrix, are those of scikit-learn', async (t) => {
  const [, four] = vectors;
  const boundaries = (four?.boundaries ?? []).filter(({ expected }) => 'loop' in expected);
  const [names, kinds] = [four?.classes ?? [], 'kinds'];
  const figures: Values[] = [];
  for (const { atMs, expected } of boundaries)
    for (const model of ['frozen', 'loop'] as const) {
      const { labels, figures: wanted, confusion } = expected[model] as Expected;
      const { log_loss: logLoss, macro_f1: macroF1 } = wanted;
      const matrix = { classes: names, counts: confusion, errorMax: 0 };
      // A restart writes the rows of a boundary again.
      for (let copy = 0; copy < 2; copy += 1) {
        history.metrics(qualityRows(kinds, atMs, model, { n: labels, logLoss, macroF1 }));
        history.metrics(confusionRows(kinds, atMs, model, matrix));
        await history.flush();
      }
      const at = new Date(atMs).toISOString().replace('T', ' ').replace('Z', '');
      figures.push({ at, model, figure: macroF1, n: labels });
    }
  t.equal(figures.length, 2 * boundaries.length);
  sameRows(t, await run(5, { topology: kinds, figure: 'macro_f1' }), figures);
  const newest = boundaries.at(-1)?.expected.loop as Expected | undefined;
  const cells = (newest?.confusion ?? []).flatMap((row, i) => {
    const sum = row.reduce((a, b) => a + b, 0);
    return row.map((n, j): Values => ({ actual: `c${i}`, predicted: `c${j}`, n, share: n / sum }));
  });
  const some = cells.filter(({ n }) => Number(n) > 0);
  sameRows(t, await run(6, { topology: kinds, model: 'loop' }), some);
});
