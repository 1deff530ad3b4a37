// Rules of a topology: all problems are reported at once.
import t from 'tap';
import {
  adwin,
  atLeast,
  binary,
  contract,
  count,
  dedupe,
  defineTopology,
  features,
  hours,
  ks,
  labels,
  numeric,
  oneOf,
  psi,
  repartition,
  required,
  score,
  sliding,
  view,
  watermarks,
  type SinkDefinition,
  type Stage,
  type TopologyDefinition,
} from '../../src/index.ts';
import { checkColumns } from '../../src/topology/check-columns.ts';
import { topicSpecs, topicsOf } from '../../src/topology/topics.ts';
import { ordersSchema, ordersTopology } from '../support/orders.ts';

const source = { topic: 'orders', eventTime: 'at', partitions: 1 };
const vector = features('features', { when: { type: 'order' }, fields: { amount: numeric('amount') } });
const scoring = score('score', { key: 'id', fallback: 0 });
const joining = labels('labels', {
  key: 'id',
  when: { type: 'payment' },
  task: binary({ column: 'paid', positive: atLeast(1) }),
  timeoutMs: hours(1),
});

function problems(stages: readonly Stage[], but: Partial<TopologyDefinition> = {}): string {
  try {
    defineTopology({ name: 'orders', source, stages, ...but });
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
}

t.test('a valid definition lists its stages by kind', async (t) => {
  const topology = ordersTopology();
  t.equal(topology.features?.id, 'features');
  t.equal(topology.score?.options.key, 'id');
  t.equal(topology.labels?.options.timeoutMs, hours(2));
  t.equal(topology.watermarks.allowedLatenessMs, 300_000);
  const least = defineTopology({ name: 'least', source, stages: [watermarks('watermarks')] });
  t.same([least.features, least.score, least.labels], [null, null, null]);
});

t.test('names of sinks are unique and valid', async (t) => {
  const sink = (name: string): SinkDefinition => ({
    name,
    delivery: 'immediate',
    open: () => Promise.reject(new Error('not opened')),
  });
  const found = problems([watermarks('watermarks')], {
    sinks: [sink('audit'), sink('audit'), sink('history'), sink('A b')],
  });
  t.match(found, /sink name 'audit' is used twice/);
  t.match(found, /sink name 'history' is one of the engine's own/);
  t.match(found, /sink name 'A b' is not lower-case/);
});

t.test('all problems are reported at once', async (t) => {
  const found = problems(
    [
      joining,
      scoring,
      vector,
      watermarks('features'),
      watermarks('Second one'),
      contract('contract', [required('id')]),
      dedupe('contract', { by: ['event'], withinMs: 1 }),
    ],
    { name: 'Orders!' },
  );
  for (const problem of [
    "name 'Orders!' is not",
    "stage id 'Second one' is not",
    "stage id 'features' is used twice",
    "stage id 'contract' is used twice",
    "stage 'score' (score) comes after labels",
    "stage 'features' (features) comes after labels",
    "stage 'contract' (contract) comes after labels",
    'there is more than one watermarks stage',
  ]) {
    t.match(found, problem);
  }
});

t.test('stages that another stage requires before it', async (t) => {
  const time = watermarks('watermarks');
  const retraining = {
    firstRows: 1,
    everyRows: null,
    schedule: null,
    driftedFeatures: null,
    onErrorDrift: false,
    cooldownMs: 0,
    windowMs: 1,
    rowsMax: 60,
    seed: 1,
  };
  t.equal(problems([vector, scoring]), '', 'a watermarks stage is added');
  t.match(problems([time, scoring]), /a score stage needs a features stage/);
  t.match(problems([time, vector, joining]), /a labels stage needs a score stage/);
  t.match(problems([time, vector, scoring], { retraining }), /retraining needs a labels stage/);
  t.equal(problems([time, vector, scoring, joining], { retraining }), '');
  t.equal(
    problems([time, vector, scoring, joining], { retraining, control: { everyMs: 1, mode: 'live' } }),
    '',
  );
  t.equal(problems([time, vector, scoring, joining]), '');
});

t.test('invalid repartition stages', async (t) => {
  const time = watermarks('watermarks');
  const by = { key: ['user'], partitions: 2 };
  t.equal(problems([time, repartition('by-user', by)]), '');
  t.equal(problems([time, repartition('by-user', { ...by, topic: 'orders.repartitioned' })]), '');
  t.equal(problems([time, repartition('by-user', { ...by, topic: 'elsewhere' }), vector, scoring]), '');
  const found = problems([
    repartition('early', by),
    time,
    vector,
    repartition('late', { key: [], partitions: 1.5 }),
    repartition('circle', { ...by, topic: 'orders' }),
    repartition('own', { ...by, topic: 'orders.predictions', partitions: 0 }),
  ]);
  for (const problem of [
    "stage 'watermarks' (watermarks) comes after repartition",
    "stage 'late' (repartition) comes after features",
    'stages[3].key: it names no column',
    'stages[3].partitions: 1.5 is no whole number',
    'stages[5].partitions: 0 is no whole number',
    "stage 'circle' repartitions into the topology's own source",
    "stage 'own' repartitions into orders.predictions, and orders.* are the topology's own topics",
    'there is more than one repartition stage',
  ]) {
    t.match(found, problem);
  }
  const twice = { ...source, topic: 'orders.repartitioned' };
  t.match(problems([time, repartition('by-user', by)], { source: twice }), "the topology's own source");
});

t.test('names of statistics and detectors are unique and valid', async (t) => {
  const time = watermarks('watermarks');
  const drift = { intervals: 1, rowsMin: 1, falseDiscoveryRate: 0.01, psiFloor: 0.2 };
  const own = { ...psi(), name: 'psi_ks' };
  t.equal(problems([time], { drift: { ...drift, statistics: [psi()], detectors: [adwin()] } }), '');
  const found = problems([time], {
    drift: { ...drift, statistics: [ks(), ks(), own], detectors: [{ ...adwin(), name: 'My own' }] },
  });
  for (const problem of [
    "two statistics or detectors named 'ks'",
    "'psi_ks' needs a name",
    "'My own' needs a name",
  ])
    t.match(found, problem);
});

t.test('every stage that has a key reports a column that is not there', async (t) => {
  const topology = defineTopology({
    name: 'orders',
    source,
    stages: [
      dedupe('dedupe', { by: ['amuont'], withinMs: 1 }),
      watermarks('watermarks'),
      repartition('again', { key: ['amount', 'usr'], partitions: 2 }),
      features('features', {
        when: { type: 'order' },
        views: { amount: view(['amuont'], { n: count({ over: sliding(hours(1)) }) }) },
      }),
      score('score', { key: 'amuont', fallback: 0.5 }),
      labels('labels', {
        key: 'amuont',
        when: { type: 'payment' },
        task: binary({ column: 'paid', positive: atLeast(1) }),
        timeoutMs: hours(1),
      }),
    ],
  });
  const message = new RegExp(
    [
      "stages.0.: reads 'amuont': no such column; did you mean 'amount'",
      "stages.2.: reads 'usr': no such column",
      "stages.3..views.amount: reads 'amuont'",
      "stages.4.: reads 'amuont'",
      "stages.5.: reads 'amuont'",
    ].join('[^]*'),
  );
  t.throws(() => checkColumns(topology, ordersSchema), { code: 'TOPOLOGY_INVALID', message });
});

t.test('all unknown columns are reported, with the columns of the source', async (t) => {
  const topology = defineTopology({
    name: 'orders',
    source,
    stages: [
      contract('contract', [required('usr'), oneOf('type', ['order'], { where: { kidn: 'x' } })]),
      dedupe('dedupe', { by: ['event', 'evnt'], withinMs: 1 }),
      watermarks('watermarks'),
      features('features', { when: { tpye: 'order' }, fields: { amount: numeric('amout') } }),
    ],
  });
  t.throws(() => checkColumns(topology, ordersSchema), {
    code: 'TOPOLOGY_INVALID',
    message: new RegExp(
      [
        "stages.0..rules.0.: reads 'usr': no such column; did you mean 'user'",
        "stages.0..rules.1.: reads 'kidn'",
        "stages.1.: reads 'evnt': no such column; did you mean 'event'",
        "stages.3.: reads 'tpye': no such column; did you mean 'type'",
        "stages.3..fields.amount: reads 'amout': no such column; did you mean 'amount'",
        'The columns of orders are type, id, event, user, amount, paid, at',
      ].join('[^]*'),
    ),
  });
  t.doesNotThrow(() => checkColumns(ordersTopology(), ordersSchema));
});

t.test('topics have names by convention and unlimited retention', async (t) => {
  const topology = ordersTopology({ partitions: 3 });
  const topics = topicsOf(topology);
  t.equal(topics.predictions, 'orders.predictions');
  const specs = topicSpecs(topology);
  t.same(new Set(specs.map(({ topic }) => topic)), new Set(Object.values(topics)));
  t.ok(specs.every(({ retentionMs }) => retentionMs === -1));
  t.same(
    specs.filter(({ compacted }) => compacted).map(({ topic }) => topic),
    ['orders.loop-state', 'orders.model-updates', 'orders.quarantine', 'orders.api-keys'],
  );
  const partitions = Object.fromEntries(specs.map(({ topic, partitions }) => [topic, partitions]));
  t.match(partitions, {
    orders: 3,
    'orders.predictions': 3,
    'orders.retraining-jobs': 1,
    'orders.model-updates': 1,
  });
});
