// What protects the sensitive columns of a source (control path): one object for an engine, and one for each of its tasks.
import type { Subscription } from 'rxjs';
import type { Batch, RawBatch } from '../../core/batch.ts';
import type { RecordFault } from '../../core/column-builder.ts';
import { invariant } from '../../core/errors.ts';
import type { RecordDecoder, RecordEncoder, SchemaCodec } from '../../ports/codec.ts';
import type { KeyWrapper } from '../../ports/data-keys.ts';
import type { EventLog, LogRecord } from '../../ports/event-log.ts';
import type { EventArchive } from '../../ports/history.ts';
import type { Quarantine } from '../../ports/quarantine.ts';
import type { Topology } from '../../topology/define.ts';
import { isSensitive } from '../../topology/sensitive-columns.ts';
import { dataKeysTopic } from '../../topology/topics.ts';
import type { DataKeyRecord } from '../records.ts';
import type { DecodedBatch } from '../task/source-decoder.ts';
import type { KeyedHash } from './keyed-hash.ts';
import { entityOfRecord, PartitionKeys } from './partition-keys.ts';
import { RecordOpener, RecordSeal, type RecordBytes } from './record-seal.ts';
import { SensitiveBatches } from './sensitive-batch.ts';
import { readStoredKeys, refuseKeyIn } from './stored-keys.ts';

/** The keys of an engine, from its settings. */
export interface PersonalKeys {
  /** Null if no column is hashed. */
  readonly hash: KeyedHash | null;
  readonly wrapper: KeyWrapper;
}

export interface ProtectionParts {
  readonly topology: Topology;
  readonly log: EventLog;
  readonly codec: SchemaCodec;
  readonly keys: PersonalKeys;
  readonly quarantine: Quarantine;
  readonly nowMs: () => number;
}

/** A partition's keys, and the offset of their topic up to which they were read. */
interface OpenKeys {
  readonly keys: PartitionKeys;
  readonly readUpTo: number;
}

export class Protection {
  readonly #parts: ProtectionParts;
  readonly #topic: string;
  /** By partition, from before its keys are read: a key that is destroyed meanwhile is forgotten once they are. */
  readonly #open = new Map<number, Promise<OpenKeys>>();
  #codec: Promise<[RecordEncoder<DataKeyRecord>, RecordDecoder<DataKeyRecord>]> | null = null;
  #destroyed: Subscription | null = null;

  constructor(parts: ProtectionParts) {
    this.#parts = parts;
    this.#topic = dataKeysTopic(parts.topology.name);
  }

  /** Follows the topic of keys, in which a command may destroy some. @param failed called if it cannot be read */
  start(failed: (error: Error) => void): void {
    if (this.#parts.topology.source.entity === undefined) return;
    this.#destroyed = this.#parts.log.tail(this.#topic, 'earliest').subscribe({
      next: (raw) => this.#forget(raw),
      error: failed,
    });
  }

  close(): void {
    this.#destroyed?.unsubscribe();
  }

  #forget(raw: RawBatch): void {
    this.#open.get(raw.origin.partition)?.then(
      (open) => forgetIn(open, raw),
      () => undefined, // the task reports it
    );
  }

  /**
   * For the task of a partition. Call it when the writer is open: no other process adds keys any more.
   * @throws KEYS_UNAVAILABLE, or CONFIG_INVALID if the partition's master key cannot be unwrapped
   */
  async partition(partition: number): Promise<PartitionProtection> {
    const { topology, keys } = this.#parts;
    const open = this.#openKeys(partition);
    this.#open.set(partition, open);
    return new PartitionProtection(topology, keys.hash, (await open).keys);
  }

  async #openKeys(partition: number): Promise<OpenKeys> {
    const { log, codec, keys, quarantine, nowMs } = this.#parts;
    const topic = this.#topic;
    this.#codec ??= Promise.all([
      codec.encoder<DataKeyRecord>(`${topic}-value`),
      codec.decoder<DataKeyRecord>(`${topic}-value`),
    ]);
    const [encoder, decoder] = await this.#codec;
    const range = (await log.offsets(topic))[partition];
    const stored = await readStoredKeys(log, topic, partition, range, decoder, quarantine);
    const refuse = refuseKeyIn(topic, partition, quarantine);
    const opened = await PartitionKeys.open(partition, stored, keys.wrapper, encoder, nowMs, refuse);
    return { keys: opened, readUpTo: range?.high ?? 0 };
  }

  /** The partition is revoked: its keys need not be followed, or held, any more. */
  release(partition: number): void {
    this.#open.delete(partition);
  }
}

/** Forgets the keys that are destroyed by tombstones which were not there when the keys were read. */
function forgetIn({ keys: opened, readUpTo }: OpenKeys, { count, keys, values, offsets }: RawBatch): void {
  for (let i = 0; i < count; i++) {
    if (values.at(i) !== null || (offsets[i] as number) < readUpTo) continue;
    const entity = entityOfRecord(keys.at(i)?.toString() ?? '');
    if (entity !== null) opened.forget(entity);
  }
}

/** The protection of an engine; null for a source without sensitive columns. */
export function openProtection(
  parts: Omit<ProtectionParts, 'keys'> & { readonly personal?: PersonalKeys | null },
): Protection | null {
  if (!isSensitive(parts.topology.source)) return null;
  const keys = parts.personal ?? null;
  invariant(keys !== null, 'there are keys for sensitive columns');
  return new Protection({ ...parts, keys });
}

export class PartitionProtection {
  readonly #batches: SensitiveBatches;
  readonly #seal: RecordSeal;
  readonly #opener: RecordOpener;
  readonly #keys: PartitionKeys;
  /** Topic of the records that `takeUnwritten` returns. */
  readonly topic: string;

  constructor({ name, source }: Topology, hash: KeyedHash | null, keys: PartitionKeys) {
    this.#batches = new SensitiveBatches(name, source, hash, keys);
    this.#seal = new RecordSeal(name, source.entity, keys);
    this.#opener = new RecordOpener(name, source.topic, keys);
    this.#keys = keys;
    this.topic = dataKeysTopic(name);
  }

  /** What was decoded, without plain values. */
  treat({ batch, faults }: DecodedBatch): DecodedBatch {
    const treated: Batch = this.#batches.treat(batch);
    this.#seal.decoded(treated);
    return { batch: treated, faults: faults.map(withoutValues) };
  }

  /** Key and value of a record, sealed. */
  record(raw: RawBatch, index: number): RecordBytes {
    return this.#seal.record(raw, index);
  }

  /** A fetch whose records [begin, end) are sealed, and whose others have no bytes. */
  records(raw: RawBatch, begin: number, end: number): RawBatch {
    return this.#seal.records(raw, begin, end);
  }

  /** Records of keys that are new since the last call, for the transaction of the epoch. */
  takeUnwritten(): readonly LogRecord[] {
    return this.#keys.takeUnwritten();
  }

  /** The archive, whose events are sealed, as a task reads it. */
  archive(archive: EventArchive): EventArchive {
    const opener = this.#opener;
    return {
      flush: () => archive.flush(),
      eventOffsetForTime: (source, timestampMs) => archive.eventOffsetForTime(source, timestampMs),
      holdsEvents: (source, from, to) => archive.holdsEvents(source, from, to),
      async *readEvents(source, from, to): AsyncGenerator<RawBatch> {
        for await (const page of archive.readEvents(source, from, to)) yield opener.page(page);
      },
    };
  }
}

const WITHHELD = 'its bytes do not decode; the reason is left out, as it may quote a sensitive column';

/** A format may quote what it does not understand; what the engine says of times and batches has numbers alone. */
function withoutValues(fault: RecordFault): RecordFault {
  const isOwn = fault.code.startsWith('EVENT_TIME_') || fault.code.startsWith('BATCH_');
  return isOwn ? fault : { ...fault, message: WITHHELD };
}
