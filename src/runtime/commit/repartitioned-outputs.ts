// What a task sends to the topics of other keys in an epoch (hot path, once an epoch): one, or that of each hop.
import type { Batch } from '../../core/batch.ts';
import type { ByteColumn } from '../../core/byte-column.ts';
import { MillraceError } from '../../core/errors.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { RowKeys } from '../../operators/key-bytes.ts';
import { mergedBefore } from '../../operators/repartition.ts';
import type { Topology } from '../../topology/definition.ts';
import { hopColumns } from '../../topology/hop-columns.ts';
import { hopRows } from '../answers/hop-rows.ts';
import type { Progress } from '../merge/row-group.ts';
import { RepartitionedOutput, type RepartitionedParts } from './repartitioned-output.ts';

export interface RepartitionedTarget extends Pick<RepartitionedParts, 'topics' | 'merged'> {
  /** The columns that are sent of an event; absent where that is its bytes. */
  readonly columns?: readonly string[];
  /** Whether the column that says whose an event is is one of them. */
  readonly hasEntity?: boolean;
}

/** Puts a pseudonym in place of whose the events of a batch are. */
export type Pseudonyms = (batch: Batch) => Batch;

/** The hops that the front of a topology sends events to; undefined for others. */
export function hopTargets(
  { part, source: { eventTime, entity } }: Pick<Topology, 'part' | 'source'>,
  { topic, partition }: TopicPartition,
): RepartitionedTarget[] | undefined {
  if (part?.role !== 'front') return undefined;
  return part.hops.map(({ name, partitions, columns }) => ({
    columns: hopColumns(eventTime, columns),
    hasEntity: entity !== undefined && columns.includes(entity),
    topics: { repartitioned: name, beforeMerge: mergedBefore(name) },
    merged: { origin: { topic, partition }, partitions },
  }));
}

export class RepartitionedOutputs {
  /** By topic. */
  readonly #outputs: ReadonlyMap<string, RepartitionedOutput>;

  /** @param committedBelow offset below which an earlier run has committed all outputs */
  constructor(
    targets: readonly RepartitionedTarget[],
    parts: Omit<RepartitionedParts, 'topics' | 'merged' | 'valuesOf'>,
    committedBelow: number,
    pseudonyms: Pseudonyms = hidden,
  ) {
    this.#outputs = new Map(
      targets.flatMap(({ topics, merged, columns, hasEntity = false }) => {
        const { repartitioned } = topics;
        const valuesOf =
          columns === undefined
            ? undefined
            : (batch: Batch): ByteColumn => hopRows(hasEntity ? pseudonyms(batch) : batch, columns);
        const output = new RepartitionedOutput({ ...parts, topics, merged, valuesOf }, committedBelow);
        return repartitioned === undefined ? [] : [[repartitioned, output] as const];
      }),
    );
  }

  add(topic: string, batch: Batch, keys: RowKeys, watermarksMs: Float64Array): void {
    this.#outputs.get(topic)?.add(batch, keys, watermarksMs);
  }

  /** Whether a merge does not know yet that this task is there, and how far it has come. */
  get isUnwritten(): boolean {
    return [...this.#outputs.values()].some((output) => output.isUnwritten);
  }

  /** @see RepartitionedOutput.close */
  close(offsetNext: number, progress: Progress | null): number {
    let count = 0;
    for (const output of this.#outputs.values()) count += output.close(offsetNext, progress);
    return count;
  }
}

/** Without data keys there is no entity. */
function hidden(): never {
  throw new MillraceError('INVARIANT', 'there are no data keys for the pseudonyms of entities');
}
