// The feature vector: its layout, fields, derived features, and invalid declarations.
import fc from 'fast-check';
import t from 'tap';
import {
  categorical,
  count,
  defineTopology,
  features,
  mean,
  multiply,
  numeric,
  sliding,
  subtract,
  sum,
  view,
  type FeaturesOptions,
} from '../../src/index.ts';
import { FEATURES_MAX } from '../../src/core/topology-limits.ts';
import { categoryCode } from '../../src/core/murmur2.ts';
import { RowBatches, type Row } from '../../src/testing/index.ts';
import { StageBench } from '../support/stage-bench.ts';

const string = { kind: 'string', nullable: true } as const;
const number = { kind: 'number', nullable: true } as const;
const schema = { type: string, user: string, amount: number, at: number };
const hour = sliding(60, 5);

const stage = features('features', {
  when: { type: 'order' },
  fields: { amount: numeric('amount'), user: categorical('user') },
  views: {
    user: view(['user'], { n: count({ over: hour }), sum: sum('amount', { over: hour }) }),
    pair: view(['user', 'type'], { mean: mean('amount', { over: hour, where: { type: 'order' } }) }),
  },
  derived: {
    twice: multiply('user.n', 2),
    both: subtract('amount', multiply('user.sum', 0.5)),
  },
});

function vectors(bench: StageBench): number[][] {
  return bench.batches.flatMap(({ features }) =>
    Array.from({ length: features?.rowCount ?? 0 }, (_, i) =>
      Array.from(features?.values.subarray(i * features.width, (i + 1) * features.width) ?? []),
    ),
  );
}

t.test('fields, then views, then derived features', async (t) => {
  t.same(
    stage.features.map(({ name, kind }) => `${name} ${kind}`),
    [
      'amount numeric',
      'user categorical',
      'user.n numeric',
      'user.sum numeric',
      'pair.mean numeric',
      'twice numeric',
      'both numeric',
    ],
  );
  t.same(
    new Set(stage.reads),
    new Set(['amount: number', 'type: string', 'type: any', 'user: string', 'user: any']),
  );
  const bench = new StageBench(stage, { schema });
  const batches = new RowBatches(schema, 'at');
  bench.push(
    batches.next([
      { type: 'order', user: 'ann', amount: 4, at: 0 },
      { type: 'note', user: 'ann', amount: 8, at: 1 },
      { type: 'order', user: 'ann', amount: 2, at: 2 },
    ]),
  );
  bench.push(
    batches.next([
      { type: 'order', user: null, amount: 1, at: 3 },
      { type: 'order', user: 'bob', amount: null, at: 3 },
    ]),
  );
  const ann = categoryCode('ann');
  t.same(vectors(bench), [
    [4, ann, 1, 4, 4, 2, 2],
    [2, ann, 3, 14, 3, 6, -5],
    [1, Number.NaN, 0, 0, Number.NaN, 0, 1],
    [Number.NaN, categoryCode('bob'), 1, 0, Number.NaN, 2, Number.NaN],
  ]);
  t.same(Array.from(bench.batches[0]?.features?.rows ?? []), [0, 2]);
});

t.test('property: vectors do not depend on batches', async (t) => {
  const rowArbitrary = fc.record({
    type: fc.constantFrom('order', 'note'),
    user: fc.constantFrom('ann', 'bob', null),
    amount: fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constant(null)),
    stepMs: fc.nat(30),
  });
  fc.assert(
    fc.property(fc.array(rowArbitrary, { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (steps, size) => {
      let at = 0;
      const rows = steps.map(({ stepMs, ...row }): Row => ({ ...row, at: (at += stepMs) }));
      const run = (by: number): string => {
        const bench = new StageBench(stage, { schema });
        const batches = new RowBatches(schema, 'at');
        for (let i = 0; i < rows.length; i += by) {
          const part = rows.slice(i, i + by);
          bench.push(batches.next(part));
          bench.close(i + by, Number(part.at(-1)?.['at']));
        }
        return JSON.stringify(vectors(bench));
      };
      return run(size) === run(1_000);
    }),
    { seed: 8, numRuns: 200 },
  );
  t.pass();
});

t.test('invalid declarations', async (t) => {
  const bad =
    (options: Partial<FeaturesOptions>): (() => unknown) =>
    () =>
      defineTopology({ name: 'orders', source, stages: [features({ when: { type: 'order' }, ...options })] });
  const source = { topic: 'orders', eventTime: 'at' };
  const invalid = { code: 'TOPOLOGY_INVALID' };
  t.throws(bad({}), invalid, 'no feature');
  t.throws(bad({ fields: { amount: numeric('amount') }, derived: { twice: multiply('amuont', 2) } }), {
    ...invalid,
    message: /derived.twice: there is no feature 'amuont'; did you mean 'amount'/,
  });
  const fields = Object.fromEntries(
    Array.from({ length: FEATURES_MAX + 1 }, (_, i) => [`f${i}`, numeric('amount')]),
  );
  t.throws(bad({ fields }), invalid, 'too many');
});
