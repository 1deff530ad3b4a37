// A topology that scores nothing logs its vectors offline: those that a score stage would have got, each once.
import t from 'tap';
import { SqliteHistory } from '../../../src/adapters/embedded/history.ts';
import type { FeatureBlock } from '../../../src/core/blocks.ts';
import {
  count,
  defineTopology,
  double,
  features,
  greater,
  hours,
  json,
  mean,
  minutes,
  numeric,
  score,
  sliding,
  source,
  string,
  timestamp,
  view,
  type Topology,
} from '../../../src/index.ts';
import type { SinkDefinition } from '../../../src/ports/sink.ts';
import { historySink } from '../../../src/runtime/commit/history-sink.ts';
import { EmbeddedRun } from '../../../src/testing/index.ts';

const payments = source('payments', {
  schema: { id: string, card: string, amount: double, at: timestamp },
  eventTime: 'at',
  partitions: 1,
  format: json(),
});
const over = sliding(hours(1));
const stage = features({
  when: greater('amount', 2),
  fields: { amount: numeric('amount') },
  views: { card: view(['card'], { n: count({ over }), mean: mean('amount', { over }) }) },
});

/** Keeps what it gets, by offset. */
function keeper(rows: Map<number, FeatureBlock>, name: string): SinkDefinition {
  return {
    name,
    delivery: 'after-commit',
    open: () => ({
      predictions: (block) => block.offsets.forEach((offset) => rows.set(offset, block)),
      features: (block) => block.offsets.forEach((offset) => rows.set(offset, block)),
      labels: () => undefined,
      flush: () => Promise.resolve(),
      bufferedRows: 0,
      close: () => Promise.resolve(),
    }),
  };
}

/** Vector, entity and time of each row that a run with a crash logs. */
async function loggedBy(topology: Topology, rows: Map<number, FeatureBlock>): Promise<unknown[]> {
  const run = await EmbeddedRun.start(topology);
  const events = Array.from({ length: 40 }, (_, i) => ({
    id: String(i),
    card: `c${i % 3}`,
    amount: i % 7,
    at: i * minutes(1),
  }));
  await run.send(events.slice(0, 20));
  await run.committed();
  await run.crash();
  await run.restart();
  await run.send(events.slice(20));
  await run.committed();
  await run.stop();
  return [...rows]
    .toSorted(([a], [b]) => a - b)
    .map(([offset, { offsets, eventTimeMs, features: values, width, entities }]) => {
      const i = offsets.indexOf(offset);
      const vector = [...values.subarray(i * width, (i + 1) * width)];
      return { offset, timeMs: eventTimeMs[i], vector, entity: entities?.[0]?.keys[i] };
    });
}

t.test('the vectors of a scoring topology, without a score', async (t) => {
  const [scored, logged] = [new Map<number, FeatureBlock>(), new Map<number, FeatureBlock>()];
  const history = new SqliteHistory({ path: ':memory:' });
  t.teardown(() => history.close());
  const scoring = defineTopology(payments, {
    name: 'scoring',
    stages: [stage, score({ key: 'id' })],
    sinks: [keeper(scored, 'scored')],
  });
  const only = defineTopology(payments, {
    name: 'only',
    stages: [stage],
    sinks: [keeper(logged, 'logged'), { ...historySink(history), name: 'offline' }],
  });
  const expected = await loggedBy(scoring, scored);
  const found = await loggedBy(only, logged);
  t.equal(expected.length, 22);
  t.same(found, expected);
  t.equal([...logged.values()][0]?.keys[0], 'c0', 'the key is the entity of the first view');
  const recent = await history.recentVectors({ topology: 'only', rowsMax: 100, width: 3 });
  t.equal(recent.rowCount, 22);
  t.same(
    [...recent.features],
    (expected as Array<{ vector: number[] }>).flatMap(({ vector }) => vector),
  );
});
