// Back-pressure of the door on a real Kafka: the broker is away while senders come with more than the port has memory for.
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { startKafka } from '../../tools/services/kafka/broker.ts';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { HTTP_BODIES_BYTES_MAX } from '../../src/core/port-limits.ts';
import { runEngine } from '../support/running-engine.ts';
import { idsIn, openTicks } from '../support/ticks.ts';
import { quietTelemetry } from './quiet-telemetry.ts';

const SENDERS = 24;
const ROWS = 8;
/** All bodies together are half as much again as the port has memory for. */
const ROW_CHARS = Math.ceil((1.5 * HTTP_BODIES_BYTES_MAX) / SENDERS / ROWS);
const PAUSE_MS = 200;
const TRIES_MAX = 600;
t.setTimeout(200_000);

t.test(
  'while the broker is away senders are answered 429, and each event is in its topic once',
  async (t) => {
    const { name, file, folder } = openTicks(t);
    // A separate broker, because the test kills it.
    const kafka = await startKafka();
    const log = new KafkaEventLog({ brokers: kafka.brokers }, quietTelemetry());
    const engine = await runEngine(['run', file], folder, {
      MILLRACE_KAFKA_BROKERS: kafka.brokers.join(','),
    });
    t.teardown(async () => {
      await Promise.all([engine.kill(), log.close()]);
      await kafka.stop();
    });
    const counts = new Map<number, number>();

    const send = async (sender: number): Promise<void> => {
      const ids = Array.from({ length: ROWS }, (_, row) => `${sender}.${row} `);
      const rows = ids.map((id, row) => ({
        id: id.padEnd(ROW_CHARS, 'x'),
        key: id,
        time: Date.now(),
        value: row,
      }));
      const body = JSON.stringify(rows);
      const headers = { 'content-type': 'application/json', 'idempotency-key': `k${sender}` };
      for (let tries = 0; tries < TRIES_MAX; tries += 1) {
        const [status, wait, text] = await fetch(`${engine.url}v1/topics/${name}`, {
          method: 'POST',
          headers,
          body,
        })
          .then(
            async (answer) =>
              [answer.status, answer.headers.get('retry-after'), await answer.text()] as const,
          )
          .catch(() => [0, null, ''] as const);
        counts.set(status, (counts.get(status) ?? 0) + 1);
        if (status === 200) return;
        if (![0, 429, 503].includes(status)) throw new Error(`answered ${status}: ${text}`);
        if (status !== 0) t.equal(wait, '1', `${status}`);
        await sleep(PAUSE_MS);
      }
      throw new Error(`sender ${sender} got no answer`);
    };

    await kafka.kill();
    const sending = Promise.all(Array.from({ length: SENDERS }, (_, sender) => send(sender)));
    for (let tries = 0; (counts.get(429) ?? 0) < SENDERS / 4 && tries < TRIES_MAX; tries += 1)
      await sleep(PAUSE_MS);
    t.ok((counts.get(429) ?? 0) > 0, JSON.stringify([...counts]));
    t.notOk(counts.has(200), 'nothing is taken that no broker has');
    await kafka.restart();
    await sending;
    const found = (await idsIn(log, name)).map((id) => id.slice(0, id.indexOf(' ')));
    const expected = Array.from({ length: SENDERS * ROWS }, (_, n) => `${Math.floor(n / ROWS)}.${n % ROWS}`);
    t.strictSame(found.toSorted(), expected.toSorted());
  },
);
