// The data keys of one partition of a source (control path; `keyOf` once a record that is sealed): a key for each entity,
// wrapped by the partition's master key, which a key-encryption key wraps. They stand on a compacted topic; the owner of the
// partition writes them in the transaction of the epoch that uses them first, so no sealed byte is there without its key.
import { MillraceError } from '../../core/errors.ts';
import { isEnvironmentFault } from '../../core/faults.ts';
import { MASTER_RECORDS_MAX } from '../../core/limits.ts';
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
    stored: StoredKeys,
    wrapper: KeyWrapper,
    encoder: RecordEncoder<DataKeyRecord> | null,
    nowMs: () => number,
    refuse: (stored: StoredKey) => void,
  ): Promise<PartitionKeys> {
    const context = masterContext(topology, partition);
    const found = await masterOf(stored.get(MASTER) ?? [], wrapper, context, refuse);
    const entities = [...stored.keys()].filter((recordKey) => entityOfRecord(recordKey) !== null);
    if (found === null && entities.length > 0)
      throw new MillraceError('CONFIG_INVALID', `the master key of ${entities.length} data keys is gone`, {
        where: `partition ${partition}`,
        remedy:
          'Restore the topic of data keys: with another master key, what is sealed could never be read.',
      });
    const keys = new PartitionKeys(partition, found?.key ?? newDataKey(), encoder, nowMs);
    if (found?.isNewest !== true || found.wrappedBy !== wrapper.id) await keys.#writeMaster(wrapper, context);
    for (const [recordKey, records] of stored) {
      const entity = entityOfRecord(recordKey);
      if (entity !== null) keys.#restore(entity, records, refuse);
      else if (recordKey !== MASTER) for (const record of records) refuse(record);
    }
    return keys;
  }

  /** Takes the newest record that opens; written again if it is not the last one, which alone outlives compaction. */
  #restore(entity: string, records: readonly StoredKey[], refuse: (stored: StoredKey) => void): void {
    const at = records.findLastIndex((record) => this.#take(entity, record));
    for (const record of records.slice(at + 1)) refuse(record);
    const key = this.#byEntity.get(entity);
    if (key !== undefined && at + 1 < records.length) this.#writeKey(entity, key);
  }

  async #writeMaster(wrapper: KeyWrapper, context: string): Promise<void> {
    const { id, key } = this.#master;
    if (this.#encoder !== null)
      this.#write(Buffer.from(MASTER), id, wrapper.id, await wrapper.wrap(key, context));
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

  /** Records of keys that are new since the last call, for the transaction of the epoch. */
  takeUnwritten(): readonly LogRecord[] {
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

interface Master {
  readonly key: DataKey;
  readonly wrappedBy: string;
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
      const { wrappedBy } = record;
      const key = await masterKey(record, wrapper, context);
      return { key, wrappedBy, isNewest: failures.length === 0 };
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
