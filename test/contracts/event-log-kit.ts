// What the contract tests of the event log share: a harness of the log under test, and collectors that wait.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Observable, Subscription } from 'rxjs';
import type { RawBatch } from '../../src/core/batch.ts';
import type { TopicPartition } from '../../src/core/topic-partition.ts';
import type { EventLog, LogRecord } from '../../src/ports/event-log.ts';

export interface Harness {
  /** A new client of the same log; the suite closes it. */
  open(): Promise<EventLog>;
  /** Milliseconds until another client's write is seen: a bound for waits that expect nothing. */
  readonly quietMs: number;
  /** Stops the log itself. */
  stop(): Promise<void>;
}

let names = 0;
/** A name that no earlier run has used. */
export function fresh(what: string): string {
  return `${what}-${process.pid}-${Date.now().toString(36)}-${names++}`;
}

const WAIT_MS_MAX = 30_000;
export const SUITE_MS_MAX = 180_000;

export function record(key: string | null, value: string | null, timestampMs = 1_700_000_000_000): LogRecord {
  return {
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    timestampMs,
  };
}

export interface Row {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly timestampMs: number;
}

export function rowsOf(batch: RawBatch): Row[] {
  return Array.from({ length: batch.count }, (_, i) => ({
    partition: batch.origin.partition,
    offset: batch.offsets[i] as number,
    key: batch.keys.at(i)?.toString() ?? null,
    value: batch.values.at(i)?.toString() ?? null,
    timestampMs: batch.timestampMs[i] as number,
  }));
}

/** Collects what an observable emits. */
export class Collector {
  readonly rows: Row[] = [];
  readonly batches: RawBatch[] = [];
  failure: Error | null = null;
  completed = false;
  readonly #subscription: Subscription;

  constructor(records: Observable<RawBatch>) {
    this.#subscription = records.subscribe({
      next: (batch) => {
        this.batches.push(batch);
        this.rows.push(...rowsOf(batch));
      },
      error: (error: Error) => {
        this.failure = error;
      },
      complete: () => {
        this.completed = true;
      },
    });
  }

  get values(): Array<string | null> {
    return this.rows.map(({ value }) => value);
  }

  async until(holds: () => boolean, what: string): Promise<void> {
    const deadline = Date.now() + WAIT_MS_MAX;
    while (!holds()) {
      if (this.failure !== null) throw this.failure;
      if (Date.now() > deadline)
        throw new Error(`timed out waiting for ${what}; have ${this.rows.length} rows`);
      await sleep(5);
    }
  }

  async count(n: number): Promise<void> {
    await this.until(() => this.rows.length >= n, `${n} rows`);
  }

  stop(): void {
    this.#subscription.unsubscribe();
  }
}

export async function readAll(log: EventLog, topic: string, partition = 0): Promise<Row[]> {
  const { low, high } = (await log.offsets(topic))[partition]!;
  const rows: Row[] = [];
  for await (const batch of log.read(topic, partition, low, high)) rows.push(...rowsOf(batch));
  return rows;
}

/** The same once so many are there: the markers of a transaction follow the answer to its commit. */
export async function readCommitted(log: EventLog, at: TopicPartition, count: number): Promise<Row[]> {
  for (const untilMs = performance.now() + WAIT_MS_MAX; performance.now() < untilMs; await sleep(10)) {
    const rows = await readAll(log, at.topic, at.partition);
    if (rows.length >= count) return rows;
  }
  throw new Error(`${at.topic} has fewer than ${count} records`);
}

export async function topicOf(
  log: EventLog,
  what: string,
  partitions = 1,
  compacted = false,
): Promise<string> {
  const topic = fresh(what);
  await log.ensureTopics([{ topic, partitions, compacted, retentionMs: -1 }]);
  return topic;
}

export async function waitFor(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + WAIT_MS_MAX;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`timed out waiting for ${what}`);
    await sleep(5);
  }
}
