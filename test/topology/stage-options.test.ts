// Each option of each kind of stage is compared: the types of the tables name them in full.
import t from 'tap';
import {
  anomaly,
  atLeast,
  binary,
  count,
  dedupe,
  double,
  features,
  flatten,
  greater,
  hours,
  intervalJoin,
  json,
  labels,
  lookup,
  minutes,
  multiply,
  nullable,
  numeric,
  profile,
  regression,
  repartition,
  score,
  sliding,
  string,
  sum,
  table,
  view,
  watermarks,
  type Expression,
  type FeaturesOptions,
  type Stage,
  type Task,
} from '../../src/index.ts';
import type { DedupeOptions } from '../../src/operators/dedupe.ts';
import type { FlattenOptions } from '../../src/operators/flatten.ts';
import type { IntervalJoinOptions } from '../../src/operators/interval-join.ts';
import type { LabelsOptions } from '../../src/operators/labels-options.ts';
import type { ProfileOptions } from '../../src/operators/profile.ts';
import type { RepartitionOptions } from '../../src/operators/repartition.ts';
import type { ScoreOptions } from '../../src/operators/score.ts';
import type { WatermarksOptions } from '../../src/operators/watermarks.ts';
import { a, changes, scored } from '../support/stage-changes.ts';

const columns = { id: string, v: nullable(double), w: nullable(double) };
const rates = table('rates', { schema: columns, key: 'id', topic: 'rates', format: json() });
const taken: Readonly<Record<string, 'v' | 'w'>> = { v: 'v' };
const fees = table('fees', { schema: columns, key: 'id', topic: 'fees', format: json() });

/** Each option by itself with another value, by its name: none is left out, as the type says. */
type Others<O> = Readonly<Record<keyof O, Partial<O>>>;

function each<O extends object>(
  kind: string,
  base: O,
  others: Others<O>,
  stages: (options: O) => readonly Stage[],
): void {
  t.test(kind, (t) => {
    t.same(changes(stages(base), stages({ ...base })), []);
    for (const [option, other] of Object.entries<Partial<O>>(others)) {
      const [was, is] = [stages(base), stages({ ...base, ...other })];
      t.not(changes(was, is).length, 0, option);
      t.not(changes(is, was).length, 0, `${option}, taken back`);
    }
    t.end();
  });
}

each<DedupeOptions>(
  'dedupe',
  { by: ['id'] },
  { by: { by: ['s'] }, withinMs: { withinMs: 1_000 } },
  (options) => scored(dedupe(options)),
);
each<WatermarksOptions>(
  'watermarks',
  {},
  {
    allowedLatenessMs: { allowedLatenessMs: 1_000 },
    idleAfterMs: { idleAfterMs: 1_000 },
    allowedAheadMs: { allowedAheadMs: Number.POSITIVE_INFINITY },
  },
  (options) => scored(watermarks(options)),
);
each<ProfileOptions>(
  'profile',
  {},
  { everyMs: { everyMs: 1_000 }, columns: { columns: ['a'] }, oneIn: { oneIn: 2 } },
  (options) => scored(profile(options)),
);
each<RepartitionOptions>(
  'repartition',
  { key: ['id'] },
  {
    key: { key: ['s'] },
    partitions: { partitions: 8 },
    topic: { topic: 'others' },
    withoutKey: { withoutKey: 'pass' },
    order: { order: 'arrival' },
    waitMs: { waitMs: 5 },
  },
  (options) => [repartition(options)],
);
each<FlattenOptions>(
  'flatten',
  { numbers: { x: 'xs' }, strings: { name: 'names' } },
  { numbers: { numbers: { x: 'ys' } }, strings: { strings: {} }, outer: { outer: true } },
  (options) => scored(flatten(options)),
);
each(
  'lookup',
  { table: rates, key: 's', take: taken },
  { table: { table: fees }, key: { key: 'id' }, take: { take: { v: 'w' } } },
  (options) => scored(lookup('l', options)),
);
each<IntervalJoinOptions>(
  'join',
  { key: ['id'], other: { s: 'click' }, lowerMs: -minutes(30), take: { last: 'a' }, sum: { all: 'a' } },
  {
    key: { key: ['s'] },
    other: { other: { s: ['click', 'view'] } },
    lowerMs: { lowerMs: -minutes(20) },
    upperMs: { upperMs: 5 },
    take: { take: { last: 'b' } },
    sum: { sum: { all: multiply('a', 2) } },
    count: { count: 'n' },
    matchesMax: { matchesMax: 5 },
  },
  (options) => scored(intervalJoin('j', options)),
);
const task = binary({ column: 'flag' }) as Task;
each<LabelsOptions>(
  'labels',
  { key: 'id', task, correctedWithinMs: hours(1) },
  {
    key: { key: 's' },
    when: { when: { s: 'done' } },
    target: { target: 'other' },
    task: { task: binary({ column: 'flag', positive: atLeast(2) }) as Task },
    never: { never: { s: 'gone' } },
    timeoutMs: { timeoutMs: hours(2) },
    earlyMs: { earlyMs: 1 },
    otherwise: { otherwise: 0 },
    correctedWithinMs: { correctedWithinMs: hours(2) },
    withdrawn: { withdrawn: { s: 'void' } },
  },
  (options) => {
    const { target = 'score' } = options;
    const rest = target === 'score' ? 'other' : 'score';
    return [
      a,
      score({ key: 'id' }),
      score('other', { key: 'id' }),
      labels({ ...options, target }),
      labels('rest', { key: 'id', target: rest, task, when: { s: 'rest' } }),
    ];
  },
);
each<ScoreOptions>(
  'score',
  { key: 'id' },
  {
    key: { key: 's' },
    fallback: { fallback: 0.25 },
    task: { task: anomaly() },
    service: { service: 'small' },
  },
  (options) => [
    features({ fields: { a: numeric('a'), b: numeric('b') }, services: { small: ['a'] } }),
    score(options),
  ],
);
const views: NonNullable<FeaturesOptions['views']> = {
  id: view(['id'], { spent: sum('a', { over: sliding(hours(1)) }) }),
};
each<FeaturesOptions>(
  'features',
  { fields: { a: numeric('a'), b: numeric('b') }, views, services: { small: ['a'] } },
  {
    when: { when: greater('a', 1) },
    fields: { fields: { a: numeric('b'), b: numeric('b') } },
    views: { views: { id: view(['id'], { spent: count({ over: sliding(hours(1)) }) }) } },
    derived: { derived: { twice: multiply('a', 2) as Expression<never, 'number'> } },
    services: { services: { small: ['b'] } },
  },
  (options) => [features(options), score({ key: 'id' })],
);
each(
  'features that no model takes',
  { views },
  { views: { views: { id: view(['id'], { spent: sum('b', { over: sliding(hours(1)) }) }) } } },
  (options) => [
    features({ fields: { a: numeric('a') }, views: options.views, services: { small: ['a'] } }),
    score({ key: 'id', service: 'small' }),
  ],
);

t.test('tasks', (t) => {
  const learning = (one: Task): readonly Stage[] => [
    a,
    score({ key: 'id' }),
    labels({ key: 'id', task: one }),
  ];
  const base = { column: 'a', unit: 'min' } as const;
  const options = [
    { column: 'b' },
    { unit: 'h' },
    { low: 0 },
    { high: 9 },
    { fallback: 1 },
    { quantiles: [0.1] },
    { interval: 0.9 },
    { loss: { huber: 2 } },
  ] as const;
  for (const other of options)
    t.not(
      changes(learning(regression(base) as Task), learning(regression({ ...base, ...other }) as Task)).length,
      0,
    );
  const rare = (alertRate: number): readonly Stage[] => [
    a,
    score({ key: 'id', task: anomaly({ alertRate }) }),
  ];
  t.same(changes(rare(0.05), rare(0.1)), [
    'consumers break: stage score: alerts is {"from":0.9,"rate":0.1}, and was {"from":0.95,"rate":0.05}: other predictions are alerts',
  ]);
  t.end();
});
