// A second target is declared before the one that a topology had, which then is not the main one any more: the model, the labels and
// the state of the old one are of no use to the new one.
import t from 'tap';
import {
  binary,
  atLeast,
  defineTopology,
  features,
  hours,
  labels,
  numeric,
  score,
  type Stage,
  type Topology,
} from '../../../src/index.ts';
import type { ModelManifest } from '../../../src/core/reports.ts';
import { packUpdate } from '../../../src/runtime/models/model-update.ts';
import type { ModelUpdateRecord } from '../../../src/runtime/records.ts';
import { NO_REFERENCE } from '../../../src/stats/drift-reference.ts';
import { manifestTarget } from '../../../src/topology/target-models.ts';
import { topicsOf } from '../../../src/topology/topics.ts';
import { championManifest } from '../../../bench/fleet/champion-manifest.ts';
import { LearningRun } from '../../support/learning-run.ts';
import { orderEvent, ordersCodec } from '../../support/orders.ts';

const codec = ordersCodec();
const updates = await codec.encoder<ModelUpdateRecord>('orders.model-updates-value');
const events = await codec.encoder('orders-value');

const target = (id: string, least: number): Stage[] => [
  score(id, { key: 'id', fallback: 0.25 }),
  labels(`labels-${id}`, {
    target: id,
    key: 'id',
    when: { type: 'payment' },
    task: binary({ column: 'paid', positive: atLeast(least) }),
  }),
];
const [paid, dear] = [target('paid', 1), target('dear', 100)];

function ordersOf(...stages: readonly Stage[]): Topology {
  return defineTopology({
    name: 'orders',
    source: { topic: 'orders', eventTime: 'at', partitions: 1 },
    stages: [features({ when: { type: 'order' }, fields: { amount: numeric('amount') } }), ...stages],
    control: { everyMs: hours(1), mode: 'live' },
  });
}

const before = ordersOf(...paid);
const exchanged = ordersOf(...dear, ...paid);

interface Opened {
  readonly run: LearningRun;
  readonly publish: (version: string, more: Partial<ModelManifest>) => Promise<void>;
  readonly play: () => Promise<void>;
}

function open(topology: Topology): Opened {
  const run = new LearningRun({ topology, codec, script: {}, control: 'fleet', scoreOf: () => 0.75 });
  let hour = 0;
  return {
    run,
    async publish(version: string, more: Partial<ModelManifest>): Promise<void> {
      const model = Buffer.from(version);
      const manifest = { ...championManifest(topology, version, NO_REFERENCE, model), ...more };
      const value = updates.encode(packUpdate(manifest, model, 'given', 0));
      await run.log.publish(topicsOf(topology).modelUpdates, [{ key: null, value, timestampMs: 0 }]);
    },
    async play(): Promise<void> {
      const at = hours(hour++);
      const value = events.encode(
        orderEvent({ type: 'order', id: `o${at}`, event: `e${at}`, amount: 5, at }),
      );
      await run.play([{ key: null, value, timestampMs: at }], false);
    },
  };
}

t.test('an engine does not start on the state of another target, and does on its own', async (t) => {
  const { run, publish, play } = open(before);
  await run.start();
  await publish('v1', manifestTarget(before));
  await run.until(() => run.host.models.champion?.version === 'v1');
  await play();
  await play();
  await run.restart(exchanged);
  t.equal(run.host.models.champion, null, 'its model is refused before anything is scored');
  t.match([...run.telemetry.conditions.values()].join(), /is for target 'paid' .* is 'dear'/);
  await t.rejects(play(), {
    code: 'TOPOLOGY_INVALID',
    message: /the state, the labels and the models are for target 'paid' .*, that of the topology is 'dear'/,
    remedy: /put the stages back in their order/,
  });
  await run.restart(ordersOf(...paid, ...dear));
  await play();
  t.equal(run.host.models.champion?.version, 'v1', 'as the first one it has the model that it had');
  const scores = (await run.stop()).map(({ score: value }) => value);
  t.equal(scores.at(-1), 0.75);
});

t.test('models of a target that is not the main one any more are not served', async (t) => {
  const { run, publish, play } = open(exchanged);
  await run.start();
  const refused = (): number => run.telemetry.lines.filter((line) => /is refused/.test(line)).length;
  await publish('v1', {}); // as earlier releases wrote it
  await publish('v2', manifestTarget(before));
  await run.until(() => refused() === 2);
  await play();
  t.equal(run.host.models.champion, null);
  await publish('v3', manifestTarget(exchanged));
  await run.until(() => run.host.models.champion?.version === 'v3');
  await play();
  await play();
  const scores = (await run.stop()).map(({ score: value }) => value);
  t.same([scores[0], scores.at(-1)], [0.25, 0.75]);
});
