// A topic of the embedded log (control path): its partitions, which record goes where, and when a producer waits.
import { ByteColumn } from '../../core/byte-column.ts';
import { MillraceError } from '../../core/errors.ts';
import { LOG_MEMORY_AHEAD_ROWS_MAX, LOG_MEMORY_RETAINED_ROWS } from '../../core/log-limits.ts';
import { PartitionChoice } from '../../core/partition-choice.ts';
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import type {
  Appended,
  CommittedOffset,
  LogRecord,
  RecordBlock,
  TopicSpec,
  WrittenRun,
} from '../../ports/event-log.ts';
import { concatNumbers } from './log-chunk.ts';
import { PartitionLog } from './log-partition.ts';
import type { LogStore } from './log-store.ts';

/** Records of one partition, as arrays of equal length. */
export interface Part {
  readonly log: PartitionLog;
  readonly timestampMs: Float64Array;
  readonly keys: ByteColumn;
  readonly values: ByteColumn;
}

/** The records of one append for one partition. */
class GrowingPart {
  readonly #log: PartitionLog;
  readonly #blocks: RecordBlock[] = [];
  #records: LogRecord[] = [];

  constructor(log: PartitionLog) {
    this.#log = log;
  }

  add(record: LogRecord): void {
    this.#records.push(record);
  }

  addBlock(block: RecordBlock): void {
    this.#closeRecords();
    this.#blocks.push(block);
  }

  #closeRecords(): void {
    const records = this.#records;
    if (records.length === 0) return;
    this.#records = [];
    this.#blocks.push({
      partition: this.#log.origin.partition,
      timestampMs: Float64Array.from(records, ({ timestampMs }) => timestampMs),
      keys: ByteColumn.of(records.map(({ key }) => key)),
      values: ByteColumn.of(records.map(({ value }) => value)),
    });
  }

  finish(): Part {
    this.#closeRecords();
    return {
      log: this.#log,
      timestampMs: concatNumbers(this.#blocks.map(({ timestampMs }) => timestampMs)),
      keys: ByteColumn.concat(this.#blocks.map(({ keys }) => keys)),
      values: ByteColumn.concat(this.#blocks.map(({ values }) => values)),
    };
  }
}

export function otherPartitionCount(known: TopicSpec, wanted: TopicSpec): MillraceError {
  return new MillraceError(
    'LOG_FAILED',
    `the topic has ${known.partitions} partitions, not ${wanted.partitions}`,
    {
      where: wanted.topic,
      remedy: 'Set the partition count that the topic has, or delete the log.',
    },
  );
}

export function closedLog(): MillraceError {
  return new MillraceError('LOG_UNAVAILABLE', 'the embedded log is closed', { remedy: 'Open it again.' });
}

export function noTopic(name: string): MillraceError {
  return new MillraceError('LOG_FAILED', 'the topic does not exist', {
    where: name,
    remedy: 'Create it first (ensureTopics).',
  });
}

export function noPartition(at: TopicPartition): MillraceError {
  return new MillraceError('LOG_FAILED', 'the partition does not exist', { where: partitionName(at) });
}

/** Where a part is that was just appended. */
export function newestRun({ log, keys }: Part): WrittenRun {
  return { ...log.origin, first: log.high - keys.length, count: keys.length };
}

export class LogTopic {
  readonly spec: TopicSpec;
  readonly logs: readonly PartitionLog[];
  /** Group offsets of a topic in memory, by group id; they end with the process, as its records do. */
  readonly offsets: Map<string, Map<number, CommittedOffset>> = new Map();
  readonly #store: LogStore | null;
  readonly #choice = new PartitionChoice();
  #turn: Promise<void> | null = null;
  #turns = 0;
  #roomMade: (() => void) | null = null;

  /** @param store null for a topic in memory only */
  constructor(spec: TopicSpec, store: LogStore | null) {
    this.#store = store;
    this.spec = spec;
    const partitions = Array.from({ length: spec.partitions }, (_, partition) => partition);
    this.logs = partitions.map((partition) => new PartitionLog({ topic: spec.topic, partition }, store));
  }

  get stored(): boolean {
    return this.logs[0]?.stored ?? false;
  }

  /** Records by partition, in order. */
  share(appended: ReadonlyArray<Appended['records']>): Part[] {
    const parts = new Map<number, GrowingPart>();
    for (const records of appended) {
      if ('partition' in records) this.#partOf(parts, records.partition).addBlock(records);
      else {
        for (const record of records)
          this.#partOf(parts, this.#choice.of(record, this.spec.partitions)).add(record);
      }
    }
    return [...parts.values()].map((part) => part.finish());
  }

  #partOf(parts: Map<number, GrowingPart>, partition: number): GrowingPart {
    let part = parts.get(partition);
    if (part === undefined) {
      const log = this.logs[partition];
      if (log === undefined)
        throw new MillraceError('LOG_FAILED', `the topic has no partition ${partition}`, {
          where: this.spec.topic,
        });
      parts.set(partition, (part = new GrowingPart(log)));
    }
    return part;
  }

  /** A group joins: records are kept until its offsets have passed them. */
  joined(groupId: string): void {
    if (!this.offsets.has(groupId)) this.offsets.set(groupId, new Map());
  }

  /** Notes a group's progress: drops records that no group needs, and lets waiting producers continue. */
  committed(groupId: string, partition: number, at: CommittedOffset): void {
    this.joined(groupId);
    this.offsets.get(groupId)?.set(partition, at);
    const log = this.logs[partition];
    if (log === undefined || this.stored) return;
    log.dropBefore(this.#committedByAll(log) - LOG_MEMORY_RETAINED_ROWS);
    if (this.#roomMade !== null && this.#hasRoom()) this.#roomMade();
  }

  /** Of a group; null if it has none. */
  offset(groupId: string, partition: number): CommittedOffset | null {
    if (this.#store !== null) return this.#store.offset(groupId, { topic: this.spec.topic, partition });
    return this.offsets.get(groupId)?.get(partition) ?? null;
  }

  /** A topic in memory that no group reads keeps only its newest records. */
  trim(): void {
    if (this.stored || this.offsets.size > 0) return;
    for (const log of this.logs) log.dropBefore(log.high - LOG_MEMORY_RETAINED_ROWS);
  }

  /** Undefined if there is room now; else resolves when there is, in the order of the calls. */
  room(): Promise<void> | undefined {
    if (this.stored || (this.#turn === null && this.#hasRoom())) return undefined;
    const turn = this.#takeTurn(this.#turn);
    this.#turn = turn;
    return turn;
  }

  async #takeTurn(before: Promise<void> | null): Promise<void> {
    const mine = this.#turns + 1;
    this.#turns = mine;
    await before;
    while (!this.#hasRoom()) {
      await new Promise<void>((resolve) => {
        this.#roomMade = resolve;
      });
      this.#roomMade = null;
    }
    if (this.#turns === mine) this.#turn = null;
  }

  #hasRoom(): boolean {
    return this.logs.every((log) => log.high - this.#committedByAll(log) < LOG_MEMORY_AHEAD_ROWS_MAX);
  }

  #committedByAll(log: PartitionLog): number {
    if (this.offsets.size === 0) return log.low;
    let lowest = Number.POSITIVE_INFINITY;
    for (const offsets of this.offsets.values())
      lowest = Math.min(lowest, offsets.get(log.origin.partition)?.offset ?? log.low);
    return lowest;
  }
}
