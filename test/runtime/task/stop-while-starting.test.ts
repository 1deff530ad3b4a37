// An engine that is stopped while a task starts also stops that task, which would otherwise run until the bound, and then
// without a model.
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { ordersCodec, ordersTopology } from '../../support/orders.ts';
import { LearningRun } from '../../support/learning-run.ts';

const codec = ordersCodec();

t.test('stopped before its writer is open', async (t) => {
  const run = new LearningRun({
    topology: ordersTopology(),
    codec,
    control: 'process',
    script: {},
    scoreOf: () => 0.5,
  });
  const asked = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  const { log } = run;
  const open = log.epochWriter.bind(log);
  log.epochWriter = async (id) => {
    asked.resolve();
    await opened.promise;
    return open(id);
  };
  await run.start();
  await asked.promise;
  const stopped = run.stop().then(() => 'stopped');
  await sleep(20);
  opened.resolve();
  const late = new AbortController();
  const outcome = await Promise.race([stopped, sleep(8_000, 'running', { signal: late.signal })]);
  t.equal(outcome, 'stopped');
  late.abort();
});
