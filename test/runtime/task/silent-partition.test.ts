// The clock advances event time where a partition is silent, and only there.
import { concatMap, map, type Observable } from 'rxjs';
import t from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { defineTopology, watermarks } from '../../../src/index.ts';
import type { Assignment, LogRecord, SubscribeRequest } from '../../../src/ports/event-log.ts';
import { defaultTaskSettings } from '../../../src/runtime/task/task-parts.ts';
import type { Row } from '../../../src/testing/index.ts';
import { topicsOf } from '../../../src/topology/topics.ts';
import { LearningRun } from '../../support/learning-run.ts';
import { order, orderEvent, ordersCodec } from '../../support/orders.ts';

const BARRIER_MS = 50;
const IDLE_MS = 300;
/** Longer than it takes until the partition is idle, and until the clock has advanced its event time by a step. */
const SILENCE_MS = IDLE_MS + 1_500;
const START_MS = 1_000_000;

const codec = ordersCodec();
const encoder = await codec.encoder<Row>('orders-value');
const topology = defineTopology({
  name: 'orders',
  source: { topic: 'orders', eventTime: 'at', partitions: 1 },
  stages: [watermarks({ allowedLatenessMs: 0, idleAfterMs: IDLE_MS })],
});

/** An embedded log whose fetches answer only while `answers` is kept. */
class HangingLog extends EmbeddedLog {
  answers: Promise<void> = Promise.resolve();

  override subscribe(request: SubscribeRequest): Observable<Assignment> {
    const hanging = (assignment: Assignment): Assignment => ({
      topic: assignment.topic,
      partition: assignment.partition,
      generation: assignment.generation,
      revoked: assignment.revoked,
      rebalancingSinceMs: assignment.rebalancingSinceMs,
      open: (...from) => assignment.open(...from).pipe(concatMap((raw) => this.answers.then(() => raw))),
      pause: () => assignment.pause(),
      resume: () => assignment.resume(),
      released: () => assignment.released(),
    });
    return super.subscribe(request).pipe(map(hanging));
  }
}

function orderAt(id: string, at: number): LogRecord {
  return { key: null, value: encoder.encode(orderEvent(order(id, 'ann', 1, at))), timestampMs: at };
}

const silence = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, SILENCE_MS));
const committed = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 4 * BARRIER_MS));

t.test('an event that waits in the log while a fetch hangs is not late', async (t) => {
  const log = new HangingLog({ path: null });
  const run = new LearningRun({
    topology,
    codec,
    script: {},
    control: 'process',
    log,
    settings: { ...defaultTaskSettings, barrierIntervalMs: BARRIER_MS },
    scoreOf: () => 0,
  });
  const late = (): number => run.telemetry.counts.get('events_late_total') ?? 0;
  await run.start();
  await run.play([orderAt('first', START_MS)], false);
  const hangs = Promise.withResolvers<void>();
  log.answers = hangs.promise;
  await log.publish(topicsOf(topology).source, [orderAt('second', START_MS + 500)]);
  await silence();
  hangs.resolve();
  await run.play([orderAt('third', START_MS + 501)], false);
  await committed();
  t.equal(late(), 0);
  // Without an event in the log the partition is silent.
  await silence();
  await run.play([orderAt('fourth', START_MS + 502)], false);
  await committed();
  t.equal(late(), 1);
  await run.stop();
});
