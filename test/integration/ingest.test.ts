// Events over HTTP on a real Kafka: senders repeat what was not answered, the engine is killed under them, and each event is
// in the topic once.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { RecordingTelemetry } from '../support/recording-telemetry.ts';
import { runEngine } from '../support/running-engine.ts';
import { kafkaBrokers } from '../support/services.ts';
import { idsIn, openTicks } from '../support/ticks.ts';

const SENDERS = 4;
const ROWS = 25;
/** Requests that are answered before the engine is killed, and after. */
const ANSWERED = 12;
const PAUSE_MS = 100;
const TRIES_MAX = 600;
t.setTimeout(180_000);

const { name, file, folder } = openTicks(t);

t.test('each event is in the log once, although its sender repeats it', async (t) => {
  const settings = { MILLRACE_KAFKA_BROKERS: kafkaBrokers() };
  const first = await runEngine(['run', file], join(folder, 'data'), settings);
  const url = `${first.url}v1/topics/${name}?partial=false`;
  const sending = { answered: 0, isOver: false };
  const expected: string[] = [];

  /** Sends the request until it is answered. */
  const post = async (body: string): Promise<void> => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const signal = AbortSignal.timeout(10_000);
      const status = await fetch(url, { method: 'POST', headers, body, signal })
        .then(async (response) => (await response.text(), response.status))
        .catch(() => 0);
      if (status === 200) return;
      if (![0, 429, 503].includes(status)) throw new Error(`answered ${status}`);
      await sleep(PAUSE_MS);
    }
    throw new Error('not answered');
  };
  const sender = async (_: unknown, number: number): Promise<void> => {
    for (let request = 0; !sending.isOver; request += 1) {
      const ids = Array.from({ length: ROWS }, (_, row) => `s${number}-${request}-${row}`);
      expected.push(...ids);
      const rows = ids.map((id, row) => ({ id, key: `k${row}`, time: Date.now(), value: row }));
      await post(JSON.stringify(rows));
      sending.answered += 1;
    }
  };
  const until = async (count: number): Promise<void> => {
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      if (sending.answered >= count) return;
      await sleep(PAUSE_MS);
    }
  };

  const senders = Promise.all(Array.from({ length: SENDERS }, sender));
  await until(ANSWERED);
  await first.kill();
  const again = { ...settings, MILLRACE_PORT: new URL(first.url).port };
  const second = await runEngine(['run', file], join(folder, 'data'), again);
  t.teardown(() => second.kill());
  await until(sending.answered + ANSWERED);
  sending.isOver = true;
  await senders;

  const log = new KafkaEventLog({ brokers: kafkaBrokers().split(',') }, new RecordingTelemetry());
  t.teardown(() => log.close());
  let ids: readonly string[] = [];
  for (let tries = 0; ids.length < expected.length && tries < TRIES_MAX; tries += 1) {
    await sleep(PAUSE_MS);
    ids = await idsIn(log, name);
  }
  t.strictSame(ids.toSorted(), expected.toSorted());
  t.ok(sending.answered >= 2 * ANSWERED, `${sending.answered} requests`);
});
