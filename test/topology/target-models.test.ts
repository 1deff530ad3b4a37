// Score stages change their ids and their places: what was made for one target is never taken for another.
import fc from 'fast-check';
import t from 'tap';
import {
  atLeast,
  binary,
  defineTopology,
  double,
  features,
  labels,
  nullable,
  numeric,
  regression,
  score,
  source,
  string,
  timestamp,
  type LabelsStage,
  type Task,
  type Topology,
} from '../../src/index.ts';
import { targetsOf } from '../../src/topology/targets.ts';
import { manifestTarget, ownTarget, targetConflict } from '../../src/topology/target-models.ts';

const payments = source('payments', {
  schema: {
    id: string,
    type: string,
    amount: double,
    fraud: nullable(double),
    churn: nullable(double),
    late: nullable(double),
    at: timestamp,
  },
  eventTime: 'at',
});

const COLUMNS = ['fraud', 'churn', 'late'] as const;
const IDS = ['score', 'a', 'b', 'c'] as const;

interface Declared {
  readonly id: string;
  readonly column: (typeof COLUMNS)[number];
}

/** A topology with a score stage of each id, whose label is the column. */
function topologyOf(
  targets: readonly Declared[],
  task = (column: 'fraud' | 'churn' | 'late'): Task<never> => binary({ column }) as unknown as Task<never>,
): Topology {
  const labelsOf = ({ id, column }: Declared): LabelsStage =>
    labels(`labels-${id}`, { target: id, key: 'id', when: { type: 'label' }, task: task(column) });
  return defineTopology({
    name: 'payments',
    source: payments,
    stages: [
      features({ when: { type: 'payment' }, fields: { amount: numeric('amount') } }),
      ...targets.flatMap((one) => [score(one.id, { key: 'id' }), labelsOf(one)]),
    ],
  });
}

/** The column that a topology, which is one target, predicts. */
const columnOf = ({ labels: stage }: Topology): string | undefined => stage?.options.task.label.reads[0];

const declared = fc
  .tuple(
    fc.shuffledSubarray([...IDS], { minLength: 1, maxLength: 3 }),
    fc.shuffledSubarray([...COLUMNS], { minLength: 3 }),
  )
  .map(([ids, columns]) => ids.map((id, i) => ({ id, column: columns[i] as Declared['column'] })));

t.test('whatever order and ids stages get, a target takes what was made for its label alone', (t) => {
  fc.assert(
    fc.property(declared, declared, (before, after) => {
      for (const old of targetsOf(topologyOf(before)))
        for (const now of targetsOf(topologyOf(after))) {
          const made = manifestTarget(old);
          const isTaken = targetConflict(ownTarget(now), made) === null;
          const isSame = columnOf(old) === columnOf(now);
          if (isSame && !isTaken) t.fail(`${JSON.stringify(made)} is refused by ${now.name}`);
          if (isSame || !isTaken) continue;
          // Its label was changed under the same id, and no other target has the old one.
          const isGone = targetsOf(topologyOf(after)).every((one) => columnOf(one) !== columnOf(old));
          if (!isGone || old.score?.id !== now.score?.id)
            t.fail(`${JSON.stringify(made)} of ${columnOf(old)} is taken for ${columnOf(now)}`);
        }
    }),
    { numRuns: 200 },
  );
  t.end();
});

t.test('options of a task may change under one name, and a name under one label', (t) => {
  const at = (value: number) => (): Task<never> =>
    binary({ column: 'fraud', positive: atLeast(value) }) as unknown as Task<never>;
  const [one] = [{ id: 'a', column: 'fraud' } as const];
  const [before, after] = [topologyOf([one], at(1)), topologyOf([one], at(2))];
  t.equal(targetConflict(ownTarget(after), manifestTarget(before)), null);
  const renamed = topologyOf([{ ...one, id: 'b' }], at(1));
  t.equal(targetConflict(ownTarget(renamed), manifestTarget(before)), null);
  t.match(
    targetConflict(ownTarget(topologyOf([{ ...one, id: 'b' }], at(2))), manifestTarget(before)),
    /^for target 'a' \(binary of fraud: number, [0-9a-f]{16}\), that of the topology is 'b'$/,
  );
  const value = topologyOf([one], () => regression({ column: 'fraud' }) as unknown as Task<never>);
  t.not(manifestTarget(value).label, manifestTarget(before).label, 'a task is part of it');
  t.end();
});

t.test('a single target without a task names none', (t) => {
  const plain = defineTopology({
    name: 'payments',
    source: payments,
    stages: [features({ fields: { amount: numeric('amount') } }), score('a', { key: 'id' })],
  });
  t.same(manifestTarget(plain), {});
  t.equal(targetConflict(ownTarget(plain), { target: undefined }), null);
  t.match(targetConflict(ownTarget(plain), { target: 'b' }), /for target 'b', that of the topology is 'a'/);
  t.end();
});
