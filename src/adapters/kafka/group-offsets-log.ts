// The topic in which Kafka keeps the offsets of groups (control path). Their coordinator answers from its memory, and one that came
// back in the middle of a failure may have loaded only a part of the topic, and answer so until it loads again: the topic has all.
// Format: OffsetCommitKey.json and OffsetCommitValue.json of Kafka's group coordinator. Tested with 3.9 to 4.4.
import { setTimeout as sleep } from 'node:timers/promises';
import type { RawBatch } from '../../core/batch.ts';
import type { ByteColumn } from '../../core/byte-column.ts';
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import type { CommittedOffset, LogEnd } from '../../ports/event-log.ts';
import { KafkaError } from './client/kafka-error.ts';
import { ByteReader } from './records/byte-reader.ts';
import { columnsOf } from './records/record-columns.ts';
import type { StoredBatch } from './records/stored-batch.ts';
import { readCompactString } from './wire/compact.ts';

export const GROUP_OFFSETS_TOPIC = '__consumer_offsets';

/** Of keys: other records of the topic are about members. */
const OFFSET_KEY_VERSION_MAX = 1;
/** Of values, and the first ones with a leader's epoch and with compact strings. */
const VERSION_MAX = 4;
const EPOCH_SINCE = 3;
const COMPACT_SINCE = 4;
/** Markers are written some milliseconds after a transaction is said to have ended. */
const UNDECIDED_MS_MAX = 15_000;
const UNDECIDED_POLL_MS = 20;
/** Of a marker's type, which is in its key, behind a version. */
const MARKER_TYPE_AT = 2;
const COMMIT = 1;
/** Offsets that are read at first; then as many again as have been read. */
const STEP = 10_000;

/** What it reads with. */
export interface OffsetsTopicReader {
  offsets(topic: string): Promise<ReadonlyArray<{ readonly low: number }>>;
  ends(topic: string): Promise<readonly LogEnd[]>;
  read(topic: string, partition: number, from: number, to: number): AsyncIterable<RawBatch>;
  /** Of open transactions as well, with markers; empty at the end. */
  batches(origin: TopicPartition, position: number): Promise<readonly StoredBatch[]>;
}

/** By partition of a topic; null where the group's offset was deleted. */
type Offsets = Map<string, CommittedOffset | null>;

/** One group's, of the records [from, to) of its partition of the topic. */
interface Reading {
  readonly offsets: Offsets;
  from: number;
  to: number;
  turn: Promise<unknown>;
}

interface Open {
  readonly committed: Offsets;
  /** By the producer whose transaction is open. */
  readonly pending: ReadonlyMap<bigint, Offsets>;
}

interface Decided {
  readonly partition: number;
  readonly readable: number;
  readonly newest: Offsets;
}

export class GroupOffsetsLog {
  readonly #topic: OffsetsTopicReader;
  readonly #readings = new Map<string, Reading>();

  constructor(topic: OffsetsTopicReader) {
    this.#topic = topic;
  }

  /**
   * What the group has committed last; null if nothing. What its partitions that are in use have committed is near the end, so the
   * log is read backwards, and later on from where it ended.
   * @throws KafkaError: unauthorized for a user who may not read the topic, unsupported for a version to come
   */
  async of(groupId: string, source: TopicPartition): Promise<CommittedOffset | null> {
    const reading = this.#readings.get(groupId) ?? newReading();
    this.#readings.set(groupId, reading);
    const turn = reading.turn.then(() => this.#find(groupId, source, reading));
    reading.turn = turn;
    try {
      return await turn;
    } catch (error) {
      this.#readings.delete(groupId);
      throw error;
    }
  }

  async #find(groupId: string, source: TopicPartition, reading: Reading): Promise<CommittedOffset | null> {
    const name = partitionName(source);
    const { partition, readable, newest } = await this.#decided(groupId, name);
    if (reading.to < 0) reading.from = reading.to = readable;
    for (const [place, at] of await this.#read(groupId, partition, reading.to, readable))
      reading.offsets.set(place, at);
    reading.to = Math.max(reading.to, readable);
    const { low = 0 } = (await this.#topic.offsets(GROUP_OFFSETS_TOPIC))[partition] ?? {};
    while (!newest.has(name) && !reading.offsets.has(name) && reading.from > low) {
      const from = Math.max(low, reading.from - Math.max(STEP, reading.to - reading.from));
      const older = await this.#read(groupId, partition, from, reading.from);
      for (const [place, at] of older) if (!reading.offsets.has(place)) reading.offsets.set(place, at);
      reading.from = from;
    }
    return (newest.has(name) ? newest.get(name) : reading.offsets.get(name)) ?? null;
  }

  /** Where the group's partition can be read, and what is committed behind that, once nothing that is `name`'s is undecided there. */
  async #decided(groupId: string, name: string): Promise<Decided> {
    const untilMs = performance.now() + UNDECIDED_MS_MAX;
    for (;;) {
      const ends = await this.#topic.ends(GROUP_OFFSETS_TOPIC);
      const partition = partitionOf(groupId, ends.length);
      const { readable, end } = ends[partition] ?? { readable: 0, end: 0 };
      const { committed, pending } = await this.#readOpen(groupId, partition, readable, end);
      if (![...pending.values()].some((offsets) => offsets.has(name)))
        return { partition, readable, newest: committed };
      if (performance.now() > untilMs)
        throw new KafkaError('unavailable', `a transaction with an offset of ${name} does not end`);
      await sleep(UNDECIDED_POLL_MS);
    }
  }

  async #read(groupId: string, partition: number, from: number, to: number): Promise<Offsets> {
    const offsets: Offsets = new Map();
    if (from >= to) return offsets;
    for await (const { count, keys, values } of this.#topic.read(GROUP_OFFSETS_TOPIC, partition, from, to))
      addOffsets(offsets, groupId, count, keys, values);
    return offsets;
  }

  /**
   * What has been committed in [from, end), where a transaction begins that is still open: another application may leave one open for
   * as long as the broker lets it.
   */
  async #readOpen(groupId: string, partition: number, from: number, end: number): Promise<Open> {
    const committed: Offsets = new Map();
    const pending = new Map<bigint, Offsets>();
    const origin = { topic: GROUP_OFFSETS_TOPIC, partition };
    for (let at = from; at < end;) {
      const batches = await this.#topic.batches(origin, at);
      for (const batch of batches.filter(({ lastOffset }) => lastOffset >= at)) {
        const { producerId, isControl, isTransactional } = batch;
        const { count, keys, values } = columnsOf([batch], at);
        const own: Offsets = pending.get(producerId) ?? new Map();
        if (isControl) {
          if (keys.at(0)?.readInt16BE(MARKER_TYPE_AT) === COMMIT)
            for (const [name, offset] of own) committed.set(name, offset);
          pending.delete(producerId);
          continue;
        }
        if (isTransactional) pending.set(producerId, own);
        addOffsets(isTransactional ? own : committed, groupId, count, keys, values);
      }
      const last = batches.at(-1)?.lastOffset ?? -1;
      if (last < at)
        throw new KafkaError('unavailable', `${partitionName(origin)} has no records from offset ${at} on`);
      at = last + 1;
    }
    return { committed, pending };
  }
}

function addOffsets(
  offsets: Offsets,
  groupId: string,
  count: number,
  keys: ByteColumn,
  values: ByteColumn,
): void {
  for (let row = 0; row < count; row++) {
    const name = nameIn(groupId, keys.at(row));
    if (name !== null) offsets.set(name, committedIn(values.at(row)));
  }
}

function newReading(): Reading {
  return { offsets: new Map(), from: -1, to: -1, turn: Promise.resolve() };
}

/** As the broker chooses it: by Java's hash of a string, over its UTF-16 units. */
export function partitionOf(groupId: string, partitions: number): number {
  let hash = 0;
  for (let i = 0; i < groupId.length; i++) hash = (Math.imul(hash, 31) + groupId.charCodeAt(i)) | 0;
  return hash === -2_147_483_648 ? 0 : Math.abs(hash) % Math.max(1, partitions);
}

/** The partition that a key is about; null if it is another group's, or about none. */
function nameIn(groupId: string, key: Buffer | null): string | null {
  if (key === null) return null;
  const read = new ByteReader(key);
  if (read.int16() > OFFSET_KEY_VERSION_MAX || read.string() !== groupId) return null;
  const topic = read.string() ?? '';
  return partitionName({ topic, partition: read.int32() });
}

function committedIn(value: Buffer | null): CommittedOffset | null {
  if (value === null) return null;
  const read = new ByteReader(value);
  const version = read.int16();
  if (version > VERSION_MAX)
    throw new KafkaError('unsupported', `${GROUP_OFFSETS_TOPIC} has offsets of version ${version}`);
  const offset = read.int64();
  if (version >= EPOCH_SINCE) read.int32();
  return { offset, metadata: version >= COMPACT_SINCE ? readCompactString(read) : (read.string() ?? '') };
}
