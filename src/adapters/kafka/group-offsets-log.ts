// The topic in which Kafka keeps the offsets of groups (control path). Their coordinator answers from its memory, and one that came
// back in the middle of a failure may have loaded only a part of the topic, and answer so until it loads again: the topic has all.
// Format: OffsetCommitKey.json and OffsetCommitValue.json of Kafka's group coordinator. Tested with 3.9 to 4.4.
import { setTimeout as sleep } from 'node:timers/promises';
import type { RawBatch } from '../../core/batch.ts';
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import type { CommittedOffset, LogEnd } from '../../ports/event-log.ts';
import { KafkaError } from './client/kafka-error.ts';
import { ByteReader } from './records/byte-reader.ts';
import { readCompactString } from './wire/compact.ts';

export const GROUP_OFFSETS_TOPIC = '__consumer_offsets';

/** Of keys: other records of the topic are about members. */
const OFFSET_KEY_VERSION_MAX = 1;
/** Of values, and the first ones with a leader's epoch and with compact strings. */
const VERSION_MAX = 4;
const EPOCH_SINCE = 3;
const COMPACT_SINCE = 4;
/** For transactions of other groups, which end with their commit. */
const OPEN_MS_MAX = 15_000;
const OPEN_POLL_MS = 50;
/** Offsets that are read at first; then as many again as have been read. */
const STEP = 10_000;

/** What it reads with. */
export interface OffsetsTopicReader {
  offsets(topic: string): Promise<ReadonlyArray<{ readonly low: number }>>;
  ends(topic: string): Promise<readonly LogEnd[]>;
  read(topic: string, partition: number, from: number, to: number): AsyncIterable<RawBatch>;
}

/** By partition of a topic; null where the group's offset was deleted. */
type Offsets = Map<string, CommittedOffset | null>;

/** One group's, of the records [from, to) of its partition of the topic. */
interface Reading {
  readonly offsets: Offsets;
  from: number;
  to: number;
  turn: Promise<void>;
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
      await turn;
    } catch (error) {
      this.#readings.delete(groupId);
      throw error;
    }
    return reading.offsets.get(partitionName(source)) ?? null;
  }

  async #find(groupId: string, source: TopicPartition, reading: Reading): Promise<void> {
    const ends = await this.#topic.ends(GROUP_OFFSETS_TOPIC);
    const partition = partitionOf(groupId, ends.length);
    const end = ends[partition]?.end ?? 0;
    await this.#readable(partition, end, ends);
    if (reading.to < 0) reading.from = reading.to = end;
    for (const [name, at] of await this.#read(groupId, partition, reading.to, end))
      reading.offsets.set(name, at);
    reading.to = end;
    const { low = 0 } = (await this.#topic.offsets(GROUP_OFFSETS_TOPIC))[partition] ?? {};
    while (!reading.offsets.has(partitionName(source)) && reading.from > low) {
      const from = Math.max(low, reading.from - Math.max(STEP, reading.to - reading.from));
      const older = await this.#read(groupId, partition, from, reading.from);
      for (const [name, at] of older) if (!reading.offsets.has(name)) reading.offsets.set(name, at);
      reading.from = from;
    }
  }

  async #read(groupId: string, partition: number, from: number, to: number): Promise<Offsets> {
    const offsets: Offsets = new Map();
    if (from >= to) return offsets;
    for await (const { count, keys, values } of this.#topic.read(GROUP_OFFSETS_TOPIC, partition, from, to))
      for (let row = 0; row < count; row++) {
        const name = nameIn(groupId, keys.at(row));
        if (name !== null) offsets.set(name, committed(values.at(row)));
      }
    return offsets;
  }

  /** Waits until what is before `end` can be read. @param ends as of now */
  async #readable(partition: number, end: number, ends: readonly LogEnd[]): Promise<void> {
    const untilMs = performance.now() + OPEN_MS_MAX;
    let readable = ends[partition]?.readable ?? 0;
    while (readable < end) {
      if (performance.now() > untilMs)
        throw new KafkaError(
          'unavailable',
          `${GROUP_OFFSETS_TOPIC}-${partition} has a transaction that does not end`,
        );
      await sleep(OPEN_POLL_MS);
      readable = (await this.#topic.ends(GROUP_OFFSETS_TOPIC))[partition]?.readable ?? 0;
    }
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

function committed(value: Buffer | null): CommittedOffset | null {
  if (value === null) return null;
  const read = new ByteReader(value);
  const version = read.int16();
  if (version > VERSION_MAX)
    throw new KafkaError('unsupported', `${GROUP_OFFSETS_TOPIC} has offsets of version ${version}`);
  const offset = read.int64();
  if (version >= EPOCH_SINCE) read.int32();
  return { offset, metadata: version >= COMPACT_SINCE ? readCompactString(read) : (read.string() ?? '') };
}
