// `millrace load` on real Kafka: killed at any time and started again, each event is in the topic once and in order.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { partitionOf } from '../../src/core/murmur2.ts';
import { bareCommand } from '../support/bare-command.ts';
import { millrace } from '../support/cli.ts';
import { eventOf, scoredTopology } from '../support/scored-topology.ts';
import { kafkaBrokers } from '../support/services.ts';
import { quietTelemetry } from './quiet-telemetry.ts';
import { environmentWith } from '../../tools/environment.ts';

t.setTimeout(120_000);

const EVENTS = 6_000;
const KILLS = 3;

const topology = scoredTopology('load', 'partitions: 3');
const folder = mkdtempSync(join(tmpdir(), 'millrace-load-'));
const log = new KafkaEventLog({ brokers: kafkaBrokers().split(',') }, quietTelemetry());
t.teardown(async () => {
  await log.close();
  topology.remove();
  rmSync(folder, { recursive: true });
});

const settings = { MILLRACE_KAFKA_BROKERS: kafkaBrokers(), MILLRACE_DATA: join(folder, 'data') };
const file = join(folder, 'events.csv');
const rows = Array.from({ length: EVENTS }, (_, i) => Object.values(eventOf(i)).join(','));
writeFileSync(file, `id,card,amount,at\n${rows.join('\n')}\n`);

async function count(): Promise<number> {
  const known = await log.partitionCounts([topology.name]);
  if (known.size === 0) return 0;
  const ranges = await log.offsets(topology.name);
  return ranges.reduce((sum, { high }) => sum + high, 0);
}

/** Kills the load once it has committed more. */
async function killed(before: number): Promise<number> {
  const args = ['src/app/main.ts', 'load', topology.file, file, '--speed', '1500'];
  const env = environmentWith(settings);
  const child = spawn(...bareCommand(process.execPath, args), { env, stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for (;;) {
    const now = await count();
    if (now > before || child.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.kill('SIGKILL');
  await ended;
  return count();
}

t.test('kill -9 and a new start, several times', async (t) => {
  let sent = 0;
  for (let i = 0; i < KILLS; i++) {
    const now = await killed(sent);
    t.ok(now > sent, `${now} after kill ${i + 1}`);
    sent = now;
  }
  const { code, stdout, stderr } = await millrace(['load', topology.file, file], settings);
  t.equal(code, 0, stderr);
  t.match(stdout, /events\.csv: \d+ events, \d+ rows loaded earlier/);
  const expected = Array.from({ length: 3 }, (): string[] => []);
  for (let i = 0; i < EVENTS; i++) {
    const { card } = eventOf(i);
    expected[partitionOf(Buffer.from(card), 3)]?.push(`${card} ${eventOf(i).at}`);
  }
  for (const [partition, events] of expected.entries()) {
    const found: string[] = [];
    const { low, high } = (await log.offsets(topology.name))[partition] ?? { low: 0, high: 0 };
    for await (const raw of log.read(topology.name, partition, low, high)) {
      for (let i = 0; i < raw.count; i++) found.push(`${String(raw.keys.at(i))} ${raw.timestampMs[i]}`);
    }
    t.strictSame(found, events, `partition ${partition}`);
  }
});
