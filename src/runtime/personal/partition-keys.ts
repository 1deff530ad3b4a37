// The data keys of one partition of a source (control path; `keyOf` once a record that is sealed): a key for each entity,
// wrapped by the partition's master key, which a key-encryption key wraps. They stand on a compacted topic; the owner of the
// partition writes them in the transaction of the epoch that uses them first, so no sealed byte is there without its key.
import { MillraceError } from '../../core/errors.ts';
import { isEnvironmentFault } from '../../core/faults.ts';
import { MASTER_RECORDS_MAX } from '../../core/key-limits.ts';
import type { RecordEncoder } from '../../ports/codec.ts';
import type { KeyWrapper } from '../../ports/data-keys.ts';
import type { LogRecord } from '../../ports/event-log.ts';
import type { DataKeyRecord } from '../records.ts';
import type { StoredKey, StoredKeys } from './stored-keys.ts';
import { dataKey, KEY_BYTES, newDataKey, open, seal, type DataKey } from './envelope.ts';

const MASTER = 'master';
const ENTITY = 'entity:';
const KEY_ID = /^[\da-f]{32}$/;

/** The key of the record that has an entity's data key. */
function recordKeyOf(entity: string): Buffer {
  return Buffer.from(ENTITY + entity);
}

/** The entity of such a record; null for the master key, and what is no key of this topic. */
export function entityOfRecord(key: string): string | null {
  return key.startsWith(ENTITY) ? key.slice(ENTITY.length) : null;
}

/** Whose master key it is. */
export interface KeyPlace {
  readonly topology: string;
  readonly partition: number;
}

export class PartitionKeys {
  readonly #partition: number;
  readonly #master: DataKey;
  readonly #encoder: RecordEncoder<DataKeyRecord> | null;
  readonly #nowMs: () => number;
  readonly #byEntity = new Map<string, DataKey>();
  readonly #byId = new Map<string, DataKey>();
  #unwritten: LogRecord[] = [];
  /** Keys of records that are to be written again. */
  readonly #displaced = new Set<string>();
  /** The master key as its record has it. */
  #wrappedMaster: Pick<DataKeyRecord, 'wrapped' | 'wrappedBy'> | null = null;

  private constructor(
    partition: number,
    master: DataKey,
    encoder: RecordEncoder<DataKeyRecord> | null,
    nowMs: () => number,
  ) {
    this.#partition = partition;
    this.#master = master;
    this.#encoder = encoder;
    this.#nowMs = nowMs;
  }

  /**
   * Opens what the topic has of a partition. A record that the master key does not open was not written by an engine: it
   * counts as not there.
   * @param encoder null: to read alone, without keys that are missing
   * @param refuse called for such a record
   * @throws KEYS_UNAVAILABLE, or CONFIG_INVALID if the master key cannot be unwrapped
   */
  static async open(
    { topology, partition }: KeyPlace,
    { records, displaced }: StoredKeys,
    wrapper: KeyWrapper,
    encoder: RecordEncoder<DataKeyRecord> | null,
    nowMs: () => number,
    refuse: (stored: StoredKey) => void,
  ): Promise<PartitionKeys> {
    const context = masterContext(topology, partition);
    const found = await masterOf(records.get(MASTER) ?? [], wrapper, context, refuse);
    const entities = [...records.keys()].filter((recordKey) => entityOfRecord(recordKey) !== null);
    if (found === null && entities.length > 0)
      throw new MillraceError('CONFIG_INVALID', `the master key of ${entities.length} data keys is gone`, {
        where: `partition ${partition}`,
        remedy:
          'Restore the topic of data keys: with another master key, what is sealed could never be read.',
      });
    const keys = new PartitionKeys(partition, found?.key ?? newDataKey(), encoder, nowMs);
    keys.#wrappedMaster = found;
    if (found?.isNewest !== true || found.wrappedBy !== wrapper.id) await keys.#wrapMaster(wrapper, context);
    for (const [recordKey, found] of records) {
      const entity = entityOfRecord(recordKey);
      if (entity !== null) keys.#restore(entity, found, refuse);
      else if (recordKey !== MASTER) for (const record of found) refuse(record);
    }
    for (const recordKey of displaced) keys.displaced(recordKey);
    return keys;
  }

  /** Takes the newest record that opens; written again if it is not the last one, which alone outlives compaction. */
  #restore(entity: string, records: readonly StoredKey[], refuse: (stored: StoredKey) => void): void {
    const at = records.findLastIndex((record) => this.#take(entity, record));
    for (const record of records.slice(at + 1)) refuse(record);
    const key = this.#byEntity.get(entity);
    if (key !== undefined && at + 1 < records.length) this.#writeKey(entity, key);
  }

  async #wrapMaster(wrapper: KeyWrapper, context: string): Promise<void> {
    if (this.#encoder === null) return;
    const wrapped = await wrapper.wrap(this.#master.key, context);
    this.#wrappedMaster = { wrapped, wrappedBy: wrapper.id };
    this.#writeMaster();
  }

  #writeMaster(): void {
    if (this.#wrappedMaster === null) return;
    const { wrapped, wrappedBy } = this.#wrappedMaster;
    this.#write(Buffer.from(MASTER), this.#master.id, wrappedBy, wrapped);
  }

  #take(entity: string, { id, wrapped }: DataKeyRecord): boolean {
    const key = open(wrapped, this.#master, contextOf(entity));
    if (key === null || key.length !== KEY_BYTES || !KEY_ID.test(id)) return false;
    const taken = dataKey(Buffer.from(id, 'hex'), key);
    this.#byEntity.set(entity, taken);
    this.#byId.set(id, taken);
    return true;
  }

  #write(key: Buffer, id: Buffer, wrappedBy: string, wrapped: Buffer): void {
    if (this.#encoder === null) return;
    const timestampMs = this.#nowMs();
    const record = { id: id.toString('hex'), wrappedBy, wrapped, createdAtMs: timestampMs };
    const value = this.#encoder.encode(record);
    this.#unwritten.push({ key, value, timestampMs, partition: this.#partition });
  }

  /** The key of an entity, a new one if it has none; '' is what belongs to no entity. */
  keyOf(entity: string): DataKey {
    const known = this.#byEntity.get(entity);
    if (known !== undefined) return known;
    const made = newDataKey();
    this.#byEntity.set(entity, made);
    this.#byId.set(made.id.toString('hex'), made);
    this.#writeKey(entity, made);
    return made;
  }

  #writeKey(entity: string, { id, key }: DataKey): void {
    const wrapped = seal(key, this.#master, contextOf(entity), '');
    this.#write(recordKeyOf(entity), id, this.#master.id.toString('hex'), wrapped);
  }

  /** The key of an id; null if it was destroyed. */
  find(id: string): DataKey | null {
    return this.#byId.get(id) ?? null;
  }

  /** The newest record of this key in the topic is of no engine: a key that is known is written again. */
  displaced(recordKey: string): void {
    const entity = entityOfRecord(recordKey);
    if (entity === null ? recordKey === MASTER : this.#byEntity.has(entity)) this.#displaced.add(recordKey);
  }

  get hasUnwritten(): boolean {
    return this.#unwritten.length > 0 || this.#displaced.size > 0;
  }

  /** Records of keys that are new, or displaced, since the last call, for the transaction of the epoch. */
  takeUnwritten(): readonly LogRecord[] {
    for (const recordKey of this.#displaced) {
      const entity = entityOfRecord(recordKey);
      const key = entity === null ? undefined : this.#byEntity.get(entity);
      if (entity === null) this.#writeMaster();
      else if (key !== undefined) this.#writeKey(entity, key);
    }
    this.#displaced.clear();
    const records = this.#unwritten;
    this.#unwritten = [];
    return records;
  }
}

function contextOf(entity: string): string {
  return `millrace data key\n${entity}`;
}

/** What a master key is wrapped as: that of another partition or topology does not pass for it. */
function masterContext(topology: string, partition: number): string {
  return `millrace master key\n${topology}\n${partition}`;
}

async function masterKey(
  { id, wrapped, wrappedBy }: DataKeyRecord,
  wrapper: KeyWrapper,
  context: string,
): Promise<DataKey> {
  const key = await wrapper.unwrap(wrapped, wrappedBy, context);
  if (key.length === KEY_BYTES && KEY_ID.test(id)) return dataKey(Buffer.from(id, 'hex'), key);
  throw new MillraceError('CONFIG_INVALID', `what ${wrappedBy} wrapped is no key`, {
    where: 'data keys',
    remedy: 'Give the key, or the module of the key-management service, that the topology had.',
  });
}

interface Master extends Pick<DataKeyRecord, 'wrapped' | 'wrappedBy'> {
  readonly key: DataKey;
  readonly isNewest: boolean;
}

/**
 * The newest master key that can be unwrapped; null if the topic has none.
 * @throws if there are some and none can be: a new one in its place would make everything unreadable that is sealed
 */
async function masterOf(
  records: readonly StoredKey[],
  wrapper: KeyWrapper,
  context: string,
  refuse: (stored: StoredKey) => void,
): Promise<Master | null> {
  const failures: Error[] = [];
  for (const record of records.slice(-MASTER_RECORDS_MAX).toReversed()) {
    try {
      const { wrapped, wrappedBy } = record;
      const key = await masterKey(record, wrapper, context);
      return { key, wrapped, wrappedBy, isNewest: failures.length === 0 };
    } catch (error) {
      const failure = error as Error; // what a wrapper throws
      if (isEnvironmentFault(failure)) throw failure; // the record may be sound
      failures.push(failure);
      refuse(record);
    }
  }
  const [failure] = failures;
  if (failure !== undefined) throw failure;
  return null;
}
