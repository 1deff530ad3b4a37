// A job that a new leader publishes again has one outcome, also if the trainer comes to it before it has read its own.
import t from 'tap';
import { hours } from '../../../src/index.ts';
import type { ModelUpdateRecord, RetrainingJobRecord } from '../../../src/runtime/records.ts';
import { topicsOf } from '../../../src/topology/topics.ts';
import { LearningRun } from '../../support/learning-run.ts';
import { ordersCodec, ordersTopology } from '../../support/orders.ts';

const codec = ordersCodec();
const topology = ordersTopology({ control: { everyMs: hours(1), mode: 'live' }, retraining: true });
const { modelUpdates, retrainingJobs } = topicsOf(topology);
const jobs = await codec.encoder<RetrainingJobRecord>(`${retrainingJobs}-value`);
const updates = await codec.decoder<ModelUpdateRecord>(`${modelUpdates}-value`);

function job(number: number): RetrainingJobRecord {
  const atMs = hours(number);
  return {
    topology: topology.name,
    version: `v${number}`,
    reason: 'volume: 100 new labels',
    atMs,
    fromMs: 0,
    champion: null,
    seed: number,
    changeMs: null,
  };
}

async function outcomes({ log }: LearningRun): Promise<string[]> {
  const found: string[] = [];
  const [range] = await log.offsets(modelUpdates);
  for await (const raw of log.read(modelUpdates, 0, 0, range?.high ?? 0))
    for (const value of raw.values) if (value !== null) found.push((await updates.decode(value)).version);
  return found;
}

async function publish({ log }: LearningRun, numbers: readonly number[]): Promise<void> {
  const records = numbers.map((number) => ({
    key: null,
    value: jobs.encode(job(number)),
    timestampMs: hours(number),
    partition: 0,
  }));
  await log.publish(retrainingJobs, records);
}

t.test('jobs that come twice', async (t) => {
  const run = new LearningRun({
    topology,
    codec,
    control: 'fleet',
    script: { v1: 'promote', v2: 'reject', v3: 'fail' },
    scoreOf: () => 0.5,
  });
  await run.start();
  await publish(run, [1, 1, 2, 2, 1, 3, 3, 2]);
  await run.until(() => run.trainer.requests.some(({ version }) => version === 'v3'));
  await publish(run, [3, 4]);
  await run.until(() => run.trainer.requests.some(({ version }) => version === 'v4'));
  while ((await outcomes(run)).at(-1) !== 'v4') await new Promise((resolve) => setTimeout(resolve, 2));
  t.strictSame(await outcomes(run), ['v1', 'v2', 'v3', 'v4']);
  t.strictSame(
    run.trainer.requests.map(({ version }) => version),
    ['v1', 'v2', 'v3', 'v4'],
    'none is trained twice',
  );
  await run.stop();
});
