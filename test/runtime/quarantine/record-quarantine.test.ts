// The quarantine of a process: what it writes, and what bounds it.
import t from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import {
  QUARANTINE_LOG_LINES_MAX,
  QUARANTINE_QUEUE_RECORDS_MAX,
  QUARANTINE_VALUE_BYTES_MAX,
} from '../../../src/core/dead-letter-limits.ts';
import { MillraceError } from '../../../src/core/errors.ts';
import type { QuarantinedRecord } from '../../../src/ports/quarantine.ts';
import { RecordQuarantine } from '../../../src/runtime/quarantine/record-quarantine.ts';
import type { QuarantineValue } from '../../../src/runtime/records.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';
import { codec } from '../../support/orders-stream.ts';

const TOPIC = 'orders.quarantine';

function junk(offset: number, more: Partial<QuarantinedRecord> = {}): QuarantinedRecord {
  const place = { topic: 'orders.predictions', partition: 3, offset, value: Buffer.from('junk') };
  return { ...place, reason: 'malformed', detail: 'no record', ...more };
}

function open(log: Pick<EmbeddedLog, 'ensureTopics' | 'publish'>) {
  const telemetry = new FakeTelemetry();
  const quarantine = new RecordQuarantine({ topology: 'orders', log, codec, telemetry, nowMs: () => 7 });
  return { telemetry, quarantine };
}

async function written(log: EmbeddedLog): Promise<Array<readonly [key: string, value: QuarantineValue]>> {
  const decoder = await codec.decoder<QuarantineValue>(`${TOPIC}-value`);
  const [range = { low: 0, high: 0 }] = await log.offsets(TOPIC);
  const found: Array<readonly [string, QuarantineValue]> = [];
  for await (const raw of log.read(TOPIC, 0, range.low, range.high)) {
    for (let row = 0; row < raw.count; row += 1) {
      const value = await decoder.decode(raw.values.at(row) as Buffer);
      found.push([String(raw.keys.at(row)), value]);
    }
  }
  return found;
}

t.test('a record is reported once, with its place, its reason and its first bytes', async (t) => {
  const log = new EmbeddedLog({ path: null });
  t.teardown(() => log.close());
  const { telemetry, quarantine } = open(log);
  quarantine.add(junk(5));
  quarantine.add(junk(5));
  const value = Buffer.alloc(QUARANTINE_VALUE_BYTES_MAX + 1, 'x');
  quarantine.add(junk(6, { value, reason: 'too_large', detail: 'd'.repeat(10_000) }));
  const file = { topic: '/models/v1', partition: null, offset: null, value: null };
  quarantine.add(junk(0, { ...file, detail: 'damaged' }));
  await quarantine.close();
  const found = await written(log);
  t.match(
    found.map(([key, { reason, valueBytes }]) => [key, reason, valueBytes]),
    [
      ['orders.predictions-3-5', 'malformed', 4],
      ['orders.predictions-3-6', 'too_large', value.length],
      ['/models/v1', 'malformed', 0],
    ],
  );
  t.equal(found[1]?.[1].value?.length, QUARANTINE_VALUE_BYTES_MAX);
  t.ok((found[1]?.[1].detail.length ?? 0) < 1_000);
  const labels = { topic: 'orders.predictions', reason: 'malformed' };
  t.equal(telemetry.counts.get(`quarantined_total${JSON.stringify(labels)}`), 1);
  t.equal(telemetry.lines.length, 3);
});

t.test('a flood costs a bounded number of lines and records', async (t) => {
  const log = new EmbeddedLog({ path: null });
  t.teardown(() => log.close());
  const { telemetry, quarantine } = open(log);
  const count = 3 * QUARANTINE_QUEUE_RECORDS_MAX;
  for (let offset = 0; offset < count; offset += 1) quarantine.add(junk(offset));
  await quarantine.close();
  t.equal((await written(log)).length, QUARANTINE_QUEUE_RECORDS_MAX);
  t.equal(telemetry.counts.get('quarantined_total'), count);
  t.equal(telemetry.counts.get('quarantine_unwritten_total'), count - QUARANTINE_QUEUE_RECORDS_MAX);
  t.equal(telemetry.lines.length, QUARANTINE_LOG_LINES_MAX + 1);
});

t.test('a log that refuses the records is no failure of the reader', async (t) => {
  const refusing = {
    ensureTopics: () => Promise.reject(new MillraceError('LOG_FAILED', 'not authorized')),
    publish: () => Promise.resolve(),
  };
  const { telemetry, quarantine } = open(refusing);
  quarantine.add(junk(1));
  await quarantine.close();
  t.equal(telemetry.counts.get('quarantine_unwritten_total'), 1);
  t.match(telemetry.lines, [
    'a record is quarantined: reading goes on',
    'quarantined records cannot be written',
  ]);
});
