// Where the events of a hop are in the source (hot path, once a batch): the key of each of its records says it, as
// `topic@id-partition-offset`, or
// `...offset.item` for an item that flatten has made a row of, with the log's id of the topic. What is of an earlier topic of its name is passed over.
import type { RawBatch } from '../../core/batch.ts';
import { MillraceError } from '../../core/errors.ts';
import { LIST_ITEMS_MAX } from '../../core/event-limits.ts';
import { PARTITIONS_MAX } from '../../core/topology-limits.ts';
import { isPlace, placeOfItem } from '../../core/place.ts';
import type { EventPlaces } from '../../operators/hop.ts';
import type { Quarantine } from '../../ports/quarantine.ts';
import { markedTopic, plainTopic } from '../merge/marked-topic.ts';
import { quarantineRow } from '../own-records.ts';

/** The record is none that a part has sent, or its partition does not exist. */
export const NO_PARTITION = -1;

/** Of an earlier topic of the name, until the batch is read. */
const FORMER = -2;

const DASH = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const DIGITS_MAX = 15;

/** The source as the log has it now. */
interface SourceNow {
  /** Null if the log has no ids. */
  readonly topicId: () => Promise<string | null>;
  readonly partitions: () => Promise<number>;
}

export class EventPlacesReader {
  readonly #topic: string;
  readonly #source: SourceNow;
  readonly #quarantine: Quarantine;
  /** The source's topic with its id, and whatever an earlier one had; unknown before the first batch. */
  #marked: Buffer | null = null;
  #topicId: string | null = null;
  #known = 0;
  /** Where the number that was read last starts. */
  #start = 0;
  #raw: RawBatch | null = null;
  #places: EventPlaces = { topicId: null, partitions: new Int32Array(0), offsets: new Float64Array(0) };

  /** @param topic of the source */
  constructor(topic: string, source: SourceNow, quarantine: Quarantine) {
    this.#topic = topic;
    this.#source = source;
    this.#quarantine = quarantine;
  }

  /** Of the source's topic, as of the last batch; null if the log has no ids. */
  get topicId(): string | null {
    return this.#topicId;
  }

  /** Whether state was computed from an earlier topic of the name. @param topicId that it is of */
  async isFormer(topicId: string | null): Promise<boolean> {
    await this.#lookUp();
    return topicId !== this.#topicId;
  }

  async #lookUp(): Promise<Buffer> {
    this.#topicId = await this.#source.topicId();
    return (this.#marked = Buffer.from(markedTopic(this.#topic, this.#topicId)));
  }

  /** Before the batch is processed. Partitions may have been added to the source. */
  async prepare(raw: RawBatch): Promise<void> {
    const { keys, count } = raw;
    const partitions = new Int32Array(count).fill(NO_PARTITION);
    const offsets = new Float64Array(count);
    let marked = this.#marked ?? (await this.#lookUp());
    let isLookedUp = false;
    for (let row = 0; row < count; row++) {
      const begin = keys.starts[row] as number;
      if (begin < 0) continue;
      const offset = this.#placeBefore(keys.bytes, begin, keys.ends[row] as number);
      const partition = offset < 0 ? offset : this.#numberBefore(keys.bytes, begin, this.#start - 1);
      if (partition < 0 || partition >= PARTITIONS_MAX) continue;
      offsets[row] = offset;
      partitions[row] = partition;
      const end = this.#start - 1;
      if (isText(keys.bytes, begin, end, marked)) continue;
      if (!isLookedUp) marked = await this.#lookUp();
      isLookedUp = true;
      if (!isText(keys.bytes, begin, end, marked))
        partitions[row] =
          plainTopic(keys.bytes.toString('latin1', begin, end)) === this.#topic ? FORMER : NO_PARTITION;
    }
    // What came before in this batch may be of the topic that was there before.
    if (isLookedUp) this.#dropFormer(raw, marked, partitions);
    const highest = partitions.reduce((most, partition) => Math.max(most, partition), 0);
    if (highest >= this.#known) this.#known = await this.#source.partitions();
    for (let row = 0; row < count; row++) {
      const partition = partitions[row] as number;
      if (partition === FORMER) partitions[row] = NO_PARTITION;
      else if (partition === NO_PARTITION || partition >= this.#known) {
        partitions[row] = NO_PARTITION;
        quarantineRow(this.#quarantine, raw, row, {
          reason: 'foreign',
          detail: 'its key is no place in the source',
        });
      }
    }
    this.#raw = raw;
    this.#places = { topicId: this.#topicId, partitions, offsets };
  }

  #dropFormer({ keys, count }: RawBatch, marked: Buffer, partitions: Int32Array): void {
    for (let row = 0; row < count; row++) {
      if ((partitions[row] as number) < 0) continue;
      const begin = keys.starts[row] as number;
      if (!startsWith(keys.bytes, begin, keys.ends[row] as number, marked)) partitions[row] = FORMER;
    }
  }

  /** Of the batch that was prepared. */
  of(raw: RawBatch): EventPlaces {
    if (this.#raw !== raw) throw new MillraceError('INVARIANT', 'the places of a batch are read before it');
    return this.#places;
  }

  /** The place that ends at `end`, after a dash; -1 if there is none. */
  #placeBefore(bytes: Buffer, begin: number, end: number): number {
    const offset = this.#numberBefore(bytes, begin, end);
    if (offset >= 0) return offset;
    const item = this.#numberBefore(bytes, begin, end, POINT);
    const itemOffset = item < 0 ? item : this.#numberBefore(bytes, begin, this.#start - 1);
    if (itemOffset < 0 || item >= LIST_ITEMS_MAX) return -1;
    const place = placeOfItem(itemOffset, item);
    return isPlace(place) ? place : -1;
  }

  /** The digits that end at `end`, after `mark`, as a number; -1 if there are none. */
  #numberBefore(bytes: Buffer, begin: number, end: number, mark: number = DASH): number {
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
    return at < end && at > begin && bytes[at - 1] === mark ? value : -1;
  }
}

/** Whether the bytes in [begin, end) are this text. */
function isText(bytes: Buffer, begin: number, end: number, text: Buffer): boolean {
  return end - begin === text.length && startsWith(bytes, begin, end, text);
}

function startsWith(bytes: Buffer, begin: number, end: number, text: Buffer): boolean {
  if (end - begin < text.length) return false;
  // From the end: that is where the ids differ.
  for (let i = text.length - 1; i >= 0; i--) if (bytes[begin + i] !== text[i]) return false;
  return true;
}
