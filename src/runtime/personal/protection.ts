// What protects the sensitive columns of a source (control path): one object for an engine, and one for each of its tasks.
import type { Batch, RawBatch } from '../../core/batch.ts';
import type { RecordFault } from '../../core/column-builder.ts';
import { invariant } from '../../core/errors.ts';
import type { RecordDecoder, RecordEncoder, SchemaCodec } from '../../ports/codec.ts';
import type { KeyWrapper } from '../../ports/data-keys.ts';
import type { EventLog, LogRecord } from '../../ports/event-log.ts';
import type { EventArchive } from '../../ports/history.ts';
import type { Quarantine } from '../../ports/quarantine.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { Topology } from '../../topology/define.ts';
import { isSensitive } from '../../topology/sensitive-columns.ts';
import { dataKeysTopic } from '../../topology/topics.ts';
import type { DataKeyRecord } from '../records.ts';
import type { ErasedRows } from '../erasure/erased-rows.ts';
import type { DecodedBatch } from '../task/source-decoder.ts';
import { DisplacedKeys } from './displaced-keys.ts';
import { newDataKey, type DataKey } from './envelope.ts';
import type { KeyedHash } from './keyed-hash.ts';
import { entityOfRecord, PartitionKeys } from './partition-keys.ts';
import { PseudonymColumn } from './pseudonym-column.ts';
import { RecordOpener, RecordSeal, type RecordBytes } from './record-seal.ts';
import { SensitiveBatches, type EntityKeys } from './sensitive-batch.ts';
import { readStoredKeys, refuseKeyIn, type StoredKeys } from './stored-keys.ts';

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

export class Protection {
  readonly #parts: ProtectionParts;
  readonly #topic: string;
  /** Of the newest task of each partition here. */
  readonly #opened = new Map<number, PartitionKeys>();
  #displaced: DisplacedKeys | null = null;
  #codec: Promise<[RecordEncoder<DataKeyRecord>, RecordDecoder<DataKeyRecord>]> | null = null;

  constructor(parts: ProtectionParts) {
    this.#parts = parts;
    this.#topic = dataKeysTopic(parts.topology.name);
  }

  /** Null if no column is hashed. */
  get hash(): KeyedHash | null {
    return this.#parts.keys.hash;
  }

  /**
   * For the task of a partition. Call it when the writer is open: no other process adds keys any more.
   * @param erased events of entities that were erased; null if there are none
   * @throws KEYS_UNAVAILABLE, or CONFIG_INVALID if the partition's master key cannot be unwrapped
   */
  async partition(partition: number, erased: ErasedRows | null = null): Promise<PartitionProtection> {
    const { topology, keys } = this.#parts;
    const [encoder] = await this.#codecs();
    const stored = await this.#stored(partition);
    const opened = await this.#openKeys(partition, stored, encoder);
    this.#opened.set(partition, opened);
    return new PartitionProtection(topology, keys.hash, opened, erased);
  }

  /** From now on, keys of running tasks that others displace in the topic are written again, until `close`. */
  follow(telemetry: Pick<Telemetry, 'raise' | 'clear'>): void {
    this.#displaced ??= new DisplacedKeys(this.#parts.log, this.#topic, telemetry, (partition, recordKey) =>
      this.#opened.get(partition)?.displaced(recordKey),
    );
  }

  close(): void {
    this.#displaced?.close();
  }

  /** The archive of a partition, whose events are sealed, as its owner reads it. */
  async archive(partition: number, archive: EventArchive): Promise<EventArchive> {
    const { name, source } = this.#parts.topology;
    const keys = await this.#openKeys(partition, await this.#stored(partition), null);
    return openedArchive(archive, new RecordOpener(name, source.topic, keys));
  }

  /** Destroys data keys of a partition. Call it while no task of the partition runs. */
  async destroyKeys(partition: number, isErased: (entity: string) => boolean): Promise<void> {
    const { log, nowMs } = this.#parts;
    const timestampMs = nowMs();
    const tombstones = [...(await this.#stored(partition)).records.keys()].flatMap(
      (recordKey): LogRecord[] => {
        const entity = entityOfRecord(recordKey);
        if (entity === null || !isErased(entity)) return [];
        return [{ key: Buffer.from(recordKey), value: null, timestampMs, partition }];
      },
    );
    if (tombstones.length === 0) return;
    // In a transaction, as everything that counts there.
    const writer = await log.recordWriter(`${this.#topic}-${partition}`);
    try {
      writer.append(this.#topic, tombstones);
      await writer.commitRecords();
    } finally {
      await writer.close();
    }
  }

  async #codecs(): Promise<[RecordEncoder<DataKeyRecord>, RecordDecoder<DataKeyRecord>]> {
    const { codec } = this.#parts;
    this.#codec ??= Promise.all([
      codec.encoder<DataKeyRecord>(`${this.#topic}-value`),
      codec.decoder<DataKeyRecord>(`${this.#topic}-value`),
    ]);
    try {
      return await this.#codec;
    } catch (error) {
      this.#codec = null; // the registry may be there at the next attempt
      throw error;
    }
  }

  async #stored(partition: number): Promise<StoredKeys> {
    const { log, quarantine } = this.#parts;
    const [, decoder] = await this.#codecs();
    const range = (await log.offsets(this.#topic))[partition];
    return readStoredKeys(log, this.#topic, partition, range, decoder, quarantine);
  }

  #openKeys(
    partition: number,
    stored: StoredKeys,
    encoder: RecordEncoder<DataKeyRecord> | null,
  ): Promise<PartitionKeys> {
    const { topology, keys, quarantine, nowMs } = this.#parts;
    const refuse = refuseKeyIn(this.#topic, partition, quarantine);
    const place = { topology: topology.name, partition };
    return PartitionKeys.open(place, stored, keys.wrapper, encoder, nowMs, refuse);
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
  readonly #erased: ErasedRows | null;
  readonly #pseudonyms: PseudonymColumn | null;
  /** Topic of the records that `takeUnwritten` returns. */
  readonly topic: string;

  constructor(
    { name, source }: Topology,
    hash: KeyedHash | null,
    keys: PartitionKeys,
    erased: ErasedRows | null,
  ) {
    const entityKeys = erased === null ? keys : new KeysAfterErasure(keys, erased);
    this.#batches = new SensitiveBatches(name, source, hash, entityKeys);
    this.#seal = new RecordSeal(name, source.entity, entityKeys);
    this.#opener = new RecordOpener(name, source.topic, keys);
    this.#keys = keys;
    this.#erased = erased;
    this.topic = dataKeysTopic(name);
    const { entity } = source;
    this.#pseudonyms = entity === undefined ? null : new PseudonymColumn(entity, entityKeys);
  }

  /** The batch with a pseudonym in place of each entity, for what no erasure can remove. */
  pseudonyms(batch: Batch): Batch {
    return this.#pseudonyms?.of(batch) ?? batch;
  }

  /** What was decoded, without plain values, and with the rows that are erased. */
  treat({ batch, faults, skipped }: DecodedBatch): DecodedBatch {
    const treated: Batch = this.#batches.treat(batch);
    this.#seal.decoded(treated);
    const erased = this.#erased?.of(treated);
    return {
      batch: erased === undefined ? treated : { ...treated, erased },
      faults: faults.map(withoutValues),
      skipped,
    };
  }

  /** Key and value of a record, sealed. */
  record(raw: RawBatch, index: number): RecordBytes {
    return this.#seal.record(raw, index);
  }

  /** A fetch whose records [begin, end) are sealed, and whose others have no bytes. */
  records(raw: RawBatch, begin: number, end: number): RawBatch {
    return this.#seal.records(raw, begin, end);
  }

  /** Whether an epoch is to be committed for keys, even one without events. */
  get hasUnwritten(): boolean {
    return this.#keys.hasUnwritten;
  }

  /** Records of keys that are new, or displaced, since the last call, for the transaction of the epoch. */
  takeUnwritten(): readonly LogRecord[] {
    return this.#keys.takeUnwritten();
  }

  /** The archive, whose events are sealed, as a task reads it. */
  archive(archive: EventArchive): EventArchive {
    return openedArchive(archive, this.#opener);
  }
}

function openedArchive(archive: EventArchive, opener: RecordOpener): EventArchive {
  return {
    flush: () => archive.flush(),
    eventOffsetForTime: (source, timestampMs) => archive.eventOffsetForTime(source, timestampMs),
    holdsEvents: (source, from, to) => archive.holdsEvents(source, from, to),
    async *readEvents(source, from, to): AsyncGenerator<RawBatch> {
      for await (const page of archive.readEvents(source, from, to)) yield opener.page(page);
    },
  };
}

/** What is still sealed of an erased event gets a key that is not kept. */
class KeysAfterErasure implements EntityKeys {
  readonly #keys: PartitionKeys;
  readonly #erased: ErasedRows;
  readonly #unkept: DataKey = newDataKey();

  constructor(keys: PartitionKeys, erased: ErasedRows) {
    this.#keys = keys;
    this.#erased = erased;
  }

  keyOf(entity: string, offset: number): DataKey {
    return this.#erased.has(entity, offset) ? this.#unkept : this.#keys.keyOf(entity);
  }
}

const WITHHELD = 'its bytes do not decode; the reason is left out, as it may quote a sensitive column';

/** A format may quote what it does not understand; what the engine says of times and batches has numbers alone. */
function withoutValues(fault: RecordFault): RecordFault {
  const isOwn = fault.code.startsWith('EVENT_TIME_') || fault.code.startsWith('BATCH_');
  return isOwn ? fault : { ...fault, message: WITHHELD };
}
