// Caught up means committed: what was processed and not committed is not enough, and a task that cannot commit is reported.
import { NEVER } from 'rxjs';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { untilEach } from '../../../src/app/compose/caught-up.ts';
import { MillraceError } from '../../../src/core/errors.ts';
import { defaultTaskSettings } from '../../../src/runtime/task/task-parts.ts';
import { LearningRun } from '../../support/learning-run.ts';
import { order, orderEvent, ordersCodec, ordersTopology } from '../../support/orders.ts';

const codec = ordersCodec();
const topology = ordersTopology();
const encoder = await codec.encoder<ReturnType<typeof orderEvent>>('orders-value');
const records = ['a', 'b', 'c'].map((id, i) => ({
  key: Buffer.from('ann'),
  value: encoder.encode(orderEvent(order(id, 'ann', 1, i))),
  timestampMs: i,
}));
const STUCK_MS = 400;

function open(t: Test): LearningRun {
  const settings = { ...defaultTaskSettings, barrierIntervalMs: 5, stuckMs: STUCK_MS };
  const run = new LearningRun({
    topology,
    codec,
    control: 'process',
    script: {},
    scoreOf: () => 0.5,
    settings,
  });
  t.teardown(() => run.host.stop());
  return run;
}

/** What `run --until-caught-up` waits for. */
async function caughtUp({ host: { engine }, log }: LearningRun): Promise<void> {
  const ends = await log.offsets('orders');
  await untilEach(
    { engine, topology, ends, stuckMs: STUCK_MS, isStopped: () => false },
    ({ high }, { offset, committed }) => Math.min(offset, committed) >= high,
  );
}

/** Calls `before` in place of every commit. */
function commitsAfter({ log }: LearningRun, before: () => Promise<void>): void {
  const openWriter = log.epochWriter.bind(log);
  log.epochWriter = async (id) => {
    const writer = await openWriter(id);
    const commit = writer.commit.bind(writer);
    writer.commit = async (...epoch) => {
      await before();
      return commit(...epoch);
    };
    return writer;
  };
}

await t.test('it waits for the commit', async (t) => {
  const run = open(t);
  const gate = Promise.withResolvers<void>();
  commitsAfter(run, () => gate.promise);
  await run.start();
  await run.log.publish('orders', records);
  const waits = caughtUp(run).then(() => 'caught up');
  await run.until(() => run.host.engine.positions()[0]?.offset === records.length);
  t.equal(await Promise.race([waits, sleep(150, 'waits')]), 'waits');
  gate.resolve();
  t.equal(await waits, 'caught up');
  t.equal(run.log.committedOffset('millrace.orders', { topic: 'orders', partition: 0 })?.offset, 3);
});

await t.test('a task that fails without end is a failure', async (t) => {
  const run = open(t);
  commitsAfter(run, () => Promise.reject(new MillraceError('LOG_UNAVAILABLE', 'refused for ever')));
  await run.start();
  await run.log.publish('orders', records);
  await t.rejects(caughtUp(run), {
    code: 'LOG_UNAVAILABLE',
    message: /not committed: no progress .*3 events wait from offset 0; last failure: .*refused for ever/,
    where: 'orders-0',
  });
  await run.host.stop();
  t.match(run.host.engine.stopFailure, { message: /refused for ever/ }, 'and so is the stop');
});

await t.test('an engine that is assigned nothing is a failure', async (t) => {
  const run = open(t);
  run.log.subscribe = () => NEVER;
  await run.start();
  await run.log.publish('orders', records);
  await t.rejects(caughtUp(run), { code: 'LOG_UNAVAILABLE', message: /does not assign partitions 0/ });
});

await t.test('a log without the partitions of the topology is a failure', async (t) => {
  const run = open(t);
  await run.start();
  run.log.offsets = async () => [];
  await t.rejects(caughtUp(run), { code: 'LOG_FAILED', message: /0 partitions of 1/ });
});
