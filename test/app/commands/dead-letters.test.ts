// Dead letters are listed, shown and counted, decoded where their bytes are events.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { AvroCodec } from '../../../src/adapters/avro/codec.ts';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { ProjectSchemas } from '../../../src/adapters/schemas/project-schemas.ts';
import type { DeadLetterRecord } from '../../../src/runtime/records.ts';
import { topicSpecs } from '../../../src/topology/topics.ts';
import { nothingKnown, type FlightEvent } from '../../../demo/flight-event.ts';
import flights from '../../../topologies/flights.ts';
import { runCommand } from '../../support/commands.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'millrace-dead-letters-'));
t.teardown(() => rmSync(folder, { recursive: true }));

const registry = { url: null, file: join(folder, 'schema-registry.json') };
const codec = new AvroCodec(new ProjectSchemas({ registry, schemaFolders: [join(root, 'schemas')] }));
const event: FlightEvent = {
  ...nothingKnown,
  type: 'scheduled',
  id: 'UA1545-1',
  eventId: 'UA1545-1-scheduled',
  flight: 'UA1545',
  eventTime: 9e15, // out of range: the reason that it was set aside does not keep it from being shown
  origin: 'EWR',
};
const log = new EmbeddedLog({ path: join(folder, 'log.db') });
await log.ensureTopics(topicSpecs(flights));
const encoder = await codec.encoder<DeadLetterRecord>('flights.dead-letters-value');
const flight = (await codec.encoder<FlightEvent>('flights-value')).encode(event);

function letter(offset: number, code: string, value: Buffer | null): DeadLetterRecord {
  const failedAtMs = Date.UTC(2026, 0, 1) + offset * 1_000;
  const head = { topic: 'flights', partition: 1, offset, key: Buffer.from('EWR'), timestampMs: 5e15 };
  return { ...head, value, code, message: `why ${offset}`, failedAtMs, cut: null };
}

const letters = [
  letter(1, 'EVENT_TIME_RANGE', flight),
  letter(2, 'EVENT_MALFORMED', Buffer.from([0, 1, 255])),
  letter(3, 'EVENT_MALFORMED', Buffer.alloc(1_000)),
  letter(4, 'CONTRACT_NULL', null),
];
const records = letters.map((one) => ({
  key: one.key,
  value: encoder.encode(one),
  timestampMs: one.failedAtMs,
}));
const foreign = { key: null, value: Buffer.from('from another program'), timestampMs: 1 };
await log.publish('flights.dead-letters', [foreign, ...records]);
await log.close();
await codec.close();

async function deadLetters(...args: string[]): Promise<{ readonly code: number; readonly output: string }> {
  const command = ['node src/app/main.ts dead-letters', ...args].join(' ');
  const env = { MILLRACE_DATA: folder, MILLRACE_KAFKA_BROKERS: '' };
  const { code, output } = await runCommand(command, { cwd: root, env });
  return { code: code ?? -1, output };
}

await t.test('list', async (t) => {
  const { code, output } = await deadLetters('list topologies/flights.ts');
  t.equal(code, 0);
  t.match(
    output,
    /flights-1-1 {2}EVENT_TIME_RANGE {2}2026-01-01T00:00:01.000Z {2}why 1 {2}.*"flight":"UA1545"/,
  );
  t.match(output, /flights-1-2 {2}EVENT_MALFORMED .*0x0001ff\n/);
  t.match(output, /flights-1-3 .*0x0{128}… \(1000 bytes\)/);
  t.match(output, /flights-1-4 .*no value/);
  t.match(output, 'in flights.dead-letters that are no dead letters: 1');
  const chosen = await deadLetters('list topologies/flights.ts --code EVENT_MALFORMED --limit 1 --json');
  const json = JSON.parse(chosen.output.slice(chosen.output.indexOf('['))) as unknown[];
  t.match(
    json,
    [{ position: 'flights-1-3', code: 'EVENT_MALFORMED', key: 'EWR', event: null }],
    'the newest',
  );
  t.equal(json.length, 1);
});

await t.test('show', async (t) => {
  const { output } = await deadLetters('show topologies/flights.ts flights-1-1');
  t.match(output, /position {3}flights-1-1\ncode {7}EVENT_TIME_RANGE\n[^]*"eventTime": 9000000000000000,/);
  const missing = await deadLetters('show topologies/flights.ts flights-1-99');
  t.equal(missing.code, 1);
  t.match(missing.output, /DATA_INVALID: no dead letter is of the event flights-1-99/);
});

await t.test('count', async (t) => {
  const { output } = await deadLetters('count topologies/flights.ts');
  t.match(
    output,
    /^EVENT_MALFORMED +2 {2}2026-01-01T00:00:02.000Z to 2026-01-01T00:00:03.000Z {2}flights-1-2$/m,
  );
  const since = await deadLetters('count topologies/flights.ts --since 2026-01-01T00:00:04Z --json');
  t.match(since.output, /"code": "CONTRACT_NULL",\s+"count": 1/);
  t.notMatch(since.output, 'EVENT_MALFORMED');
});

await t.test('options that make no sense are refused together', async (t) => {
  const { code, output } = await deadLetters(
    'list topologies/flights.ts --limit 0.5 --since soon --code NO_CODE',
  );
  t.equal(code, 1);
  for (const part of ['--limit 0.5', '--since soon', '--code NO_CODE']) t.match(output, part);
});
