// Seals the records of a source with sensitive columns (once per dead letter, late and archived event): key and value as
// wholes, with the data key of their entity, so that destroying the key makes every copy unreadable.
import type { Batch, RawBatch, UnreadableRows } from '../../core/batch.ts';
import { ByteColumn } from '../../core/byte-column.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { KeyColumn } from '../../operators/key-column.ts';
import { open, seal, sealedBy, type DataKey } from './envelope.ts';
import { entitiesOf, entityColumn, type EntityKeys } from './sensitive-batch.ts';

export type RecordPart = 'key' | 'value';

/** An event's own bytes. */
export interface RecordBytes {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** What a sealed key or value is authenticated as. */
function recordContext(topology: string, topic: string, part: RecordPart): string {
  return `${topology}\n${topic}\n${part}`;
}

export class RecordSeal {
  readonly #topology: string;
  readonly #entity: KeyColumn | null;
  readonly #keys: EntityKeys;
  /** By index of the record; a record that did not decode has none. */
  readonly #entities = new WeakMap<RawBatch, Array<string | undefined>>();

  /** @param entity the source's entity column */
  constructor(topology: string, entity: string | undefined, keys: EntityKeys) {
    this.#topology = topology;
    this.#entity = entityColumn(entity);
    this.#keys = keys;
  }

  /** Remembers whose the records of a treated batch are. */
  decoded(batch: Batch): void {
    if (this.#entity === null) return;
    const { raw, rawIndex, size } = batch;
    const entities: Array<string | undefined> = this.#entities.get(raw) ?? [];
    const entity = entitiesOf(batch, this.#entity);
    for (let row = 0; row < size; row++) entities[rawIndex[row] as number] = entity(row);
    this.#entities.set(raw, entities);
  }

  /** Key and value of a record, sealed. */
  record(raw: RawBatch, index: number): RecordBytes {
    const entity = this.#entities.get(raw)?.[index] ?? '';
    const key = this.#keys.keyOf(entity, raw.offsets[index] as number);
    const { topic, partition } = raw.origin;
    const place = `${partition}-${raw.offsets[index]}`;
    const part = (bytes: Buffer | null, name: RecordPart): Buffer | null =>
      bytes === null ? null : seal(bytes, key, recordContext(this.#topology, topic, name), place);
    return { key: part(raw.keys.at(index), 'key'), value: part(raw.values.at(index), 'value') };
  }

  /** A fetch whose records [begin, end) are sealed, and whose others have no bytes. */
  records(raw: RawBatch, begin: number, end: number): RawBatch {
    const keys: Array<Buffer | null> = Array.from({ length: raw.count }, () => null);
    const values: Array<Buffer | null> = Array.from({ length: raw.count }, () => null);
    for (let index = begin; index < end; index++) {
      const { key, value } = this.record(raw, index);
      keys[index] = key;
      values[index] = value;
    }
    return { ...raw, keys: ByteColumn.of(keys), values: ByteColumn.of(values) };
  }
}

/** Finds a data key by its id, hexadecimal; null if it was destroyed. */
export interface KeyFinder {
  find(id: string): DataKey | null;
}

/** Opens what a RecordSeal sealed. */
export class RecordOpener {
  readonly #topology: string;
  readonly #topic: string;
  readonly #keys: KeyFinder;

  /** @param topic of the source */
  constructor(topology: string, topic: string, keys: KeyFinder) {
    this.#topology = topology;
    this.#topic = topic;
    this.#keys = keys;
  }

  /** Bytes that are no envelope are returned as they are; null if their key was destroyed. */
  part(bytes: Buffer | null, part: RecordPart): Buffer | null {
    const id = bytes === null ? null : sealedBy(bytes);
    if (bytes === null || id === null) return bytes;
    const key = this.#keys.find(id);
    return key === null ? null : open(bytes, key, recordContext(this.#topology, this.#topic, part));
  }

  /**
   * The bytes of a record, sealed as a letter of it is of which only the heads are left; null if those say no key. As
   * nonces are synthetic, they are the bytes that the letter had.
   */
  sealedAgain(
    { partition, offset, value: head }: TopicPartition & RecordBytes & { readonly offset: number },
    { key, value }: RecordBytes,
  ): RecordBytes | null {
    const id = head === null ? null : sealedBy(head);
    const dataKey = id === null ? null : this.#keys.find(id);
    if (dataKey === null) return null;
    const part = (bytes: Buffer | null, name: RecordPart): Buffer | null =>
      bytes === null
        ? null
        : seal(bytes, dataKey, recordContext(this.#topology, this.#topic, name), `${partition}-${offset}`);
    return { key: part(key, 'key'), value: part(value, 'value') };
  }

  /** The records of a page of the archive; those that cannot be opened any more are unreadable. */
  page(raw: RawBatch): RawBatch {
    const unreadable: UnreadableRows[] = [];
    const opened = (column: ByteColumn, part: RecordPart): ByteColumn =>
      ByteColumn.of([...column].map((bytes) => this.part(bytes, part)));
    const values = opened(raw.values, 'value');
    for (let index = 0; index < raw.count; index++) {
      if (raw.values.at(index) === null || values.at(index) !== null) continue;
      const message = 'the data key of the archived event was destroyed';
      unreadable.push({ from: index, to: index + 1, code: 'BATCH_UNREADABLE', message });
    }
    return {
      ...raw,
      keys: opened(raw.keys, 'key'),
      values,
      ...(unreadable.length > 0 ? { unreadable } : {}),
    };
  }
}
