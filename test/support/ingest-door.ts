// A door for events over an embedded log (for tests): its source has the columns `id`, its key, `amount` and `at`.
import type { Test } from 'tap';
import { double, string, timestamp } from 'millrace';
import { EmbeddedLog } from '../../src/adapters/embedded/log.ts';
import type { EventLog, RecordWriter } from '../../src/ports/event-log.ts';
import { KnownKeys } from '../../src/runtime/ingest/known-keys.ts';
import { RecordQueue } from '../../src/runtime/ingest/record-queue.ts';
import { RowEncoder } from '../../src/runtime/ingest/row-encoder.ts';
import { RowReader } from '../../src/runtime/ingest/row-reader.ts';
import { TopicIngest } from '../../src/runtime/ingest/topic-ingest.ts';
import { schemaOf } from '../../src/topology/columns-schema.ts';
import { ingestedSpec } from '../../src/topology/topics.ts';
import { FakeQuarantine } from './fake-quarantine.ts';
import { RecordingTelemetry } from './recording-telemetry.ts';

export const TOPIC = 'payments';
export const PARTITIONS = 4;
/** The clock of the door. */
const NOW_MS = Date.UTC(2026, 4, 2);

const declared = { id: string, amount: double, at: timestamp };

export interface Door {
  readonly ingest: TopicIngest;
  readonly telemetry: RecordingTelemetry;
  readonly keys: KnownKeys;
  readonly quarantine: FakeQuarantine;
}

/** @param writer wraps the log's writer */
export function openDoor(
  log: EventLog,
  writer: (inner: RecordWriter) => RecordWriter = (inner) => inner,
): Door {
  const telemetry = new RecordingTelemetry();
  const quarantine = new FakeQuarantine();
  const keys = new KnownKeys({ log, spec: ingestedSpec('payments'), quarantine, nowMs: Date.now });
  const ingest = new TopicIngest({
    topology: 'payments',
    topic: TOPIC,
    log,
    queue: new RecordQueue({
      open: async () => writer(await log.recordWriter('ingest')),
      telemetry,
      where: TOPIC,
    }),
    keys,
    encoder: async () =>
      new RowEncoder({
        reader: new RowReader({ schema: schemaOf(declared), declared, eventTime: 'at', nowMs: () => NOW_MS }),
        encoder: { encode: (row) => Buffer.from(JSON.stringify(row)) },
        keyOf: (row) => Buffer.from(String(row['id'])),
        nowMs: () => 0,
      }),
    isReplaying: () => false,
    telemetry,
    nowMs: Date.now, // the log expires keys by their time
  });
  return {
    ingest,
    telemetry,
    keys,
    quarantine,
  };
}

export async function openEmbeddedLog(t: Test, path: string | null = null): Promise<EmbeddedLog> {
  const log = new EmbeddedLog({ path });
  t.teardown(() => log.close());
  const source = { topic: TOPIC, partitions: PARTITIONS, compacted: false, retentionMs: -1 };
  await log.ensureTopics([source]);
  return log;
}

/** Ids by partition, in the order of the log. */
export async function idsIn(log: EventLog): Promise<string[][]> {
  const found: string[][] = [];
  for (const [partition, { low, high }] of (await log.offsets(TOPIC)).entries()) {
    const ids: string[] = [];
    for await (const { values } of log.read(TOPIC, partition, low, high))
      for (const value of values) ids.push((JSON.parse(String(value)) as { id: string }).id);
    found.push(ids);
  }
  return found;
}
