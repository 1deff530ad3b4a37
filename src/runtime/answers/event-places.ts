// Where the events of a hop are in the source (hot path, once a batch): the key of each of its records says it, as
// `topic-partition-offset`.
import type { RawBatch } from '../../core/batch.ts';
import { MillraceError } from '../../core/errors.ts';
import { PARTITIONS_MAX } from '../../core/limits.ts';
import type { EventPlaces } from '../../operators/hop.ts';
import type { Quarantine } from '../../ports/quarantine.ts';
import { quarantineRow } from '../own-records.ts';

/** The record is none that a part has sent, or its partition does not exist. */
export const NO_PARTITION = -1;

const DASH = 0x2d;
const ZERO = 0x30;
const DIGITS_MAX = 15;

export class EventPlacesReader {
  readonly #partitionCount: () => Promise<number>;
  readonly #quarantine: Quarantine;
  #known = 0;
  /** Where the number that was read last starts. */
  #start = 0;
  #raw: RawBatch | null = null;
  #places: EventPlaces = { partitions: new Int32Array(0), offsets: new Float64Array(0) };

  /** @param partitionCount partitions of the source */
  constructor(partitionCount: () => Promise<number>, quarantine: Quarantine) {
    this.#partitionCount = partitionCount;
    this.#quarantine = quarantine;
  }

  /** Before the batch is processed. Partitions may have been added to the source. */
  async prepare(raw: RawBatch): Promise<void> {
    const { keys, count } = raw;
    const partitions = new Int32Array(count).fill(NO_PARTITION);
    const offsets = new Float64Array(count);
    let highest = 0;
    for (let row = 0; row < count; row++) {
      const begin = keys.starts[row] as number;
      if (begin < 0) continue;
      const offset = this.#numberBefore(keys.bytes, begin, keys.ends[row] as number);
      const partition = offset < 0 ? offset : this.#numberBefore(keys.bytes, begin, this.#start - 1);
      if (partition < 0 || partition >= PARTITIONS_MAX) continue;
      offsets[row] = offset;
      partitions[row] = partition;
      highest = Math.max(highest, partition);
    }
    if (highest >= this.#known) this.#known = await this.#partitionCount();
    for (let row = 0; row < count; row++) {
      const partition = partitions[row] as number;
      if (partition !== NO_PARTITION && partition < this.#known) continue;
      partitions[row] = NO_PARTITION;
      quarantineRow(this.#quarantine, raw, row, {
        reason: 'foreign',
        detail: 'its key is no place in the source',
      });
    }
    this.#raw = raw;
    this.#places = { partitions, offsets };
  }

  /** Of the batch that was prepared. */
  of(raw: RawBatch): EventPlaces {
    if (this.#raw !== raw) throw new MillraceError('INVARIANT', 'the places of a batch are read before it');
    return this.#places;
  }

  /** The digits that end at `end`, after a dash, as a number; -1 if there are none. */
  #numberBefore(bytes: Buffer, begin: number, end: number): number {
    let at = end;
    let value = 0;
    let unit = 1;
    while (at > begin && end - at < DIGITS_MAX) {
      const digit = (bytes[at - 1] as number) - ZERO;
      if (digit < 0 || digit > 9) break;
      value += digit * unit;
      unit *= 10;
      at -= 1;
    }
    this.#start = at;
    return at < end && at > begin && bytes[at - 1] === DASH ? value : -1;
  }
}
