// The log that the tasks of a backfill see (control path): their source is what is backfilled, what they commit is kept in
// memory, and what they write goes nowhere. Topics other than the source are those of the real log, for reading alone: keys
// of sensitive columns, and what was erased.
import { NEVER, Observable, from } from 'rxjs';
import type { RawBatch } from '../../core/batch.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type {
  Assignment,
  CommittedOffset,
  EpochWriter,
  EventLog,
  LogEnd,
  RecordWriter,
} from '../../ports/event-log.ts';
import { rangesOf } from '../../resilience/topic-ranges.ts';
import type { Topology } from '../../topology/define.ts';
import { topicsOf } from '../../topology/topics.ts';
import type { BackfillInput } from './backfill-input.ts';
import { BUILT_GENERATION } from './seed-state.ts';

interface Range {
  readonly low: number;
  readonly high: number;
}

export interface BackfillLogParts {
  readonly log: EventLog;
  readonly topology: Pick<Topology, 'name' | 'source' | 'repartition' | 'part'>;
  readonly inputs: readonly BackfillInput[];
  /** Partitions that are played at the same time: the next one begins when one ends. */
  readonly atOnce: number;
  /** Called when the task of a partition has ended, whether or not it failed. */
  readonly partitionEnded: (partition: number) => void;
  /** Bytes of one record that an output topic accepts. */
  readonly recordBytesMax: (topic: string) => number;
}

export class BackfillLog implements EventLog {
  readonly #parts: BackfillLogParts;
  readonly #source: string;
  /** What a live engine has predicted says nothing about a backfill. */
  readonly #predictions: string;
  readonly #inputs: ReadonlyMap<number, BackfillInput>;
  readonly #committed = new Map<number, CommittedOffset>();
  readonly #ended = new Map<number, PromiseWithResolvers<void>>();

  constructor(parts: BackfillLogParts) {
    this.#parts = parts;
    ({ source: this.#source, predictions: this.#predictions } = topicsOf(parts.topology));
    this.#inputs = new Map(parts.inputs.map((input) => [input.partition, input]));
    for (const partition of this.#inputs.keys()) this.#ended.set(partition, Promise.withResolvers<void>());
  }

  /** Resolves when the task of every partition has ended, whether or not it failed. */
  async ended(): Promise<void> {
    await Promise.all([...this.#ended.values()].map(({ promise }) => promise));
  }

  /** What the task of a partition has committed; null if it had nothing to commit. */
  committed(partition: number): CommittedOffset | null {
    return this.#committed.get(partition) ?? null;
  }

  subscribe(): Observable<Assignment> {
    return new Observable((subscriber) => {
      const waiting = [...this.#inputs.values()];
      const next = (): void => {
        const input = waiting.shift();
        if (input !== undefined && !subscriber.closed) subscriber.next(this.#assignment(input, next));
      };
      const begun = Math.min(waiting.length, this.#parts.atOnce);
      for (let i = 0; i < begun; i++) next();
    });
  }

  #assignment(input: BackfillInput, next: () => void): Assignment {
    const { partition } = input;
    let gate = openGate();
    return {
      topic: this.#source,
      partition,
      generation: BUILT_GENERATION, // a backfill has no group, so no other member ever owns its partitions
      revoked: new AbortController().signal,
      rebalancingSinceMs: performance.now(),
      open: (offset) => from(gated(input.read(offset ?? input.from), () => gate.promise)),
      pause: () => {
        gate = Promise.withResolvers<void>();
      },
      resume: () => gate.resolve(),
      released: () => {
        this.#parts.partitionEnded(partition);
        this.#ended.get(partition)?.resolve();
        next();
      },
    };
  }

  async epochWriter(): Promise<EpochWriter> {
    return {
      recordBytesMax: this.#parts.recordBytesMax,
      append: () => undefined,
      committed: async (_group, { partition }) => this.committed(partition),
      commit: async (_group, { partition }, offset, metadata = '') => {
        this.#committed.set(partition, { offset, metadata });
      },
      close: async () => undefined,
    };
  }

  async recordWriter(): Promise<RecordWriter> {
    return {
      recordBytesMax: this.#parts.recordBytesMax,
      append: () => undefined,
      commitRecords: async () => [],
      close: async () => undefined,
    };
  }

  async recordedOffset(_group: string, { partition }: TopicPartition): Promise<CommittedOffset | null> {
    return this.committed(partition);
  }

  async committedOffsets(): Promise<ReadonlyMap<number, CommittedOffset>> {
    return this.#committed;
  }

  async offsets(topic: string): Promise<readonly Range[]> {
    if (topic === this.#source) return this.#ranges();
    return topic === this.#predictions ? [] : rangesOf(this.#parts.log, topic);
  }

  async ends(topic: string): Promise<readonly LogEnd[]> {
    if (topic !== this.#source) return this.#parts.log.ends(topic);
    return this.#ranges().map(({ high }) => ({ readable: high, end: high }));
  }

  #ranges(): Range[] {
    return Array.from({ length: this.#parts.topology.source.partitions }, (_, partition) => {
      const { from: low = 0, to: high = 0 } = this.#inputs.get(partition) ?? {};
      return { low, high };
    });
  }

  read(
    topic: string,
    partition: number,
    begin: number,
    to: number,
    header?: string,
  ): AsyncIterable<RawBatch> {
    const input = this.#inputs.get(partition);
    if (topic !== this.#source) return this.#parts.log.read(topic, partition, begin, to, header);
    return input === undefined ? nothing() : input.read(Math.max(begin, input.from));
  }

  tail(topic: string, begin: 'earliest' | 'latest' | number): Observable<RawBatch> {
    return topic === this.#source ? NEVER : this.#parts.log.tail(topic, begin);
  }

  follow(partition: TopicPartition, from: 'earliest' | number): Observable<RawBatch> {
    return this.#parts.log.follow(partition, from);
  }

  async topicId(topic: string): Promise<string | null> {
    const counts = await this.#parts.log.partitionCounts([topic]);
    return counts.has(topic) ? this.#parts.log.topicId(topic) : null;
  }

  async partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const counts = await this.#parts.log.partitionCounts(topics);
    // A backfill from files does not need the topic.
    const own = topics.includes(this.#source)
      ? [[this.#source, this.#parts.topology.source.partitions] as const]
      : [];
    return new Map([...counts, ...own]);
  }

  async partitionCount(topic: string): Promise<number> {
    return topic === this.#source
      ? this.#parts.topology.source.partitions
      : this.#parts.log.partitionCount(topic);
  }

  /** Lost state of a partition is rebuilt from its first record. */
  async offsetForTime({ partition }: TopicPartition): Promise<number> {
    return this.#inputs.get(partition)?.from ?? 0;
  }

  async memberCount(): Promise<number> {
    return 0;
  }

  async ensureTopics(): Promise<void> {}

  async publish(): Promise<void> {}

  async deleteRecords(): Promise<void> {}

  /** The real log belongs to the caller. */
  async close(): Promise<void> {}
}

function openGate(): PromiseWithResolvers<void> {
  const gate = Promise.withResolvers<void>();
  gate.resolve();
  return gate;
}

async function* gated(records: AsyncIterable<RawBatch>, gate: () => Promise<void>): AsyncGenerator<RawBatch> {
  for await (const raw of records) {
    await gate();
    yield raw;
  }
}

async function* nothing(): AsyncGenerator<RawBatch> {}
