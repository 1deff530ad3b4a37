// The records of repartitioned rows that are to be merged (hot path): row groups, and how far the task has come for every
// partition of the topic, with or without rows. No object per row.
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { LogRecord } from '../../ports/event-log.ts';
import { GROUP_ROW_BYTES, GroupWriter, type Progress } from '../merge/row-group.ts';
import { rowBytes, type Rows } from './repartitioned-blocks.ts';

/** A group that is being filled. */
interface Filling {
  readonly partition: number;
  count: number;
  /** Of keys and values. */
  bytes: number;
}

export class RepartitionedGroups {
  readonly #source: TopicPartition;
  /** The groups of each partition of the topic, in order. */
  readonly #groups: readonly GroupWriter[][];
  readonly #bytesMax: number;

  /** @param bytesMax of the rows of a group; a larger row has one of its own */
  constructor(source: TopicPartition, partitions: number, bytesMax: number) {
    this.#source = source;
    this.#groups = Array.from({ length: partitions }, () => []);
    this.#bytesMax = bytesMax;
  }

  /** Adds the rows [from, to) without `large`. */
  add(rows: Rows, to: number, large: ReadonlySet<number>): void {
    const { raw, keys, offsets, watermarksMs, indexes, values, valueRows, from } = rows;
    const { ids, distinct, partitions } = keys;
    const fillings: Filling[] = [];
    const current: Array<number | undefined> = [];
    const groupOf = new Int32Array(to - from).fill(-1);
    for (let i = from; i < to; i++) {
      if (large.has(i)) continue;
      const partition = partitions[ids[i] as number] as number;
      const bytes = rowBytes(rows, i);
      let group = current[partition];
      let filling = group === undefined ? undefined : fillings[group];
      if (group === undefined || filling === undefined || isFull(filling, bytes, this.#bytesMax)) {
        group = fillings.push((filling = { partition, count: 0, bytes: 0 })) - 1;
        current[partition] = group;
      }
      filling.count += 1;
      filling.bytes += bytes;
      groupOf[i - from] = group;
    }
    const writers = fillings.map(({ count, bytes }) => new GroupWriter(this.#source, count, bytes));
    for (let i = from; i < to; i++) {
      const group = groupOf[i - from] as number;
      if (group < 0) continue;
      const timestampMs = raw.timestampMs[indexes[i] as number] as number;
      const at = watermarksMs[i] as number;
      const key = ids[i] as number;
      (writers[group] as GroupWriter).add(
        offsets[i] as number,
        at,
        timestampMs,
        distinct,
        key,
        values,
        valueRows[i] as number,
      );
    }
    for (const [group, { partition }] of fillings.entries())
      (this.#groups[partition] as GroupWriter[]).push(writers[group] as GroupWriter);
  }

  /**
   * @param progress of the task after the rows
   * @param timestampMs of the records
   */
  finish(progress: Progress, timestampMs: number): LogRecord[] {
    return this.#groups.flatMap((written, partition) => {
      const groups = written.length === 0 ? [new GroupWriter(this.#source, 0, 0)] : written;
      const last = groups.length - 1;
      return groups.map((group, i) => {
        return {
          key: null,
          value: i === last ? group.finish(progress) : group.finish(),
          timestampMs,
          partition,
        };
      });
    });
  }
}

function isFull({ count, bytes }: Filling, more: number, bytesMax: number): boolean {
  return count > 0 && bytes + more + (count + 1) * GROUP_ROW_BYTES > bytesMax;
}
