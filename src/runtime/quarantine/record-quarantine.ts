// The quarantine of one topology in one process (control path): what readers of its own topics and files leave out. It is
// written in the background and bounded everywhere: neither a flood of junk nor a log that is away slows a reader down.
import { createHash } from 'node:crypto';
import { messageOf } from '../../core/errors.ts';
import { isEnvironmentFault } from '../../core/faults.ts';
import {
  QUARANTINE_BATCH_RECORDS_MAX,
  QUARANTINE_CLOSE_MS_MAX,
  QUARANTINE_DETAIL_LENGTH_MAX,
  QUARANTINE_QUEUE_RECORDS_MAX,
  QUARANTINE_SEEN_MAX,
  QUARANTINE_VALUE_BYTES_MAX,
} from '../../core/dead-letter-limits.ts';
import type { RecordEncoder, SchemaCodec } from '../../ports/codec.ts';
import type { EventLog, LogRecord } from '../../ports/event-log.ts';
import type { QuarantinedRecord, Quarantine } from '../../ports/quarantine.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { RESTART_WAITS, retriesWhile } from '../../resilience/retries.ts';
import { quarantineSpec } from '../../topology/topics.ts';
import type { QuarantineValue } from '../records.ts';
import { QuarantineLog } from './quarantine-log.ts';

export interface RecordQuarantineParts {
  readonly topology: string;
  readonly log: Pick<EventLog, 'ensureTopics' | 'publish'>;
  readonly codec: Pick<SchemaCodec, 'encoder'>;
  readonly telemetry: Telemetry;
  readonly nowMs: () => number;
}

export class RecordQuarantine implements Quarantine {
  readonly #parts: RecordQuarantineParts;
  readonly #lines: QuarantineLog;
  readonly #closed = new AbortController();
  /** Keys of what was reported; the oldest are forgotten first. */
  readonly #seen = new Set<string>();
  #queue: QuarantineValue[] = [];
  #writing: Promise<void> | null = null;
  #encoder: RecordEncoder<QuarantineValue> | null = null;

  constructor(parts: RecordQuarantineParts) {
    this.#parts = parts;
    this.#lines = new QuarantineLog(parts.telemetry, () => performance.now());
  }

  add(record: QuarantinedRecord): void {
    const key = keyOf(record);
    if (this.#seen.has(key)) return;
    this.#remember(key);
    const { telemetry, nowMs } = this.#parts;
    const { topic, partition, offset, reason } = record;
    const detail = record.detail.slice(0, QUARANTINE_DETAIL_LENGTH_MAX);
    // The paths of files are many, and concern one machine alone.
    telemetry.count('quarantined_total', 1, { topic: partition === null ? 'file' : topic, reason });
    this.#lines.add({ ...record, detail });
    if (this.#queue.length >= QUARANTINE_QUEUE_RECORDS_MAX) return this.#unwritten(1);
    const value = record.value ?? new Uint8Array(0);
    this.#queue.push({
      topic,
      partition,
      offset,
      reason,
      detail,
      value: record.value === null ? null : Buffer.from(value.subarray(0, QUARANTINE_VALUE_BYTES_MAX)),
      valueBytes: value.length,
      valueSha256: createHash('sha256').update(value).digest('hex'),
      quarantinedAtMs: nowMs(),
    });
    this.#writing ??= this.#write();
  }

  #remember(key: string): void {
    const [oldest] = this.#seen;
    if (this.#seen.size >= QUARANTINE_SEEN_MAX && oldest !== undefined) this.#seen.delete(oldest);
    this.#seen.add(key);
  }

  #unwritten(records: number): void {
    const { telemetry, topology } = this.#parts;
    telemetry.count('quarantine_unwritten_total', records, { topology });
  }

  /** Writes until nothing waits. */
  async #write(): Promise<void> {
    await Promise.resolve(); // what is added in the same turn is one batch
    while (this.#queue.length > 0 && !this.#closed.signal.aborted) {
      const batch = this.#queue.slice(0, QUARANTINE_BATCH_RECORDS_MAX);
      try {
        await retriesWhile(isEnvironmentFault, RESTART_WAITS).execute(
          () => this.#publish(batch),
          this.#closed.signal,
        );
      } catch (error) {
        this.#unwritten(batch.length);
        if (!this.#closed.signal.aborted)
          this.#parts.telemetry.warn('quarantined records cannot be written', { why: messageOf(error) });
      }
      this.#queue = this.#queue.slice(batch.length);
    }
    this.#writing = null;
  }

  async #publish(batch: readonly QuarantineValue[]): Promise<void> {
    const { log, codec, topology, nowMs } = this.#parts;
    const spec = quarantineSpec(topology);
    if (this.#encoder === null) {
      await log.ensureTopics([spec]); // a command may be the first that needs it
      this.#encoder = await codec.encoder<QuarantineValue>(`${spec.topic}-value`);
    }
    const encoder = this.#encoder;
    const records = batch.map((value): LogRecord => {
      return { key: Buffer.from(keyOf(value)), value: encoder.encode(value), timestampMs: nowMs() };
    });
    await log.publish(spec.topic, records);
  }

  /** Writes what waits, within QUARANTINE_CLOSE_MS_MAX. */
  async close(): Promise<void> {
    const timer = setTimeout(() => this.#closed.abort(), QUARANTINE_CLOSE_MS_MAX);
    await this.#writing;
    clearTimeout(timer);
    this.#lines.close();
  }
}

function keyOf({
  topic,
  partition,
  offset,
}: Pick<QuarantineValue, 'topic' | 'partition' | 'offset'>): string {
  return partition === null ? topic : `${topic}-${partition}-${offset}`;
}

/** For a reader whose records another one reports. */
export const NO_QUARANTINE: Quarantine = { add: () => undefined };
