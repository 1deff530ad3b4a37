// The first stage of an entity part (hot path): each event counts once, whatever its topic has. A merge that does not find
// where it was starts again, and its rows come a second time; those of a partition of the source come in order, so a row
// that is not after the last one of its partition is one that was there.
import { MillraceError } from '../core/errors.ts';
import { PARTITIONS_MAX } from '../core/topology-limits.ts';
import { isPlace } from '../core/place.ts';
import type { Batch } from '../core/batch.ts';
import type { EventPlaces } from './hop.ts';
import { RowFilter } from './rows.ts';
import { syncOperator, type EngineStageContext, type OperatorState, type Stage } from './stage.ts';

/** The id of the stage. */
export const ONCE = 'once';

const OFFSET_BYTES = 8;
/** Of a partition that had no event yet. */
const NONE = -1;

class OnceMachine implements OperatorState {
  /** The place of the last row of each partition of the source. */
  #last = new Float64Array(0);
  /** Of the source's topic; undefined before the first event. */
  #topicId: string | null | undefined;
  readonly #placesOf: (batch: Batch) => EventPlaces;
  readonly #dropped: (rows: number) => void;
  readonly #filter = new RowFilter();

  constructor(placesOf: (batch: Batch) => EventPlaces, context: EngineStageContext) {
    this.#placesOf = placesOf;
    this.#dropped = (rows) => context.dropped(rows, 'duplicate');
  }

  batch(batch: Batch): Batch {
    const { rows, rawIndex } = batch;
    const { partitions, offsets, topicId } = this.#placesOf(batch);
    this.#topicId ??= topicId;
    if (topicId !== this.#topicId)
      throw new MillraceError('LOG_CHANGED', 'the source was deleted and created again: the hop starts over');
    this.#filter.begin(batch);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      const index = rawIndex[row] as number;
      const partition = partitions[index] as number;
      const offset = offsets[index] as number;
      if (partition < 0 || offset <= this.#lastOf(partition)) continue;
      this.#last[partition] = offset;
      this.#filter.keep(row);
    }
    const kept = this.#filter.end(batch);
    if (kept !== batch) this.#dropped(rows.length - kept.rows.length);
    return kept;
  }

  #lastOf(partition: number): number {
    if (partition >= this.#last.length) {
      const grown = new Float64Array(partition + 1).fill(NONE);
      grown.set(this.#last);
      this.#last = grown;
    }
    return this.#last[partition] as number;
  }

  /** Bytes of the topic's id, the id, then the offsets. */
  snapshot(): Uint8Array {
    const id = Buffer.from(this.#topicId ?? '', 'latin1');
    const blob = Buffer.alloc(1 + id.length + this.#last.length * OFFSET_BYTES);
    blob.writeUInt8(id.length, 0);
    id.copy(blob, 1);
    for (const [partition, offset] of this.#last.entries())
      blob.writeDoubleLE(offset, 1 + id.length + partition * OFFSET_BYTES);
    return blob;
  }

  restore(blob: Uint8Array): void {
    const bytes = Buffer.from(blob);
    const begin = 1 + (bytes[0] ?? 0);
    const count = (bytes.length - begin) / OFFSET_BYTES;
    const isWhole = Number.isInteger(count) && count >= 0 && count <= PARTITIONS_MAX;
    const last = new Float64Array(isWhole ? count : 0);
    for (let partition = 0; partition < last.length; partition++)
      last[partition] = bytes.readDoubleLE(begin + partition * OFFSET_BYTES);
    if (last.length !== count || last.some((place) => place !== NONE && !isPlace(place)))
      throw new MillraceError('STORE_LOST', 'they are no offsets of the source');
    this.#last = last;
    // Without an event it knows no topic.
    this.#topicId = count === 0 ? undefined : onceTopicId(blob);
  }
}

/** The id of the topic that stored state is of; null if the log had none. */
export function onceTopicId(blob: Uint8Array): string | null {
  const id = Buffer.from(blob).toString('latin1', 1, 1 + (blob[0] ?? 0));
  return id === '' ? null : id;
}

/** Drops events that the hop has had, and records that no front has sent. It stands first, so that a barrier never splits its batch. */
export function once(): Stage<never> {
  return {
    id: ONCE,
    kind: 'once',
    summary: 'each event of the source once',
    reads: [],
    memoryMs: 0,
    open(context) {
      const { placesOf } = context;
      if (placesOf === undefined) throw new MillraceError('INVARIANT', 'the places of events are not known');
      const machine = new OnceMachine(placesOf, context);
      return { operator: syncOperator(machine), operatorState: machine };
    },
  };
}
