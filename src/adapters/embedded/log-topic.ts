// A topic of the embedded log (control path): its partitions, how records are shared out, and when a producer waits.
import { MillraceError } from '../../core/errors.ts';
import { LOG_MEMORY_AHEAD_ROWS_MAX, LOG_MEMORY_KEPT_ROWS } from '../../core/limits.ts';
import { PartitionChoice } from '../../core/partition-choice.ts';
import type { CommittedOffset, LogRecord, TopicSpec } from '../../ports/event-log.ts';
import { PartitionLog } from './log-partition.ts';
import type { LogStore } from './log-store.ts';

/** Records of one partition, as arrays of equal length. */
export interface Part {
  readonly log: PartitionLog;
  readonly timestampMs: Float64Array;
  readonly keys: Array<Buffer | null>;
  readonly values: Array<Buffer | null>;
}

export class LogTopic {
  readonly spec: TopicSpec;
  readonly logs: readonly PartitionLog[];
  /** Group offsets of a topic in memory, by group id; they end with the process, as its records do. */
  readonly offsets: Map<string, Map<number, CommittedOffset>> = new Map();
  readonly #choice = new PartitionChoice();
  #turn: Promise<void> | null = null;
  #turns = 0;
  #roomMade: (() => void) | null = null;

  /** `store` is null for a topic in memory alone. */
  constructor(spec: TopicSpec, store: LogStore | null) {
    this.spec = spec;
    const partitions = Array.from({ length: spec.partitions }, (_, partition) => partition);
    this.logs = partitions.map((partition) => new PartitionLog({ topic: spec.topic, partition }, store));
  }

  get stored(): boolean {
    return this.logs[0]?.stored ?? false;
  }

  /** Records by partition, in their order. */
  share(records: readonly LogRecord[]): Part[] {
    const count = this.spec.partitions;
    const parts: Array<
      { keys: Array<Buffer | null>; values: Array<Buffer | null>; times: number[] } | undefined
    > = [];
    for (const record of records) {
      const at = this.#choice.of(record, count);
      if (at < 0 || at >= count)
        throw new MillraceError('LOG_FAILED', `the topic has no partition ${at}`, { where: this.spec.topic });
      const part = (parts[at] ??= { keys: [], values: [], times: [] });
      part.keys.push(record.key);
      part.values.push(record.value);
      part.times.push(record.timestampMs);
    }
    const shared: Part[] = [];
    for (const log of this.logs) {
      const part = parts[log.of.partition];
      if (part === undefined) continue;
      shared.push({ log, timestampMs: Float64Array.from(part.times), keys: part.keys, values: part.values });
    }
    return shared;
  }

  /** A group takes part from now on: its offsets hold records back. */
  joined(groupId: string): void {
    if (!this.offsets.has(groupId)) this.offsets.set(groupId, new Map());
  }

  /** Takes note of a group's progress: drops what no one needs, lets waiting producers on. */
  committed(groupId: string, partition: number, at: CommittedOffset): void {
    this.joined(groupId);
    this.offsets.get(groupId)?.set(partition, at);
    const log = this.logs[partition];
    if (log === undefined || this.stored) return;
    log.dropBefore(this.#committedByAll(log) - LOG_MEMORY_KEPT_ROWS);
    if (this.#roomMade !== null && this.#hasRoom()) this.#roomMade();
  }

  /** A topic in memory that no group reads keeps its newest records alone. */
  trim(): void {
    if (this.stored || this.offsets.size > 0) return;
    for (const log of this.logs) log.dropBefore(log.high - LOG_MEMORY_KEPT_ROWS);
  }

  /** Undefined where there is room at once; else resolves, in the order of the calls, when there is. */
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
      lowest = Math.min(lowest, offsets.get(log.of.partition)?.offset ?? log.low);
    return lowest;
  }
}
