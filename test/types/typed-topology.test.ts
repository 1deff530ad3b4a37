// What the compiler refuses in a topology, and that the engine refuses the same when it starts. Each `@ts-expect-error`
// is checked by tsc: it fails the type check where the line below has no error.
import t from 'tap';
import {
  above,
  atLeast,
  binary,
  boolean,
  categorical,
  contract,
  count,
  dedupe,
  defineTopology,
  divide,
  double,
  enumeration,
  features,
  float,
  greater,
  hours,
  int,
  integer,
  labels,
  log,
  long,
  mean,
  nullable,
  numeric,
  oneOf,
  range,
  repartition,
  repartitionedSource,
  required,
  score,
  sliding,
  source,
  string,
  timestamp,
  view,
  watermarks,
  type ColumnType,
  type Stage,
  lastKCategories,
  quantiles,
} from '../../src/index.ts';

const payments = source('payments', {
  schema: {
    id: string,
    card: string,
    kind: enumeration(['payment', 'refund', 'chargeback']),
    amount: double,
    rate: float,
    items: int,
    sequence: long,
    online: boolean,
    note: nullable(string),
    discount: nullable(double),
    at: timestamp,
  },
  eventTime: 'at',
});
const over = sliding(hours(1));
const fields = { amount: numeric('amount') };
const time = watermarks();

t.test('every stage, aggregate and rule reads columns that are there', async (t) => {
  const topology = defineTopology(payments, {
    stages: [
      contract([
        required('card', { where: { kind: 'payment' } }),
        range('amount', 0, 100, { where: { amount: above(0) } }),
        integer('items'),
        oneOf('kind', ['payment', 'refund', 'chargeback']),
      ]),
      dedupe({ by: ['id', 'kind'] }),
      watermarks({ allowedLatenessMs: 10 }),
      repartition({ key: ['card'] }),
      features({
        when: { kind: ['payment', 'refund'], online: true },
        fields: { discount: numeric('discount'), online: numeric('online'), note: categorical('note') },
        views: {
          card: view(['card', 'kind'], {
            mean_1h: mean('amount', { over, where: { note: 'x' } }),
            n_1h: count({ over }),
            spent: quantiles('amount', { over, at: { p50: 0.5, p99: 0.99 } }),
            notes: lastKCategories('note', { over, k: 2 }),
          }),
        },
        derived: {
          ratio: divide('discount', 'card.mean_1h'),
          big: greater('card.n_1h', 3),
          tail: divide('card.spent_p99', 'card.spent_p50'),
        },
      }),
      score({ key: 'id' }),
      labels({
        key: 'id',
        when: { kind: 'chargeback' },
        task: binary({ column: 'online' }),
      }),
    ],
  });
  t.equal(topology.name, 'payments');
  t.same(
    topology.stages.map(({ id }) => id),
    ['contract', 'dedupe', 'watermarks', 'repartition', 'features', 'score', 'labels'],
  );
  t.equal(repartitionedSource(topology).schema, payments.schema);
});

const refuses = (name: string, message: RegExp, define: () => unknown): void => {
  t.test(name, async (t) => t.throws(define, { code: 'TOPOLOGY_INVALID', message }));
};

refuses("an aggregate's column", /reads 'amout'/, () =>
  defineTopology(payments, {
    // @ts-expect-error -- did you mean 'amount: number'?
    stages: [time, features({ views: { card: view(['card'], { m: mean('amout', { over }) }) } })],
  }),
);

refuses('a mean of strings', /needs a number, and 'card' is a string/, () =>
  defineTopology(payments, {
    // @ts-expect-error -- 'card: number' is not assignable to 'card: string'
    stages: [time, features({ views: { card: view(['card'], { m: mean('card', { over }) }) } })],
  }),
);

refuses('numeric of a string', /needs a number, and 'note' is a string/, () =>
  defineTopology(payments, {
    // @ts-expect-error -- note is a string that may be null
    stages: [time, features({ fields: { note: numeric('note') } })],
  }),
);

refuses('categorical of a number', /needs a string, and 'amount' is a number/, () =>
  defineTopology(payments, {
    // @ts-expect-error -- amount is a number
    stages: [time, features({ fields: { amount: categorical('amount') } })],
  }),
);

refuses("a view's key", /reads 'crd'/, () =>
  defineTopology(payments, {
    // @ts-expect-error -- did you mean 'card: any'?
    stages: [time, features({ views: { card: view(['crd'], { n: count({ over }) }) } })],
  }),
);

refuses("a predicate's column", /reads 'knd'/, () =>
  defineTopology(payments, {
    // @ts-expect-error -- did you mean 'kind: string'?
    stages: [time, features({ when: { knd: 'payment' }, fields })],
  }),
);

refuses('a number compared with a string', /needs a string, and 'amount' is a number/, () =>
  defineTopology(payments, {
    // @ts-expect-error -- amount is a number
    stages: [time, features({ when: { amount: '3' }, fields })],
  }),
);

refuses('a string compared with a number', /needs a number, and 'kind' is a string/, () =>
  defineTopology(payments, {
    stages: [
      time,
      // @ts-expect-error -- kind is a string
      features({ views: { card: view(['card'], { n: count({ over, where: { kind: above(3) } }) }) } }),
    ],
  }),
);

refuses('a string compared with true', /needs a number, and 'kind' is a string/, () =>
  defineTopology(payments, {
    // @ts-expect-error -- kind is a string
    stages: [time, features({ when: { kind: true }, fields })],
  }),
);

refuses("a rule's column", /reads 'crd'/, () =>
  defineTopology(payments, {
    // @ts-expect-error -- did you mean 'card: any'?
    stages: [contract([required('amount'), required('crd')]), time],
  }),
);

refuses('a range of strings', /needs a number, and 'note' is a string/, () =>
  defineTopology(payments, {
    // @ts-expect-error -- note is a string
    stages: [contract([range('note', 0, 1)]), time],
  }),
);

refuses('the ids of dedupe', /reads 'amout'/, () =>
  defineTopology(payments, {
    // @ts-expect-error -- did you mean 'amount: any'?
    stages: [dedupe({ by: ['id', 'amout'] }), time],
  }),
);

refuses('the key to repartition by', /reads 'cart'/, () =>
  defineTopology(payments, {
    // @ts-expect-error -- did you mean 'card: any'?
    stages: [time, repartition({ key: ['cart'] })],
  }),
);

refuses('the key of a prediction', /reads 'ids'/, () =>
  defineTopology(payments, {
    // @ts-expect-error -- did you mean 'id: any'?
    stages: [time, features({ fields }), score({ key: 'ids' })],
  }),
);

refuses("a label's column", /needs a number, and 'kind' is a string/, () =>
  defineTopology(payments, {
    stages: [
      time,
      features({ fields }),
      score({ key: 'id' }),
      // @ts-expect-error -- kind is a string
      labels({ key: 'id', task: binary({ column: 'kind', positive: atLeast(1) }) }),
    ],
  }),
);

refuses('a derived feature of none', /there is no feature 'card.nn'; did you mean 'card.n'/, () =>
  defineTopology(payments, {
    stages: [
      time,
      features({
        views: { card: view(['card'], { n: count({ over }) }) },
        // @ts-expect-error -- the view card has no feature nn
        derived: { x: log('card.nn') },
      }),
    ],
  }),
);

const doubling: Stage<'amount: number', { twice: ColumnType<'double'> }> = {
  id: 'doubling',
  kind: 'doubling',
  summary: '',
  reads: ['amount: number'],
  adds: { twice: double },
  memoryMs: 0,
  open: () => {
    throw new Error('it is not run');
  },
};

t.test('a stage adds columns for the stages after it', async (t) => {
  const twice = features({ fields: { twice: numeric('twice') } });
  t.doesNotThrow(() => defineTopology(payments, { stages: [time, doubling, twice] }));
});

refuses('a column that a later stage adds', /reads 'twice'/, () =>
  defineTopology(payments, {
    // @ts-expect-error -- before doubling there is no column twice
    stages: [time, features({ fields: { twice: numeric('twice') } }), doubling],
  }),
);

refuses('an event time that is a string', /the event time needs a number, and 'id' is a string/, () =>
  defineTopology(
    // @ts-expect-error -- id is a string
    source('payments', { schema: { id: string, at: timestamp }, eventTime: 'id' }),
    { stages: [time] },
  ),
);

t.test('untyped use: a source without a schema, a list of stages, a definition', async (t) => {
  const stages: Stage[] = [time, features({ fields: { amount: numeric('anything') } })];
  t.doesNotThrow(() => defineTopology(source('payments', { eventTime: 'when' }), { stages }));
  t.doesNotThrow(() =>
    defineTopology(source('payments', { eventTime: 'when' }), {
      stages: [dedupe({ by: ['anything'] }), time],
    }),
  );
  t.doesNotThrow(() =>
    defineTopology({ name: 'payments', source: { topic: 'payments', eventTime: 'when' }, stages }),
  );
  t.throws(() => defineTopology(payments, { stages }), { message: /reads 'anything'/ });
});
