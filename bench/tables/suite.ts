// What a start takes to read a lookup table of a million keys from a topic (control path).
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import type { LogRecord } from '../../src/ports/event-log.ts';
import { Child } from '../child.ts';
import { openBenchTelemetry } from '../engine/open.ts';
import { shown, table } from '../figures.ts';
import type { Services } from '../services.ts';
import type { BenchOptions, SuiteResult } from '../suite.ts';
import type { TableAnswer, TableRequest } from './reader-process.ts';
import { TOPIC } from './table.ts';

const KEYS = 1_000_000;
const PARTITIONS = 4;
const STARTS = 3;
const CATEGORIES = 40;
/** Records of one call of publish. */
const PUBLISH_ROWS = 10_000;

function rowOf(i: number): LogRecord {
  const id = `merchant-${String(i).padStart(8, '0')}`;
  const value = JSON.stringify({ id, category: `category-${i % CATEGORIES}`, limit: (i % 997) / 4 });
  return { key: Buffer.from(id), value: Buffer.from(value), timestampMs: Date.UTC(2026, 0, 1) + i };
}

async function publish(brokers: readonly string[], keys: number): Promise<void> {
  const log = new KafkaEventLog({ brokers }, await openBenchTelemetry());
  await log.ensureTopics([{ topic: TOPIC, partitions: PARTITIONS, compacted: true, retentionMs: -1 }]);
  for (let from = 0; from < keys; from += PUBLISH_ROWS) {
    const rows = Array.from({ length: Math.min(PUBLISH_ROWS, keys - from) }, (_, i) => rowOf(from + i));
    await log.publish(TOPIC, rows);
  }
  await log.close();
}

export async function tables(options: BenchOptions, services: Services): Promise<SuiteResult> {
  const { brokers } = await services.servers();
  const keys = options.events ?? KEYS;
  await publish(brokers, keys);
  const starts: TableAnswer[] = [];
  for (let i = 0; i < STARTS; i++) {
    const request: TableRequest = { brokers };
    const child = new Child<TableAnswer>(new URL('./reader-process.ts', import.meta.url), request, [
      '--expose-gc',
    ]);
    starts.push(await child.next('loaded'));
    await child.end();
  }
  const rows = starts.map(({ seconds, cpuSeconds, mebibytes, turnsMs }, i) => [
    `start ${i + 1}`,
    shown(seconds),
    shown(cpuSeconds),
    shown(mebibytes),
    turnsMs.map(shown).join(', '),
  ]);
  const head = [`${keys.toLocaleString('en-US')} keys`, 's', 'CPU s', 'MiB', 'CPU of the longest turns, ms'];
  return { figures: { keys, starts }, text: table(head, rows) };
}
