/** Events over HTTP to a topology of the ingest bench that runs on a real Kafka, and what of them its topic has. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Test } from 'tap';
import type { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { uniqueName } from './services.ts';

export interface Ticks {
  /** Of the topology, and of its topic. */
  readonly name: string;
  readonly file: string;
  /** Gone when the test ends. */
  readonly folder: string;
}

export function openTicks(t: Test): Ticks {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-ingest-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
  const name = uniqueName('ingest');
  const file = join(folder, 'topology.ts');
  writeFileSync(
    file,
    `import ticks from '${resolve(import.meta.dirname, '../../bench/ingest/topology.ts')}';
export default { ...ticks, name: '${name}', source: { ...ticks.source, topic: '${name}' } };
`,
  );
  return { name, file, folder };
}

/** Behind the frame of a schema id, the first field is the id: its length as a zigzag varint, and its characters. */
function idOf(value: Buffer): string {
  let length = 0;
  let at = 5;
  for (let factor = 1; ; factor *= 128) {
    const byte = value[at++] as number;
    length += (byte & 127) * factor;
    if (byte < 128) break;
  }
  return value.toString('utf8', at, at + length / 2);
}

/** Ids of the topic's events, as a read_committed reader sees them. */
export async function idsIn(log: KafkaEventLog, topic: string): Promise<string[]> {
  const ids: string[] = [];
  for (const [partition, { readable }] of (await log.ends(topic)).entries())
    for await (const { values } of log.read(topic, partition, 0, readable))
      for (const value of values) ids.push(value === null ? '' : idOf(value));
  return ids;
}
