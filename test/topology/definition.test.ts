// Problems of a definition are reported all at once, each with its path in the definition and its position in the file.
import { readFileSync } from 'node:fs';
import t from 'tap';
import {
  contract,
  count,
  defineTopology,
  double,
  features,
  fresh,
  hours,
  log,
  numeric,
  range,
  required,
  score,
  sliding,
  source,
  string,
  timestamp,
  view,
  watermarks,
  type FeaturesOptions,
  type ScoreOptions,
  type SourceOptions,
  type TopologyDefinition,
  type WatermarksOptions,
} from '../../src/index.ts';

const payments = source('payments', {
  schema: { id: string, card: string, amount: double, at: timestamp },
  eventTime: 'at',
});

const lines = readFileSync(import.meta.filename, 'utf8').split('\n');

/** The first position of a text in this file: `test/topology/definition.test.ts:14:7`. */
function placeIn(text: string): string {
  const row = lines.findIndex((line) => line.includes(text));
  return `test/topology/definition.test.ts:${row + 1}:${(lines[row] as string).indexOf(text) + 1}`;
}

function messageOf(define: () => unknown): string {
  try {
    define();
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
}

t.test('unknown options are reported with path, position and a suggestion', async (t) => {
  // As in JavaScript: the compiler would reject each of them.
  const misspelt = {
    watermarks: { allowedLatnessMs: 1 } as WatermarksOptions,
    features: { feilds: {}, fields: { amount: numeric('amount') } } as FeaturesOptions,
    score: { key: 'id', falback: 1 } as ScoreOptions,
    topology: { retrainning: true } as unknown as Pick<TopologyDefinition, 'drift'>,
  };
  const message = messageOf(() =>
    defineTopology(payments, {
      ...misspelt.topology,
      stages: [
        contract([required('card', { were: {} } as object)]),
        watermarks(misspelt.watermarks),
        features(misspelt.features),
        score(misspelt.score),
      ],
    }),
  );
  t.match(message, /^5 problems:/);
  for (const [text, problem] of [
    [
      'defineTopology(payments, {',
      "retrainning: there is no option 'retrainning'; did you mean 'retraining'?",
    ],
    ["required('card', {", "stages[0].rules[0].were: there is no option 'were'; did you mean 'where'?"],
    [
      'watermarks(misspelt',
      "stages[1].allowedLatnessMs: there is no option 'allowedLatnessMs'; did you mean 'allowedLatenessMs'?",
    ],
    ['features(misspelt', "stages[2].feilds: there is no option 'feilds'; did you mean 'fields'?"],
    ['score(misspelt', "stages[3].falback: there is no option 'falback'; did you mean 'fallback'?"],
  ] as const) {
    t.ok(message.includes(`\n  ${placeIn(text)} ${problem}\n`), problem);
  }
});

t.test('an unknown column is reported at the position of the part that reads it', async (t) => {
  const stages = [
    contract([fresh({ aheadMs: 1 }), range('amuont', 0, 1)]),
    features({
      when: { crad: 'x' },
      fields: { amount: numeric('amount') },
      views: {
        card: view(['card', 'iid'], {
          n: count({ over: sliding(hours(1)), where: { card: 'x', amount: 'y' } }),
        }),
      },
    }),
  ];
  const message = messageOf(() => defineTopology(payments, { stages }));
  t.match(message, /^4 problems:/);
  for (const [text, problem] of [
    ["range('amuont'", "stages[0].rules[1]: reads 'amuont': no such column; did you mean 'amount'?"],
    [
      'features({\n      when'.split('\n')[0] as string,
      "stages[1]: reads 'crad': no such column; did you mean 'card'?",
    ],
    ["view(['card', 'iid']", "stages[1].views.card: reads 'iid': no such column; did you mean 'id'?"],
  ] as const) {
    t.ok(message.includes(problem), problem);
    if (text !== 'features({') t.ok(message.includes(`${placeIn(text)} ${problem}`), 'with its position');
  }
  t.match(message, /stages\[1\].views.card.features.n: needs a string, and 'amount' is a number/);
  t.match(message, 'The columns of payments are id, card, amount, at.');
});

t.test('an untyped definition and source are checked in the same way', async (t) => {
  const definition = {
    name: 'payments',
    source: { topic: 'payments', eventTime: 'at', partition: 1 } as SourceOptions,
    stages: [
      // @ts-expect-error -- did you mean 'amount'?
      features({ fields: { amount: numeric('amount') }, derived: { x: log('amont') } }),
    ],
    control: { everyMs: 1, mode: 'live', wth: [] },
  } as const;
  const message = messageOf(() => defineTopology(definition));
  t.match(message, "source.partition: there is no option 'partition'; did you mean 'partitions'?");
  t.match(message, "there is no option of control 'wth'; did you mean 'with'?");
  t.match(message, "stages[0].derived.x: there is no feature 'amont'; did you mean 'amount'?");
});

t.test('invalid values of options', async (t) => {
  const message = messageOf(() =>
    defineTopology(payments, {
      stages: [watermarks({ allowedLatenessMs: -1, idleAfterMs: 0 }), features({})],
    }),
  );
  t.match(message, 'stages[0].allowedLatenessMs: -1 is not a duration');
  t.match(message, 'stages[0].idleAfterMs: 0 is not a duration');
  t.match(message, 'stages[1]: a model takes 1 to 1024 features, here are 0');
});

t.test(
  'defaults: a name from the topic, a watermarks stage after the contract, four partitions',
  async (t) => {
    const topology = defineTopology(source('Late.Orders_v2', { eventTime: 'at' }), {
      stages: [contract([required('id')]), features({ fields: { amount: numeric('amount') } })],
    });
    t.equal(topology.name, 'late-orders-v2');
    t.equal(topology.source.partitions, 4);
    t.same(
      topology.stages.map(({ id }) => id),
      ['contract', 'watermarks', 'features'],
    );
  },
);

t.test('what JavaScript may leave out', async (t) => {
  const definition = { name: 'payments', source: payments, stages: [] };
  const define = (given: object): string => messageOf(() => defineTopology(given as TopologyDefinition));
  t.match(define({ name: 'payments', stages: [] }), /definition.test.ts:\d+:\d+ source: there is no source/);
  t.match(define({ ...definition, stages: undefined }), 'stages: there is no list of stages');
  const old = { id: 'audit', kind: 'audit', columns: [], open: () => ({}) };
  t.match(define({ ...definition, stages: [null, old] }), "stages[0]: it is no stage: it has no 'id'");
  t.match(define({ ...definition, stages: [null, old] }), "stages[1]: it is no stage: it has no 'reads'");
});

t.test('a source keeps its place in either form', async (t) => {
  const wide = source('pay ments', { eventTime: 'at' });
  const place = placeIn("source('pay ments'");
  t.match(
    messageOf(() => defineTopology(wide, { stages: [] })),
    `${place} source.topic: `,
  );
  t.match(
    messageOf(() => defineTopology({ name: 'x', source: wide, stages: [] })),
    `${place} source.topic: `,
  );
});
