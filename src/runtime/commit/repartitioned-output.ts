// What a task sends to other partitions in an epoch (hot path, once an epoch): records of the repartitioned topic; or, where
// that is merged, row groups for the merge, with how far the task has come.
import type { Batch, RawBatch } from '../../core/batch.ts';
import type { ByteColumn } from '../../core/byte-column.ts';
import { MERGE_GROUP_BYTES_MAX } from '../../core/merge-limits.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { RowKeys } from '../../operators/key-bytes.ts';
import type { EpochWriter } from '../../ports/event-log.ts';
import type { Topology } from '../../topology/definition.ts';
import type { TopologyTopics } from '../../topology/topics.ts';
import { markedTopic } from '../merge/marked-topic.ts';
import { GROUP_BYTES, GROUP_ROW_BYTES, type Progress } from '../merge/row-group.ts';
import { RepartitionedGroups } from './repartitioned-groups.ts';
import { RepartitionedRows } from './repartitioned-rows.ts';

/** How events are sent to a topic that is merged. */
export interface MergedTarget {
  /** The partition of the source. */
  readonly origin: TopicPartition;
  /** Of the topic. */
  readonly partitions: number;
}

/** Null for a topology whose events are not repartitioned, or not merged. */
export function mergedTarget(
  { repartition }: Pick<Topology, 'repartition'>,
  { topic, partition }: TopicPartition,
): MergedTarget | null {
  if (repartition === null || repartition.options.order === 'arrival') return null;
  return { origin: { topic, partition }, partitions: repartition.options.partitions };
}

export interface RepartitionedParts {
  readonly topics: Pick<TopologyTopics, 'repartitioned' | 'beforeMerge'>;
  /** Null where events are sent in the order of their epochs. */
  readonly merged: MergedTarget | null;
  /** Of the source's topic; null if the log has no ids. */
  readonly topicId: string | null;
  readonly writer: Pick<EpochWriter, 'append' | 'recordBytesMax'>;
  readonly nowMs: () => number;
  /** Sets aside the record of an event that is larger than `topic` accepts. */
  readonly tooLarge: (raw: RawBatch, index: number, topic: string, place: number) => void;
  /** What is sent of the live rows of a batch; absent where that is the values of their records. */
  readonly valuesOf?: ((batch: Batch) => ByteColumn) | undefined;
}

export class RepartitionedOutput {
  readonly #parts: RepartitionedParts;
  readonly #rows: RepartitionedRows;
  #isUnwritten: boolean;

  /** @param committedBelow offset below which an earlier run has committed all outputs */
  constructor(parts: RepartitionedParts, committedBelow: number) {
    this.#parts = parts;
    this.#rows = new RepartitionedRows(committedBelow);
    this.#isUnwritten = parts.merged !== null;
  }

  add(batch: Batch, keys: RowKeys, watermarksMs: Float64Array): void {
    this.#rows.add(batch, keys, watermarksMs, this.#parts.valuesOf?.(batch));
  }

  /** Whether the merge does not know yet that this task is there, and how far it has come. */
  get isUnwritten(): boolean {
    return this.#isUnwritten;
  }

  /**
   * Appends the rows before `offsetNext`.
   * @param progress of the task there; null if an earlier run has committed it
   * @returns the number of rows
   */
  close(offsetNext: number, progress: Progress | null): number {
    const { topics, merged, topicId, writer, nowMs, tooLarge } = this.#parts;
    const { repartitioned, beforeMerge } = topics;
    if (repartitioned === undefined) return 0;
    const large = (raw: RawBatch, index: number, place: number): void =>
      tooLarge(raw, index, repartitioned, place);
    const bytesMax = writer.recordBytesMax(repartitioned);
    let count = 0;
    if (merged === null || beforeMerge === undefined) {
      for (const block of this.#rows.take(offsetNext, bytesMax, large)) {
        writer.append(repartitioned, block);
        count += block.timestampMs.length;
      }
      return count;
    }
    const groupBytesMax = writer.recordBytesMax(beforeMerge) - GROUP_BYTES;
    const { topic, partition } = merged.origin;
    const groups = new RepartitionedGroups(
      { topic: markedTopic(topic, topicId), partition },
      merged.partitions,
      Math.min(groupBytesMax, MERGE_GROUP_BYTES_MAX),
    );
    this.#rows.takeRows(
      offsetNext,
      Math.min(bytesMax, groupBytesMax - GROUP_ROW_BYTES),
      large,
      (rows, to, large) => {
        groups.add(rows, to, large);
        count += to - rows.from - large.size;
      },
    );
    if (progress === null) return count;
    writer.append(beforeMerge, groups.finish(progress, nowMs()));
    this.#isUnwritten = false;
    return count;
  }
}
