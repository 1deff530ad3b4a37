// The entities of each view beside the vector, in whatever batch and life of the process it was computed.
import t from 'tap';
import type { PredictionBlock } from '../../src/core/blocks.ts';
import {
  count,
  defineTopology,
  features,
  filter,
  hours,
  nullable,
  numeric,
  score,
  sliding,
  source,
  string,
  double,
  timestamp,
  view,
  type Topology,
} from '../../src/index.ts';
import { EmbeddedRun, fakeScorer } from '../../src/testing/index.ts';

const over = sliding(hours(1));
const seen = new Map<number, unknown>();

function collect(block: PredictionBlock): void {
  for (let i = 0; i < block.count; i++)
    seen.set(
      block.offsets[i] as number,
      block.entities?.map(({ view: name, keys }) => [name, keys[i]]),
    );
}

const topology: Topology = defineTopology(
  source('payments', {
    schema: { id: string, card: nullable(string), merchant: string, amount: double, at: timestamp },
    eventTime: 'at',
  }),
  {
    stages: [
      filter({ amount: { op: 'above', value: 0 } }),
      features({
        fields: { amount: numeric('amount') },
        views: {
          card: view(['card'], { n: count({ over }) }),
          pair: view(['card', 'merchant'], { n: count({ over }) }),
        },
      }),
      score({ key: 'id', fallback: 0.5 }),
    ],
    sinks: [
      {
        name: 'collect',
        delivery: 'after-commit',
        open: async () => ({
          predictions: collect,
          labels: () => undefined,
          flush: async () => undefined,
          bufferedRows: 0,
          close: async () => undefined,
        }),
      },
    ],
  },
);

t.test('scored, and taken over from an earlier run', async (t) => {
  const run = await EmbeddedRun.start(topology, { model: fakeScorer('v1', 3, () => 0.25) });
  const event = (id: string, card: string | null, amount: number): Record<string, unknown> => ({
    id,
    card,
    merchant: 'm|1',
    amount,
    at: hours(1),
  });
  const expected = [
    [
      0,
      [
        ['card', 'a'],
        ['pair', 'a|m\\|1'],
      ],
    ],
    [
      2,
      [
        ['card', null],
        ['pair', null],
      ],
    ],
    [
      3,
      [
        ['card', 'b'],
        ['pair', 'b|m\\|1'],
      ],
    ],
  ];
  await run.send([event('0', 'a', 1), event('1', 'a', -1), event('2', null, 1), event('3', 'b', 1)] as never);
  await run.committed();
  await run.crash();
  await run.restart();
  await run.checkpointed();
  await run.stop();
  t.same(
    [...seen].sort(([a], [b]) => a - b),
    expected,
  );
});
