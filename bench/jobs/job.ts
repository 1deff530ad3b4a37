// What the bench runs (control path): a topology, its events in their order, and the model that scores them.
import { ByteColumn } from '../../src/core/byte-column.ts';
import { partitionOf } from '../../src/core/murmur2.ts';
import type { Topology } from '../../src/index.ts';
import type { LogRecord, RecordBlock } from '../../src/ports/event-log.ts';
import type { SchemaCodec } from '../../src/ports/codec.ts';

export interface WideSize {
  readonly features: 16 | 64 | 256;
  readonly windows: 1 | 3 | 6;
}

export type WideJobName = `wide-${WideSize['features']}-${WideSize['windows']}`;

export const jobNames = ['standard', 'flights'] as const;
/** Those that every bench runs, the standard one in another format, the one that is compared with peers, and those of many features. */
export type JobName =
  (typeof jobNames)[number] | 'standard-json' | 'standard-protobuf' | 'cards' | WideJobName;

export interface Job {
  readonly name: JobName;
  readonly topology: Topology;
  /** The model that the topology's vectors are scored by. */
  model(): Promise<Uint8Array>;
  /** The first `count` events, encoded; fewer where the job has no more. */
  records(codec: SchemaCodec, count: number): Promise<LogRecord[]>;
}

/** Shares records out by key and cuts each partition into chunks; chunks come in the order of their last record. */
export function chunksOf(records: readonly LogRecord[], partitions: number, rows: number): RecordBlock[] {
  const open: LogRecord[][] = Array.from({ length: partitions }, () => []);
  const chunks: RecordBlock[] = [];
  const close = (partition: number): void => {
    const part = open[partition] ?? [];
    open[partition] = [];
    if (part.length === 0) return;
    chunks.push({
      partition,
      keys: ByteColumn.of(part.map((record) => record.key)),
      values: ByteColumn.of(part.map((record) => record.value)),
      timestampMs: Float64Array.from(part, (record) => record.timestampMs),
    });
  };
  for (const record of records) {
    const partition = record.key === null ? 0 : partitionOf(record.key, partitions);
    const part = open[partition] as LogRecord[];
    if (part.push(record) === rows) close(partition);
  }
  for (let partition = 0; partition < partitions; partition++) close(partition);
  return chunks;
}
